"""What a router is worth: quality recovered per call and per dollar.

Arrays run over prompts, quality is in 0 to 1. `gain_rank` says which prompts gain most from the strong model: the
higher, the earlier they go there. Prompts that tie are taken in random order: the expected curve, a straight line.
PGR, the performance gap recovered, is (q − q_weak) / (q_strong − q_weak); where the strong model is not the better one
it is undefined, and so is all that rests on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from routing.evaluation.figures import (
    Array,
    Figure,
    Groups,
    Statistic,
    blocks_of,
    bootstrap,
    columns,
    cumulated,
    means,
    of_means,
    percentiles,
)

_ROUNDING = 1e-12
_DEAREST_USD_PER_1K, _CHEAPEST_USD_PER_1K, _WEIGHT_OF_COST = 200.0, 0.0044, 0.1


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of a system: mean cost for each prompt, in the unit of its input, and mean quality with its band."""

    cost: float
    quality: Figure


def apgr(gain_rank: ArrayLike, weak: ArrayLike, strong: ArrayLike, groups: Groups | None = None) -> Figure:
    """The average performance gap recovered: the area under PGR over the share of calls that go to the strong model
    (Ong et al. 2024, RouteLLM). Random routing gets 0.5."""
    rank, weak, strong = columns(gain_rank, weak, strong)
    return bootstrap(_apgr(rank, weak, strong), len(rank), groups)


def apgr_difference(
    first_rank: ArrayLike, second_rank: ArrayLike, weak: ArrayLike, strong: ArrayLike, groups: Groups | None = None
) -> Figure:
    """By how much the first router's APGR is above the second's, on the same draws of prompts for both."""
    first, second, weak, strong = columns(first_rank, second_rank, weak, strong)
    return bootstrap(_difference(_apgr(first, weak, strong), _apgr(second, weak, strong)), len(weak), groups)


def cpt(
    gain_rank: ArrayLike, weak: ArrayLike, strong: ArrayLike, recovered: float, groups: Groups | None = None
) -> Figure:
    """The call-performance threshold: the least share of strong calls with a PGR of `recovered`, 0 < it ≤ 1
    (Ong et al. 2024, RouteLLM)."""
    rank, weak, strong = columns(gain_rank, weak, strong)
    blocks, gain = blocks_of(rank), strong - weak

    def share(weights: Array) -> float:
        calls, gained = cumulated(blocks, weights, weights * gain)
        if gained[-1] <= _ROUNDING:
            return math.nan
        wanted = recovered * gained[-1]
        after = int(np.argmax(gained >= wanted - _ROUNDING * calls[-1]))
        step = gained[after] - gained[after - 1]
        part = min(1.0, (wanted - gained[after - 1]) / step)
        return float((calls[after - 1] + part * (calls[after] - calls[after - 1])) / calls[-1])

    return bootstrap(share, len(rank), groups)


def deferral_area(confidence: ArrayLike, weak: ArrayLike, strong: ArrayLike, groups: Groups | None = None) -> Figure:
    """How well confidence in the weak answers says which of them to replace by the strong model's: the area between
    the curve of replacing the least sure first and the straight line, divided by that of the oracle, which knows each
    gain. 0 is random, 1 the oracle; undefined where every gain is the same."""
    sure, weak, strong = columns(confidence, weak, strong)
    gain = strong - weak
    seen, best = _area(-sure, gain), _area(gain, gain)

    def area(weights: Array) -> float:
        line = float((weights * gain).sum() / weights.sum() / 2)
        possible = best(weights) - line
        return (seen(weights) - line) / possible if possible > _ROUNDING else math.nan

    return bootstrap(area, len(sure), groups)


def sent(gain_rank: ArrayLike, points: int = 101) -> Array:
    """The settings of a router that reads the prompt alone: how likely each prompt goes to the strong model when a
    share of 0 to 1 of them does, in equal steps. Shape (points, n). With it,
    `weak_cost + sent(rank) * (strong_cost - weak_cost)` is what `curve` takes."""
    (rank,) = columns(gain_rank)
    blocks = blocks_of(rank)
    ends, _ = cumulated(blocks, np.ones(len(rank)), rank)
    calls = np.linspace(0, len(rank), points)[:, None]
    share = np.clip((calls - ends[:-1]) / np.diff(ends), 0, 1)
    return np.asarray(share[:, blocks])


def curve(costs: ArrayLike, qualities: ArrayLike, groups: Groups | None = None) -> tuple[Point, ...]:
    """The cost-quality curve of a system, cheapest setting first. `costs` and `qualities` have the shape (settings, n):
    all that the system spent on a prompt, and the quality of the answer that it gave."""
    cost, quality = _settings(costs, qualities)
    drawn, spent, achieved = means(quality, groups), cost.mean(axis=1), quality.mean(axis=1)
    return tuple(
        Point(float(spent[at]), Figure(float(achieved[at]), *percentiles(drawn[:, at].tolist()), cost.shape[1]))
        for at in np.lexsort((achieved, spent))
    )


@dataclass(frozen=True, slots=True)
class Ends:
    """What always asking the weak and always asking the strong model costs and achieves: columns of n prompts."""

    weak_cost: ArrayLike
    weak: ArrayLike
    strong_cost: ArrayLike
    strong: ArrayLike


def apgr_spend(costs: ArrayLike, qualities: ArrayLike, ends: Ends, groups: Groups | None = None) -> Figure:
    """The area under PGR over all that a system spends, from the cost of always-weak to that of always-strong, scaled
    to 0 to 1; mixing these two at random gets 0.5. Settings as for `curve`, joined by straight lines in order of cost;
    where none is so cheap, or so dear, as an end, that end is joined."""
    rows, recovered = _by_spend((costs, qualities), ends)
    return of_means(rows, recovered, groups)


