"""Comparisons as a policy writes them: ``>= 0.6``, ``> 128K``, ``>= 2 and < 5``.

K and M are thousands and millions, as providers count tokens.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from routing.policy.model import Range

_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(\d+(?:\.\d+)?|\.\d+)\s*([KkMm]?)s?")
_BOUND = {">=": "at_least", ">": "more_than", "<=": "at_most", "<": "less_than"}
_SCALE = {"": 1, "k": 1_000, "m": 1_000_000}


def parse_range(text: str) -> Range:
    """One comparison, or two joined by `and`. Raises ValueError when the text is none."""
    found = Range()
    for part in re.split(r"\s+and\s+", text.strip()):
        comparison = _COMPARISON.fullmatch(part.strip())
        if comparison is None:
            raise ValueError(f"{text!r} is not a comparison")
        sign, number, suffix = comparison.groups()
        bound = _BOUND[sign]
        if getattr(found, bound) is not None:
            raise ValueError(f"{text!r} compares twice in the same way")
        found = replace(found, **{bound: float(number) * _SCALE[suffix.lower()]})
    return found


def can_hold(wanted: Range, low: float, high: float, *, whole: bool) -> bool:
    """Whether some value from `low` to `high` (a whole number, if `whole`) is inside the range."""
    bottom, bottom_open = max(_bottom(wanted), (low, False))
    top, top_closed = min(_top(wanted), (high, True))
    if whole:
        first = math.floor(bottom) + 1 if bottom_open else math.ceil(bottom)
        return first <= top if top_closed else first < top
    return bottom < top or (bottom == top and not bottom_open and top_closed)


def inside(inner: Range, outer: Range) -> bool:
    """Whether every number of `inner` is one of `outer`."""
    return _bottom(inner) >= _bottom(outer) and _top(inner) <= _top(outer)


def _bottom(wanted: Range) -> tuple[float, bool]:
    """The lowest number and whether it is itself left out: of two, the greater is the stricter."""
    closed = -math.inf if wanted.at_least is None else wanted.at_least
    opened = -math.inf if wanted.more_than is None else wanted.more_than
    return max((closed, False), (opened, True))


def _top(wanted: Range) -> tuple[float, bool]:
    """The highest number and whether it belongs: of two, the smaller is the stricter."""
    closed = math.inf if wanted.at_most is None else wanted.at_most
    opened = math.inf if wanted.less_than is None else wanted.less_than
    return min((closed, True), (opened, False))
