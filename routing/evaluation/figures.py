"""A figure with its interval: bootstrap over prompts or groups of prompts, and Wilson for a proportion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.reports.intervals import Z_95, wilson

Array = NDArray[np.float64]
Groups = Sequence[object]
Statistic = Callable[[Array], float]
"""A figure as a function of a vector, NaN where it is undefined. For `bootstrap` the vector says how often each prompt
counts."""

DRAWS = 1_000
SEED = 20_261
_MOST_UNDEFINED = 0.05
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval of 95 %, from `n` cases. Each part is None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def columns(*values: ArrayLike) -> tuple[Array, ...]:
    """The arguments as arrays of numbers. Raises ValueError unless they are one-dimensional, of one length that is not
    0, and finite."""
    arrays = tuple(np.asarray(value, dtype=np.float64) for value in values)
    if any(array.ndim != 1 for array in arrays) or len({len(array) for array in arrays}) != 1 or not len(arrays[0]):
        raise ValueError("one row per prompt is needed, as many in each column, and at least one")
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("a column holds what is no number")
    return arrays


def blocks_of(rank: Array) -> NDArray[np.intp]:
    """For each row the number of the block of equal ranks that it is in, the highest rank first."""
    _, block = np.unique(-rank, return_inverse=True)
    return block


def cumulated(blocks: NDArray[np.intp], *values: Array) -> tuple[Array, ...]:
    """Sums over the first 0, 1, … blocks."""
    return tuple(np.concatenate(([0.0], np.cumsum(np.bincount(blocks, value)))) for value in values)


def resamples(n: int, groups: Groups | None = None) -> Iterator[Array]:
    """`DRAWS` times how often each of `n` prompts is drawn, with replacement; always the same draws for the same `n`.

    Prompts of one group (`groups[i]` names it) are drawn together. Raises ValueError where `groups` is not of length n.
    """
    member, of = np.arange(n), n
    if groups is not None:
        if len(groups) != n:
            raise ValueError("each prompt needs one group")
        places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        member, of = np.array([places[group] for group in groups]), len(places)
    generator = np.random.default_rng(SEED)
    for _ in range(DRAWS):
        drawn = np.bincount(generator.integers(of, size=of), minlength=of)
        yield drawn[member].astype(np.float64)


def bootstrap(statistic: Statistic, n: int, groups: Groups | None = None) -> Figure:
    """The statistic with its percentile interval (Efron 1979).

    There is no interval where more than one draw in twenty leaves the statistic undefined, nor from a single prompt or
    group.
    """
    value = statistic(np.ones(n))
    if np.isnan(value):
        return Figure(None, None, None, n)
    if _is_one(n, groups):
        return Figure(float(value), None, None, n)
    return Figure(float(value), *percentiles([statistic(weights) for weights in resamples(n, groups)]), n)


def of_means(rows: Array, figure: Statistic, groups: Groups | None = None) -> Figure:
    """As `bootstrap`, where the figure follows from the means of each row alone: `rows` has the shape (m, n), and
    `figure` takes m means."""
    n = rows.shape[1]
    value = figure(rows.mean(axis=1))
    if np.isnan(value):
        return Figure(None, None, None, n)
    if _is_one(n, groups):
        return Figure(float(value), None, None, n)
    return Figure(float(value), *percentiles([figure(drawn) for drawn in means(rows, groups)]), n)


def means(rows: Array, groups: Groups | None = None) -> Array:
    """The means of each row over the draws of `resamples`: shape (`DRAWS`, m)."""
    draws = resamples(rows.shape[1], groups)
    batches = iter(lambda: list(islice(draws, _BATCH)), [])
    # One product of matrices for many draws: products of vectors would pay for threads that they cannot use.
    return np.concatenate([weights @ rows.T / weights.sum(axis=1, keepdims=True) for weights in map(np.array, batches)])


def percentiles(drawn: Sequence[float]) -> tuple[float | None, float | None]:
    """The middle 95 % of what was drawn; None where more than one draw in twenty is NaN."""
    values = np.asarray(drawn, dtype=np.float64)
    known = values[~np.isnan(values)]
    if len(values) - len(known) > _MOST_UNDEFINED * len(values):
        return None, None
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def proportion(hits: ArrayLike) -> Figure:
    """The share of cases that are 1 rather than 0, with Wilson's interval (Wilson 1927)."""
    (found,) = columns(hits)
    count, n = int(np.count_nonzero(found)), len(found)
    return Figure(count / n, *wilson(count, n, Z_95), n)


def _is_one(n: int, groups: Groups | None) -> bool:
    return len(set(range(n) if groups is None else groups)) == 1
