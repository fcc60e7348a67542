"""What is believed of a turn after each of its stages: small logistic regressions on the scores of larger models.

Their weights have a Gaussian prior, so that few rows move them little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.evaluation.figures import Array

SIGNS = 11
"""How many signs of the weak answer are read for whether the strong model would be right."""
_LARGEST_LOGIT, _SURE = 30.0, 1e-3
_FREE = 1e-4
_SMALLEST_SD, _LIMIT = 1e-6, 4.0
_STEPS, _CLOSE = 30, 1e-6


class Weights(NamedTuple):
    """What is thought of each weight before any row is seen."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]


_WEAK = Weights((0.9, 0.2, 0.0), (0.2,) * 3)
_STRONG = Weights((0.2, 0.0, 0.9) + (0.0,) * SIGNS, (0.2,) * 3 + (0.02,) * SIGNS)
_AGREE = Weights((0.5, 0.0, 0.3) + (0.0,) * SIGNS, (0.2,) * 3 + (0.02,) * SIGNS)
_SD_AFTER = (0.2, 0.2, 0.2, 0.2, 1.0, 0.2, 0.2, 0.5, 0.5)
_AFTER = (
    Weights((0.8, 0.0, 0.2, 0.0, 1.0, 0.0, 0.2, 0.0, 0.0), _SD_AFTER),
    Weights((0.1, 0.1, 0.0, 0.8, 0.5, 0.0, 0.1, 0.0, 0.0), _SD_AFTER),
    Weights((0.0, 0.8, 0.2, 0.0, 1.0, 0.2, 0.0, 0.0, 0.0), _SD_AFTER),
)
_SD_AHEAD = (0.2, 0.2, 0.2, 1.0, 0.2, 0.5)
_AHEAD = (
    Weights((0.8, 0.2, 0.0, 1.0, 0.0, 0.0), _SD_AHEAD),
    Weights((0.1, 0.0, 0.8, 0.5, 0.0, 0.0), _SD_AHEAD),
    Weights((0.3, 0.3, 0.0, 1.0, 0.0, 0.0), _SD_AHEAD),
)


@dataclass(frozen=True, slots=True)
class Turns:
    """One row for each prompt. Log-odds that an answer is right: of the weak and of the strong by the prompt alone, of
    the weak and of the second by their own text. `signs` of the weak answer: shape (n, SIGNS), of any scale.
    `agreement` is 1 where the second's final answer is the weak one's, else −1; `weak_mute` and `second_mute` are 1
    where there is no final answer, else 0. Without a second, its columns are the same throughout."""

    weak_before: Array
    strong_before: Array
    weak_text: Array
    signs: Array
    second_text: Array
    agreement: Array
    weak_mute: Array
    second_mute: Array


class Right(NamedTuple):
    """Of the weak, the strong and the second answer: probabilities that they are right, or how good they were."""

    weak: Array
    strong: Array
    second: Array


@dataclass(frozen=True, slots=True)
class Beliefs:
    """By the prompt; after the weak answer, with the probability of an agreement and what either outcome would make of
    it; and after the second's. `taught` is what is believed of the turns that taught, and there None."""

    before: Right
    after_weak: Right
    agree: Array
    if_agreed: Right
    if_not: Right
    after_second: Right
    taught: Beliefs | None = None


def map_logistic(x: Array, y: Array, weights: Weights) -> Array:
    """Logistic regression with the prior N(mean, sd²) on each weight and a free intercept: the maximum a posteriori, by
    Newton's method. `x` has the shape (n, k), `y` is in 0 to 1; returns the intercept and the k weights."""
    rows = _with_one(x)
    prior = np.append(0.0, weights.mean)
    precision = np.append(_FREE, 1 / np.square(weights.sd))
    found = prior.copy()
    found[0] = logit(np.asarray(np.mean(y))) - (x @ found[1:]).mean()
    for _ in range(_STEPS):
        p = probability(rows @ found)
        curvature = (rows * (p * (1 - p))[:, None]).T @ rows + np.diag(precision)
        step = np.linalg.solve(curvature, rows.T @ (y - p) - precision * (found - prior))
        found += step
        if np.abs(step).max() < _CLOSE:
            break
    return found


