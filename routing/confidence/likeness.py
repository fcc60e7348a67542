"""What two texts are compared by, as collections: their content words, or the values of their JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from itertools import pairwise
from typing import Any

from routing.analysis.phrases import words_of
from routing.analysis.terms.rows import words
from routing.analysis.terms.small_words import SMALL_WORDS

_STEM = 5
# What turns a sentence round is no small word.
_NEGATIONS = words(
    "not no none never without cannot nicht kein keine pas non sans nunca sin não senza niet ikke inte nie не нет"
)
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")


def dice(one: Counter[Any], other: Counter[Any]) -> float:
    """The share of what stands in both (Dice 1945): 0..1, 0 where there is nothing."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def content_words(text: str, language: str) -> Counter[str]:
    """The stems of the words that carry content, each once, and all numbers; scripts without spaces give pairs of
    characters."""
    small = {*SMALL_WORDS["en"], *SMALL_WORDS.get(language, ())} - _NEGATIONS
    found: set[str] = set()
    for word in words_of(text.lower()):
        if _UNSPACED.search(word):
            found.update(map("".join, pairwise(word)))
        elif word not in small:
            found.add(word[:_STEM] if word.isalpha() else word)
    return Counter(found)


def json_values(value: Any) -> Counter[tuple[Hashable, ...]]:
    """The values at the ends of a JSON value, each with its place. Texts are compared without case and spacing."""
    found: Counter[tuple[Hashable, ...]] = Counter()
    left: list[tuple[tuple[Hashable, ...], Any]] = [((), value)]
    while left:
        path, inner = left.pop()
        if isinstance(inner, dict) and inner:
            left += [((*path, key), child) for key, child in inner.items()]
        elif isinstance(inner, list) and inner:
            left += [((*path, place), child) for place, child in enumerate(inner)]
        else:
            found[(*path, *_scalar(inner))] += 1
    return found


def _scalar(value: Any) -> tuple[str, Hashable]:
    """With its kind, as true is 1 to Python."""
    match value:
        case str():
            return "text", " ".join(value.split()).casefold()
        case bool() | None:
            return "constant", value
        case int() | float():
            return "number", value
        case _:
            return "empty", type(value).__name__