def apgr_spend_difference(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], ends: Ends, groups: Groups | None = None
) -> Figure:
    """By how much the first system's (costs, qualities) are above the second's in `apgr_spend`, on the same draws."""
    one, of_one = _by_spend(first, ends)
    other, of_other = _by_spend(second, ends)
    split = len(one)
    return of_means(np.concatenate((one, other)), lambda drawn: of_one(drawn[:split]) - of_other(drawn[split:]), groups)


def aiq(
    costs: ArrayLike, qualities: ArrayLike, least_cost: float, most_cost: float, groups: Groups | None = None
) -> Figure:
    """The average improvement in quality (Hu et al. 2024, RouterBench): the mean height of the non-decreasing upper
    hull between two mean costs for each prompt that all compared systems share. Settings as for `curve`.

    The hull goes on flat to `most_cost` and is 0 from `least_cost` to its first point. RouterBench's own program
    divides by the greatest cost, that is, takes 0 for `least_cost`.
    """
    if not least_cost < most_cost:
        raise ValueError("the least cost must be below the greatest")
    cost, quality = _settings(costs, qualities)

    def height(drawn: Array) -> float:
        x, y = hull(*np.split(drawn, 2))
        start = min(max(least_cost, float(x[0])), most_cost)
        return _integral(x, y, start, most_cost) / (most_cost - least_cost)

    return of_means(np.concatenate((cost, quality)), height, groups)


def hull(cost: Array, quality: Array) -> tuple[Array, Array]:
    """The corners of the non-decreasing upper convex hull of points, from the cheapest to the best (Andrew 1979)."""
    corners: list[tuple[float, float]] = []
    for at in np.lexsort((-quality, cost)):
        point = float(cost[at]), float(quality[at])
        if corners and point[1] <= corners[-1][1]:
            continue
        while len(corners) > 1 and _slope(corners[-2], corners[-1]) <= _slope(corners[-2], point):
            corners.pop()
        corners.append(point)
    x, y = zip(*corners, strict=True)
    return np.array(x), np.array(y)


def routerarena(accuracy: float, usd_per_1k: float) -> float:
    """RouterArena's score in 0 to 1 of a router with that accuracy in 0 to 1 and cost for 1,000 prompts (Lu et al.
    2025): the weighted harmonic mean of accuracy and of cost on a logarithmic scale from $200 to $0.0044, outside of
    which costs count as the nearer end."""
    usd = min(max(usd_per_1k, _CHEAPEST_USD_PER_1K), _DEAREST_USD_PER_1K)
    cheapness = math.log(_DEAREST_USD_PER_1K / usd) / math.log(_DEAREST_USD_PER_1K / _CHEAPEST_USD_PER_1K)
    both = _WEIGHT_OF_COST * accuracy + cheapness
    return (1 + _WEIGHT_OF_COST) * accuracy * cheapness / both if both else 0.0


def _apgr(rank: Array, weak: Array, strong: Array) -> Statistic:
    area, gain = _area(rank, strong - weak), strong - weak

    def recovered(weights: Array) -> float:
        gap = float((weights * gain).sum() / weights.sum())
        return area(weights) / gap if gap > _ROUNDING else math.nan

    return recovered


def _by_spend(system: tuple[ArrayLike, ArrayLike], ends: Ends) -> tuple[Array, Statistic]:
    """The rows whose means it takes, and how: costs, qualities, the two ends."""
    cost, quality = _settings(*system)
    rows = np.concatenate((cost, quality, columns(ends.weak_cost, ends.weak, ends.strong_cost, ends.strong)))

    def recovered(drawn: Array) -> float:
        x, y = np.split(drawn[:-4], 2)
        from_cost, from_quality, to_cost, to_quality = drawn[-4:]
        if to_quality - from_quality <= _ROUNDING or to_cost - from_cost <= _ROUNDING * abs(to_cost):
            return math.nan
        if x.min() > from_cost:
            x, y = np.append(x, from_cost), np.append(y, from_quality)
        if x.max() < to_cost:
            x, y = np.append(x, to_cost), np.append(y, to_quality)
        order = np.lexsort((y, x))
        height = _integral(x[order], y[order], from_cost, to_cost) / (to_cost - from_cost)
        return float((height - from_quality) / (to_quality - from_quality))

    return rows, recovered


def _difference(first: Statistic, second: Statistic) -> Statistic:
    return lambda weights: first(weights) - second(weights)


def _area(rank: Array, gain: Array) -> Statistic:
    """The area under the mean gain over the share of prompts that go to the strong model, highest rank first."""
    blocks = blocks_of(rank)

    def area(weights: Array) -> float:
        calls, gained = cumulated(blocks, weights, weights * gain)
        return float(np.trapezoid(gained, calls) / calls[-1] ** 2)

    return area


def _settings(costs: ArrayLike, qualities: ArrayLike) -> tuple[Array, Array]:
    cost, quality = np.asarray(costs, dtype=np.float64), np.asarray(qualities, dtype=np.float64)
    if cost.ndim != 2 or cost.shape != quality.shape or not cost.size:
        raise ValueError("costs and qualities need one row per setting and one column per prompt")
    columns(cost.ravel(), quality.ravel())
    return cost, quality


def _integral(x: Array, y: Array, low: float, high: float) -> float:
    """∫ y dx from `low` to `high` along a line whose `x` never falls; flat beyond its ends."""
    inside = (x > low) & (x < high)
    at = np.concatenate(([low], x[inside], [high]))
    height = np.concatenate((np.interp([low], x, y), y[inside], np.interp([high], x, y)))
    return float(np.trapezoid(height, at))


def _slope(start: tuple[float, float], end: tuple[float, float]) -> float:
    return (end[1] - start[1]) / (end[0] - start[0])
