"""Logistic regression with a Gaussian prior on each coefficient, for a handful of coefficients, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

_MOST_STEPS = 60
_MOST_HALVINGS = 30
_STILL = 1e-10


@dataclass(frozen=True, slots=True)
class Case:
    """`good` is 0..1; its log-odds are `offset` + Σ coefficient · input. A case of weight w counts as w cases."""

    inputs: tuple[float, ...]
    good: float
    weight: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Gaussian:
    """What is known of a coefficient before any case is seen."""

    mean: float
    sd: float


def map_logistic(cases: Sequence[Case], prior: Sequence[Gaussian]) -> tuple[float, ...]:
    """The most probable coefficients a posteriori, one for each prior, by Newton's method with halved steps (the
    posterior is log-concave: there is one maximum, and it is found). The order of the cases changes no bit of it."""
    found = tuple(known.mean for known in prior)
    loss = _loss(cases, prior, found)
    for _ in range(_MOST_STEPS if cases else 0):
        step = _newton_step(cases, prior, found)
        for _ in range(_MOST_HALVINGS):
            tried = tuple(value - part for value, part in zip(found, step, strict=True))
            if (reached := _loss(cases, prior, tried)) <= loss:
                break
            step = [part / 2 for part in step]
        else:
            break
        found, loss = tried, reached
        if max(map(abs, step)) < _STILL:
            break
    return found


def _loss(cases: Sequence[Case], prior: Sequence[Gaussian], at: Sequence[float]) -> float:
    """The negative log posterior, up to a constant."""
    away = [(value - known.mean) ** 2 / (2 * known.sd**2) for value, known in zip(at, prior, strict=True)]
    return math.fsum([*away, *(case.weight * _surprise(_log_odds(case, at), case.good) for case in cases)])


def _newton_step(cases: Sequence[Case], prior: Sequence[Gaussian], at: Sequence[float]) -> list[float]:
    """Gradient over curvature, to be taken off."""
    likely = [(1 + math.tanh(_log_odds(case, at) / 2)) / 2 for case in cases]
    missed = [case.weight * (p - case.good) for case, p in zip(cases, likely, strict=True)]
    spread = [case.weight * p * (1 - p) for case, p in zip(cases, likely, strict=True)]
    columns = list(zip(*(case.inputs for case in cases), strict=True))
    gradient = [
        math.fsum(map(mul, missed, column)) + (value - known.mean) / known.sd**2
        for column, value, known in zip(columns, at, prior, strict=True)
    ]
    curvature = [
        [math.fsum(w * x * y for w, x, y in zip(spread, one, other, strict=True)) for other in columns]
        for one in columns
    ]
    for place, known in enumerate(prior):
        curvature[place][place] += 1 / known.sd**2
    return _solved(curvature, gradient)


def _log_odds(case: Case, at: Sequence[float]) -> float:
    return case.offset + math.fsum(map(mul, at, case.inputs))


def _surprise(log_odds: float, good: float) -> float:
    """Cross-entropy in nats."""
    return max(log_odds, 0.0) + math.log1p(math.exp(-abs(log_odds))) - good * log_odds


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination; a positive definite matrix needs no pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place, row in enumerate(rows):
        for below in rows[place + 1 :]:
            share = below[place] / row[place]
            below[:] = [b - share * a for a, b in zip(row, below, strict=True)]
    solution: list[float] = []
    for place in reversed(range(len(rows))):
        row = rows[place]
        known = sum(map(mul, row[place + 1 : -1], solution))
        solution.insert(0, (row[-1] - known) / row[place])
    return solution