def believed(turns: Turns, right: Right, taught: NDArray[np.intp]) -> Callable[[NDArray[np.intp]], Beliefs]:
    """Fits every stage on the rows `taught`; the result tells what is believed of others."""
    weak_x, sign_x = _weak(turns), _signs(turns, taught)
    weak, strong, agree = (
        _Regression.fit(x[taught], y[taught], prior)
        for x, y, prior in (
            (weak_x, right.weak, _WEAK),
            (sign_x, right.strong, _STRONG),
            (sign_x, (turns.agreement + 1) / 2, _AGREE),
        )
    )
    nothing = np.zeros_like(turns.agreement)
    before = Right(probability(turns.weak_before), probability(turns.strong_before), nothing)
    after_weak = Right(weak.p(weak_x), strong.p(sign_x), nothing)
    after_x, ahead_x = _after(turns, after_weak.strong), _ahead(turns, after_weak.strong, turns.agreement)
    after = _of_each(after_x, right, taught, _AFTER)
    ahead = _of_each(ahead_x, right, taught, _AHEAD)
    agreed, not_agreed = (_ahead(turns, after_weak.strong, nothing + sign) for sign in (1, -1))

    def beliefs(rows: NDArray[np.intp]) -> Beliefs:
        return Beliefs(
            Right(*(column[rows] for column in before)),
            Right(*(column[rows] for column in after_weak)),
            agree.p(sign_x[rows]),
            Right(*(one.p(agreed[rows]) for one in ahead)),
            Right(*(one.p(not_agreed[rows]) for one in ahead)),
            Right(*(one.p(after_x[rows]) for one in after)),
        )

    own = beliefs(taught)
    return lambda rows: replace(beliefs(rows), taught=own)


def probability(log_odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -_LARGEST_LOGIT, _LARGEST_LOGIT))))


def logit(p: Array) -> Array:
    """Log-odds of a probability that is kept off 0 and 1."""
    kept = np.clip(p, _SURE, 1 - _SURE)
    return np.asarray(np.log(kept / (1 - kept)))


@dataclass(frozen=True, slots=True)
class _Regression:
    weights: Array

    @classmethod
    def fit(cls, x: Array, y: Array, prior: Weights) -> _Regression:
        return cls(map_logistic(x, y, prior))

    def p(self, x: Array) -> Array:
        return probability(_with_one(x) @ self.weights)


def _of_each(x: Array, right: Right, taught: NDArray[np.intp], priors: tuple[Weights, ...]) -> tuple[_Regression, ...]:
    return tuple(_Regression.fit(x[taught], y[taught], prior) for y, prior in zip(right, priors, strict=True))


def _weak(turns: Turns) -> Array:
    return np.column_stack((turns.weak_text, turns.weak_before, turns.strong_before))


def _signs(turns: Turns, taught: NDArray[np.intp]) -> Array:
    """The signs by the mean and deviation of those that taught."""
    usual = turns.signs[taught]
    scaled = (turns.signs - usual.mean(axis=0)) / (usual.std(axis=0) + _SMALLEST_SD)
    return np.column_stack((_weak(turns), np.clip(scaled, -_LIMIT, _LIMIT)))


def _after(turns: Turns, strong: Array) -> Array:
    said = turns.agreement
    texts = turns.weak_text, turns.second_text
    both = (said * text for text in texts)
    return np.column_stack((*texts, turns.weak_before, logit(strong), said, *both, turns.weak_mute, turns.second_mute))


def _ahead(turns: Turns, strong: Array, said: Array) -> Array:
    """As `_after`, of what is known before the second has answered, should it say so."""
    text = turns.weak_text
    return np.column_stack((text, turns.weak_before, logit(strong), said, said * text, turns.weak_mute))


def _with_one(x: Array) -> Array:
    return np.column_stack((np.ones(len(x)), x))
