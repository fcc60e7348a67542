"""One mistake in a policy: where in the tree it stands, what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`at` leads to the place: keys of mappings and indices of lists, from the top of the file."""

    at: Path
    what: str
    instead: str = ""


def quoted(value: object) -> str:
    """The value as it may be shown: on one line, short, with control characters escaped."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """What to write instead of `word`: the nearest known one, or else all of them."""
    choices = list(known)
    close = get_close_matches(word.lower(), choices, n=1)
    if close:
        return f"write {quoted(close[0])}"
    return f"write one of {', '.join(choices)}" if choices else ""
