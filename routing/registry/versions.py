"""Which of a family's models is the newest, read off their names.

`claude-sonnet-4-5` is newer than `claude-sonnet-4`, an alias stands before its dated snapshots, and what is only a
preview stands last.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from routing.registry.families import own_name

_DAY = re.compile(r"[-_@.]?(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_SIZE = re.compile(r"(?:\d+x)?[ae]?\d+(?:\.\d+)?[bmek]")
_NUMBER = re.compile(r"[a-z]*?(\d{1,2}(?:\.\d{1,2})*)[a-z]?")
_MORE = re.compile(r"\d{1,2}")
_SNAPSHOT = re.compile(r"\d{3,4}")
_UNFINISHED = frozenset(("preview", "exp", "experimental", "beta", "alpha", "rc"))
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Version:
    """`numbers` is (4, 5) for 4.5, infinite for an alias of whatever is newest, empty where the name tells nothing.
    `snapshot` is 0 without a date. `stem` is what the names of one model have in common."""

    numbers: tuple[float, ...]
    snapshot: int
    preview: bool
    stem: str

    @property
    def newest_first(self) -> tuple[object, ...]:
        """A key to sort by."""
        numbers = (*self.numbers, *([0.0] * _DEPTH))[:_DEPTH]
        return self.preview, tuple(-number for number in numbers), self.snapshot > 0, -self.snapshot


def version_of(name: str) -> Version:
    """The version that a model's name tells; what follows a colon (a size, a variant) is no part of it."""
    own = own_name(name).partition(":")[0]
    day = _DAY.search(own)
    snapshot = int("".join(day.groups())) if day else 0
    numbers: tuple[float, ...] = ()
    stem, preview, running = [], False, False
    for token in re.split(r"[-_@\s]+", _DAY.sub("", own)):
        found = None if numbers or _SIZE.fullmatch(token) else _NUMBER.fullmatch(token)
        if found or (running and _MORE.fullmatch(token)):
            numbers += tuple(float(part) for part in (found[1] if found else token).split("."))
            running = True
        else:
            running = False
            snapshot = snapshot or (int(token) if _SNAPSHOT.fullmatch(token) else 0)
        preview = preview or token in _UNFINISHED
        if not (_SNAPSHOT.fullmatch(token) or token == "latest" or token in _UNFINISHED):
            stem.append(token)
    if not numbers and own.endswith("latest"):
        numbers = (math.inf,)
    return Version(numbers, snapshot, preview, "-".join(stem))
