"""What a condition says in words, and which conditions leave nothing to another."""

from __future__ import annotations

from routing.policy.model import Range, When
from routing.policy.ranges import inside

_WORDS = {"user_tier": "user tier", "time_budget_s": "seconds left", "input_tokens": "input tokens"}
_LISTS = ("task", "risk", "language", "format", "user_tier", "latency")
_RANGES = ("complexity", "input_tokens", "tools", "time_budget_s", "novelty")


def in_words(when: When) -> str:
    """``task is code or reasoning, complexity ≥ 0.6``; an empty condition is `always`."""
    said = [f"{_WORDS.get(key, key)} is {' or '.join(getattr(when, key))}" for key in _LISTS if getattr(when, key)]
    for key in _RANGES:
        wanted: Range | None = getattr(when, key)
        if wanted is not None:
            said.append(f"{_WORDS.get(key, key)} {range_in_words(wanted)}")
    if when.multi_step is not None:
        said.append("several steps" if when.multi_step else "one step")
    said += [f"{key} is {' or '.join(values)}" for key, values in tag_values(when).items()]
    return ", ".join(said) or "always"


def range_in_words(wanted: Range) -> str:
    """``≥ 0.3 and < 0.6``"""
    bounds = ((wanted.at_least, "≥"), (wanted.more_than, ">"), (wanted.at_most, "≤"), (wanted.less_than, "<"))
    return " and ".join(f"{sign} {_number(bound)}" for bound, sign in bounds if bound is not None)


def tag_values(when: When) -> dict[str, list[str]]:
    """The values that each tag may have."""
    found: dict[str, list[str]] = {}
    for key, value in when.tags:
        found.setdefault(key, []).append(value)
    return found


def covers(earlier: When, later: When) -> bool:
    """Whether `earlier` holds wherever `later` does."""
    return (
        all(_allows(getattr(earlier, key), getattr(later, key)) for key in _LISTS)
        and all(_within(getattr(later, key), getattr(earlier, key)) for key in _RANGES)
        and earlier.multi_step in (None, later.multi_step)
        and all(_allows(values, tag_values(later).get(key, ())) for key, values in tag_values(earlier).items())
    )


def _allows(wider: tuple[str, ...] | list[str], narrower: tuple[str, ...] | list[str]) -> bool:
    return not wider or (bool(narrower) and set(narrower) <= set(wider))


def _within(narrower: Range | None, wider: Range | None) -> bool:
    return wider is None or (narrower is not None and inside(narrower, wider))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 and value == int(value) else f"{value:g}"
