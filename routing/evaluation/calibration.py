"""What a confidence is worth: whether it tells good answers from bad, and whether its number is true.

Arrays run over answers: `confidence` in 0 to 1 (`auroc`, `aurc` and `augrc` need only its order), `good` 1 or 0.
Answers of equal confidence are taken in random order, and the expected figure is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from routing.evaluation.figures import (
    DRAWS,
    SEED,
    Array,
    Figure,
    Groups,
    Statistic,
    blocks_of,
    bootstrap,
    columns,
    cumulated,
    of_means,
    percentiles,
)
from routing.reports.intervals import Z_95

_ROUNDING = 1e-12
_FEW, _BINS_OF_FEW, _BINS = 300, 5, 10


def auroc(confidence: ArrayLike, good: ArrayLike) -> Figure:
    """How likely a good answer has the higher confidence than a bad one, ties counted half (Mann & Whitney 1947), with
    the interval of Hanley and McNeil (1982). Undefined where all are good or all bad."""
    sure, label = columns(confidence, good)
    n, right = len(label), int(np.count_nonzero(label))
    wrong = n - right
    if not right or not wrong:
        return Figure(None, None, None, n)
    _, block, size = np.unique(sure, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[block]
    area = float((rank[label > 0].sum() - right * (right + 1) / 2) / (right * wrong))
    two_good, two_bad = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (right - 1) * (two_good - area**2) + (wrong - 1) * (two_bad - area**2)
    half = Z_95 * math.sqrt(max(0.0, variance) / (right * wrong))
    return Figure(area, max(0.0, area - half), min(1.0, area + half), n)


def brier(confidence: ArrayLike, good: ArrayLike, groups: Groups | None = None) -> Figure:
    """The mean squared error of the confidence (Brier 1950): 0 is best."""
    sure, label = columns(confidence, good)
    return of_means(((sure - label) ** 2)[None, :], lambda drawn: float(drawn[0]), groups)


def brier_skill(confidence: ArrayLike, good: ArrayLike, groups: Groups | None = None) -> Figure:
    """The share of the Brier score of always saying the base rate that is saved: 1 is best, 0 no better than the base
    rate. Undefined where all are good or all bad."""
    sure, label = columns(confidence, good)

    def skill(drawn: Array) -> float:
        error, rate = drawn
        constant = rate * (1 - rate)
        return float(1 - error / constant) if constant > _ROUNDING else math.nan

    return of_means(np.stack(((sure - label) ** 2, label)), skill, groups)


def aurc(confidence: ArrayLike, good: ArrayLike, groups: Groups | None = None) -> Figure:
    """The area under the risk-coverage curve: the mean over k of the share of bad among the k surest
    (Geifman & El-Yaniv 2017)."""
    sure, label = columns(confidence, good)

    def area(ends: Array, bad: Array) -> float:
        """Within a block the k surest hold bad + rate · (k − end) bad: its sum over k, divided by k, is harmonic."""
        n = int(ends[-1])
        harmonic = np.concatenate(([0.0], np.cumsum(1 / np.arange(1, n + 1))))[ends.astype(np.intp)]
        sizes = np.diff(ends)
        rate = np.diff(bad) / np.maximum(sizes, 1)
        return float((rate * sizes + (bad[:-1] - rate * ends[:-1]) * np.diff(harmonic)).sum() / n)

    return bootstrap(_surest_first(sure, label, area), len(sure), groups)


def augrc(confidence: ArrayLike, good: ArrayLike, groups: Groups | None = None) -> Figure:
    """The average risk of a failure that is not noticed: the mean over k of how many of the k surest are bad, as a
    share of all (Traub et al. 2024)."""
    sure, label = columns(confidence, good)

    def area(ends: Array, bad: Array) -> float:
        sizes, n = np.diff(ends), ends[-1]
        within = np.diff(bad) * (sizes + 1) / 2
        return float((sizes * bad[:-1] + within).sum() / n**2)

    return bootstrap(_surest_first(sure, label, area), len(sure), groups)


def ece(confidence: ArrayLike, good: ArrayLike, bins: int | None = None) -> Figure:
    """The expected calibration error: the mean distance of confidence and share of good over bins of equal mass
    (Naeini et al. 2015), 5 of them below 300 answers, else 10.

    Where answers of equal confidence lie across the edge of a bin, each side gets its share of all of them. Read it
    beside `ece_floor`: drawing answers anew would add the noise that the floor measures, so there is no interval.
    """
    sure, label = columns(confidence, good)
    return Figure(float(_errors(sure, label[None, :], bins)[0]), None, None, len(sure))


def ece_floor(confidence: ArrayLike, bins: int | None = None) -> Figure:
    """The `ece` that chance alone gives to a calibrated confidence: its mean and its middle 95 % where each answer is
    good with just the probability that was said. An `ece` up to `high` cannot be told from a calibrated one."""
    (sure,) = columns(confidence)
    generator = np.random.default_rng(SEED)
    drawn = np.concatenate(
        [_errors(sure, (generator.random((1, len(sure))) < sure).astype(np.float64), bins) for _ in range(DRAWS)]
    )
    return Figure(float(drawn.mean()), *percentiles(drawn.tolist()), len(sure))


def _errors(sure: Array, labels: Array, bins: int | None) -> Array:
    """The ECE of each row of labels."""
    n = len(sure)
    edges = np.linspace(0, n, (bins or (_BINS_OF_FEW if n < _FEW else _BINS)) + 1)
    order = np.argsort(sure, kind="stable")
    last = np.append(np.flatnonzero(np.diff(sure[order])), n - 1)
    ends = np.append(0, last + 1)
    missed = np.cumsum(sure[order] - labels[:, order], axis=1)[:, last]
    return np.array([np.abs(np.diff(np.interp(edges, ends, np.append(0, row)))).sum() / n for row in missed])


def _surest_first(sure: Array, label: Array, area: Callable[[Array, Array], float]) -> Statistic:
    """`area` gets, at the ends of the blocks of equal confidence and before the first, how many answers there are and
    how many of them are bad."""
    blocks = blocks_of(sure)

    def statistic(weights: Array) -> float:
        return area(*cumulated(blocks, weights, weights * (1 - label)))

    return statistic
