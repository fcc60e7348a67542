"""The numbers in an answer, and its sums done again: `12 * 3 + 4 = 41` is wrong."""

from __future__ import annotations

import re
from math import inf, isfinite, log1p

from routing.learned.answers import Reading

NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e-?\d+)?")
# Possessive, and a chain is taken whole whether or not it is called equal to something: no text takes long.
_TERM = r"-?\$?\d[\d,]*+(?:\.\d*+)?+%?"
_OPERATOR = r"\*|×|x|/|÷|\+|-|−|\\times|\\cdot|·"
_EQUATION = re.compile(rf"({_TERM}(?:\s*(?:{_OPERATOR})\s*{_TERM})++)(?:\s*[=≈]\s*({_TERM}))?")
_STEP = re.compile(rf"(?:^|({_OPERATOR}))\s*({_TERM})\s*")
_NOT_OF_THE_VALUE = re.compile(r"[,$%\s]")
_NOT_A_DIGIT = re.compile(r"\D")
_TIMES = {"*", "×", "x", "·", "\\times", "\\cdot"}
_OVER = {"/", "÷"}
_TOLERANCE, _OF_SMALL, _OF_PERCENT = 0.012, 0.06, 0.02


def value_of(text: str) -> float | None:
    """The number that a text is, without regard to commas, `$` and `%`; None where it is none, or not finite."""
    try:
        value = float(_NOT_OF_THE_VALUE.sub("", text).rstrip("."))
    except ValueError:
        return None
    return value if isfinite(value) else None


def checked_sums(text: str) -> tuple[int, int]:
    """How many sums of numbers are in a text, and how many of them are wrong by more than rounding."""
    checked = wrong = 0
    for equation in _EQUATION.finditer(text):
        found, said = _calculated(equation[1]), value_of(equation[2] or "")
        if found is None or said is None:
            continue
        checked += 1
        wrong += _differ(found, said)
    return checked, wrong


def numbers(reading: Reading) -> dict[str, float]:
    """What the numbers of an answer are like."""
    text = reading.text
    found = NUMBER.findall(text)
    in_body = set(NUMBER.findall(reading.body))
    # The last character may be the full stop of the sentence.
    decimals = [number for number in found if "." in number[:-1]]
    checked, wrong = checked_sums(text)
    return {
        "share of numbers": len(found) / (len(reading.words) + 5),
        "numbers": log1p(len(found)),
        "numbers that the prompt has not": log1p(len(in_body - set(NUMBER.findall(reading.prompt)))),
        "decimals": log1p(len(decimals)),
        "decimals of many places": log1p(sum(len(number) - number.find(".") > 4 for number in decimals)),
        "numbers of many digits": log1p(sum(len(number) > 6 for number in found)),
        "most digits": max((len(_NOT_A_DIGIT.sub("", number)) for number in found), default=0),
        "equals signs": reading.per_hundred_words(text.count("=")),
        "sums": log1p(checked),
        "wrong sums": log1p(wrong),
        "share of wrong sums": wrong / (checked + 1),
    }


def _calculated(expression: str) -> float | None:
    """The value of a chain of numbers, multiplication and division first; None where it has none."""
    terms: list[float] = []
    for operator, text in _STEP.findall(expression):
        value = value_of(text)
        if value is None:
            return None
        if operator in _TIMES:
            terms[-1] *= value
        elif operator in _OVER:
            terms[-1] = terms[-1] / value if value else inf
        else:
            terms.append(value if operator in ("", "+") else -value)
    total = sum(terms)
    return total if isfinite(total) else None


def _differ(found: float, said: float) -> bool:
    """Beyond rounding, and not by percent alone."""
    apart = abs(found - said)
    if apart <= _TOLERANCE * max(abs(found), abs(said)) or (abs(said) < 1 and apart <= _OF_SMALL):
        return False
    return abs(abs(found) * 100 - abs(said)) > _OF_PERCENT * abs(said)
