"""The shape of a prompt: 44 numbers on how long it is, what it asks for and how it is put, none on what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log1p

from routing.learned.grams import MOST_CHARACTERS
from routing.learned.options import split_options

_SENTENCE_END = re.compile(r"[.!?]\s|\n")
_NUMBER = re.compile(r"\d+\.?\d*")
_CONTENT_WORD = re.compile(r"[a-z]{4,}")
_LONG_WORD = re.compile(r"[A-Za-z]{9,}")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")
_ROMAN = re.compile(r"\bI\.|\bII\b|\bIII\b")
_ALL_OR_NONE = re.compile(r"(all|none) of (the )?(above|these)", re.IGNORECASE)
_QUANTITY = re.compile(
    r"how (many|much|long|far|fast|old)|what is the (value|number|probability|area|sum|length|ratio|total)"
    r"|calculate|compute|determine|find the|solve|evaluate|estimate",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(not|except|least|never|false|incorrect|cannot|n't)\b", re.IGNORECASE)
_LOGIC = re.compile(
    r"\b(if|then|all|some|every|each|either|implies|therefore|because|given|suppose|assume|let|must"
    r"|at least|at most|exactly)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\bdef \b|\breturn\b|\bimport \b|```|\bassert\b|\bfunction\b|\bpython\b|\{\}|==|!=|;\n|\bclass \b"
    r"|\bstring\b|\barray\b|\blist\b",
    re.IGNORECASE,
)
_MATHS = re.compile(r"[+*/=^<>≤≥√∑∫π]|\\[a-z]+|\$")
_UNIT = re.compile(
    r"\d\s?(%|°|kg|km|cm|mm|m/s|ft|lb|mol|atm|volts?|ohms?|hz|j\b|k\b|c\b|v\b|w\b|psi|btu|dollars?|years?|hours?"
    r"|minutes?|seconds?)",
    re.IGNORECASE,
)
_LABELS = {"q:", "question:"}
_ORDERS = {
    *("write", "find", "calculate", "compute", "determine", "solve", "let", "suppose", "given", "explain", "consider")
}
_LARGEST = 1e12


@dataclass(frozen=True)
class _Prompt:
    """A prompt taken apart: `stem` is what stands before its options."""

    text: str
    stem: str
    options: tuple[str, ...]

    @cached_property
    def words(self) -> list[str]:
        return self.text.split()

    @cached_property
    def lower(self) -> str:
        return self.stem.strip().lower()

    @cached_property
    def first_word(self) -> str:
        words = self.lower.split(maxsplit=2)
        if len(words) > 1 and words[0] in _LABELS:
            return words[1]
        return words[0] if words else ""

    def per_hundred(self, count: int) -> float:
        """ln(1 + count for each hundred characters)."""
        return log1p(100 * count / (len(self.text) + 1))


def prompt_shape(text: str) -> tuple[float, ...]:
    """The numbers, in the order of `PROMPT_SHAPE`: finite for any text, of which the first 20,000 characters count."""
    return tuple(map(float, _described(text).values()))


def _described(text: str) -> dict[str, float]:
    text = text[:MOST_CHARACTERS]
    stem, options = split_options(text)
    prompt = _Prompt(text, stem, tuple(option for _, option in options))
    return {**_lengths(prompt), **_options(prompt), **_maths(prompt), **_wording(prompt), **_form(prompt)}


def _lengths(prompt: _Prompt) -> dict[str, float]:
    sentences = sum(1 for sentence in _SENTENCE_END.split(prompt.stem) if sentence.strip())
    return {
        "characters": log1p(len(prompt.text) + 1),
        "characters of the stem": log1p(len(prompt.stem)),
        "sentences": log1p(sentences),
        "words in a sentence": len(prompt.stem.split()) / (sentences + 1),
        "lines": log1p(prompt.text.count("\n")),
    }


def _options(prompt: _Prompt) -> dict[str, float]:
    """All 0 where there are no options."""
    options = prompt.options
    lengths = [len(option) for option in options] or [0]
    asked, offered = (set(_CONTENT_WORD.findall(text)) for text in (prompt.lower, " ".join(options).lower()))
    return {
        "options": len(options),
        "mean length of an option": log1p(sum(lengths) / len(lengths)),
        "range of option lengths": log1p(max(lengths) - min(lengths)),
        "every option has a digit": bool(options) and all(any(map(str.isdigit, option)) for option in options),
        "all or none of the above": any(map(_ALL_OR_NONE.search, options)),
        "an option stands twice": len(set(options)) < len(options),
        "words that stem and options share": len(asked & offered) / (len(offered) + 1),
    }


def _maths(prompt: _Prompt) -> dict[str, float]:
    numbers = _NUMBER.findall(prompt.stem)
    return {
        "share of digits": prompt.per_hundred(sum(map(str.isdigit, prompt.text))),
        "share of signs of maths": prompt.per_hundred(len(_MATHS.findall(prompt.text))),
        "asks for a quantity": bool(_QUANTITY.search(prompt.stem)),
        "a unit": bool(_UNIT.search(prompt.text)),
        "numbers": log1p(len(numbers)),
        "largest number": log1p(max((min(float(number), _LARGEST) for number in numbers), default=0.0)),
    }


def _wording(prompt: _Prompt) -> dict[str, float]:
    words = prompt.words
    return {
        "length of a word": sum(map(len, words)) / (len(words) + 1),
        "share of different words": len(set(words)) / (len(words) + 1),
        "share of long words": log1p(100 * len(_LONG_WORD.findall(prompt.text)) / (len(words) + 1)),
        "repeated pairs of words": 1 - len(set(pairwise(words))) / max(1, len(words) - 1),
        "share of capitals": prompt.per_hundred(sum(map(str.isupper, prompt.text))),
        "share beyond ASCII": prompt.per_hundred(sum(character > "\x7f" for character in prompt.text)),
        "names": log1p(len(_NAME.findall(prompt.stem))),
        "words of logic": log1p(len(_LOGIC.findall(prompt.stem))),
        "a negation": bool(_NEGATION.search(prompt.stem)),
        "code": bool(_CODE.search(prompt.stem)),
        "a year": bool(_YEAR.search(prompt.stem)),
    }


def _form(prompt: _Prompt) -> dict[str, float]:
    stem, first = prompt.stem, prompt.first_word
    return {
        "a blank to fill": "_" in stem,
        "question marks": log1p(stem.count("?")),
        "dots": log1p(stem.count(".")),
        "commas": log1p(stem.count(",")),
        "colons": log1p(stem.count(":")),
        "quotation marks": log1p(sum(map(stem.count, "\"“'"))),
        "brackets": log1p(prompt.text.count("(")),
        "Roman numerals": bool(_ROMAN.search(prompt.text)),
        "says following": "following" in prompt.lower,
        "says statement": "statement" in prompt.lower,
        "begins with who": first == "who",
        "begins with which": first == "which",
        "begins with what": first == "what",
        "begins with how": first == "how",
        "begins with an order": first in _ORDERS,
    }


PROMPT_SHAPE: tuple[str, ...] = tuple(_described(""))
