"""How sure a model's tokens usually are in an answer of some length: for each statistic a line over ln(tokens).

Ordinary least squares of the statistic on the length, one line for each model, drawn to the line that holds for any
model by 20 answers that lie on it, so that nothing jumps at the first. The sums of the normal equations are whole
numbers: they are the same in whatever order the answers came. A line never leads further from the common one than the
statistic's own step, so that a model which is never sure does not pass for a sure one by habit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Statistic = Literal["mean", "tail", "weakest"]
"""The mean logprob of all tokens, that of the lowest tenth, and the lowest mean of 32 in a row."""
WINDOW = 32
PSEUDO_ANSWERS = 20
_USUAL_LENGTH, _LENGTH_SD = math.log(150), 1.2
"""Of those 20: in ln(tokens)."""
_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class LogprobStatistic:
    """One statistic of one answer, in nats; `tokens` are those that carry content; `code`: most of it is code."""

    name: Statistic
    value: float
    tokens: int
    code: bool = False


@dataclass(frozen=True, slots=True)
class UsualLogprobs:
    """What is usual of a model: `intercept` + `slope` · length, in nats; `answers` are behind it."""

    model: str
    name: Statistic
    code: bool
    intercept: float
    slope: float
    answers: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one model's answers: how many, and the sums of length x and surprise y (−value) in thousandths, of x² and
    x·y in millionths."""

    model: str
    name: Statistic
    code: bool
    answers: int
    x: int
    y: int
    xx: int
    xy: int


@dataclass(frozen=True, slots=True)
class _Common:
    """The line for any model, and how many nats make a step."""

    intercept: float
    slope: float
    step: float


_COMMON = {
    ("mean", False): _Common(-0.45, 0.0, 0.45),
    ("mean", True): _Common(-0.25, 0.0, 0.45),
    ("tail", False): _Common(-1.2, -0.25, 1.4),
    ("tail", True): _Common(-1.2, -0.25, 1.4),
    ("weakest", False): _Common(-0.55, -0.1, 0.7),
    ("weakest", True): _Common(-0.55, -0.1, 0.7),
}


def step(name: Statistic) -> float:
    """The nats by which a statistic must differ from the usual to be one step off."""
    return _COMMON[name, False].step


def usual(name: Statistic, tokens: int, *, code: bool, own: UsualLogprobs | None = None) -> float:
    """The usual value of an answer of so many tokens, in nats: of any model, or of the one whose line is given."""
    common, x = _COMMON[name, code], _length(name, tokens)
    value = common.intercept + common.slope * x
    if own is None:
        return value
    return max(value - common.step, min(value + common.step, own.intercept + own.slope * x))


def summed(model: str, statistics: Iterable[LogprobStatistic]) -> list[Sums]:
    """What one answer adds."""
    return [_summed(model, one) for one in statistics]


def fit(sums: Iterable[Sums]) -> tuple[UsualLogprobs, ...]:
    """The lines of all models, in a fixed order."""
    ordered = sorted(sums, key=lambda one: (one.model, one.name, one.code))
    return tuple(_fitted(one) for one in ordered if one.answers > 0)


def line_of(lines: Sequence[UsualLogprobs], model: str, name: Statistic, *, code: bool) -> UsualLogprobs | None:
    return next((one for one in lines if (one.model, one.name, one.code) == (model, name, code)), None)


def _length(name: Statistic, tokens: int) -> float:
    """A window of 32 tokens has nothing to be the lowest of until there is more than one."""
    return math.log(max(1.0, tokens / WINDOW)) if name == "weakest" else math.log(max(1, tokens))


def _summed(model: str, one: LogprobStatistic) -> Sums:
    x, y = round(_MILLI * _length(one.name, one.tokens)), round(-_MILLI * one.value)
    return Sums(model, one.name, one.code, 1, x, y, x * x, x * y)


def _fitted(sums: Sums) -> UsualLogprobs:
    """Of the distances from the common line, on which the pseudo-answers lie."""
    common = _COMMON[sums.name, sums.code]
    x, y, xx, xy = sums.x / _MILLI, sums.y / _MILLI, sums.xx / _MILLI**2, sums.xy / _MILLI**2
    off = -y - common.intercept * sums.answers - common.slope * x
    off_x = -xy - common.intercept * x - common.slope * xx
    n = sums.answers + PSEUDO_ANSWERS
    x += PSEUDO_ANSWERS * _USUAL_LENGTH
    xx += PSEUDO_ANSWERS * (_USUAL_LENGTH**2 + _LENGTH_SD**2)
    determinant = n * xx - x * x
    return UsualLogprobs(
        sums.model,
        sums.name,
        sums.code,
        round(common.intercept + (off * xx - off_x * x) / determinant, 6),
        round(common.slope + (n * off_x - x * off) / determinant, 6),
        sums.answers,
    )
