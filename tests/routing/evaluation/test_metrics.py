"""Routers on paper: cases worked out by hand, and brute force for the rest."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.evaluation import metrics
from routing.evaluation.metrics import Ends

WEAK, STRONG = [1, 0, 0, 1], [1, 1, 0, 1]
"""Only the second prompt gains, so the gap is a quarter."""

scores = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=2, max_size=7)


def _random_order_area(rank: list[int], gain: list[int]) -> float:
    """The mean over all orders that respect the rank of the area under the gain, from its definition."""
    n, areas = len(rank), []
    for order in itertools.permutations(range(n)):
        if any(rank[a] < rank[b] for a, b in itertools.pairwise(order)):
            continue
        heights = [sum(gain[at] for at in order[:k]) / n for k in range(n + 1)]
        areas.append(sum((a + b) / 2 / n for a, b in itertools.pairwise(heights)))
    return sum(areas) / len(areas)


@pytest.mark.parametrize(
    ("rank", "area"),
    [
        ([0, 9, 0, 0], 0.875),  # the gain comes with the first call: 0 → 1 over the first quarter, then 1
        ([4, 1, 3, 2], 0.125),  # with the last
        ([4, 3, 2, 1], 0.625),  # with the second
        ([5, 5, 5, 5], 0.5),  # nobody knows when
        ([1, 1, 0, 0], 0.75),  # within the first half
    ],
)
def test_apgr_is_the_area_that_a_hand_draws(rank: list[float], area: float) -> None:
    assert metrics.apgr(rank, WEAK, STRONG).value == pytest.approx(area)


@settings(max_examples=25, deadline=None)
@given(scores)
def test_apgr_is_the_mean_over_all_orders(rows: list[tuple[int, bool, bool]]) -> None:
    rank, weak, strong = ([int(row[at]) for row in rows] for at in range(3))
    gain = [b - a for a, b in zip(weak, strong, strict=True)]
    found = metrics.apgr(rank, weak, strong).value
    if sum(gain) <= 0:
        assert found is None
    else:
        assert found == pytest.approx(_random_order_area(rank, gain) / (sum(gain) / len(gain)))


@settings(max_examples=25, deadline=None)
@given(scores)
def test_deferral_area_is_between_the_line_and_the_oracle(rows: list[tuple[int, bool, bool]]) -> None:
    sure, weak, strong = ([int(row[at]) for row in rows] for at in range(3))
    gain = [b - a for a, b in zip(weak, strong, strict=True)]
    found = metrics.deferral_area(sure, weak, strong).value
    line = sum(gain) / len(gain) / 2
    best = _random_order_area(gain, gain)
    if len(set(gain)) == 1:
        assert found is None
    else:
        seen = _random_order_area([-value for value in sure], gain)
        assert found == pytest.approx((seen - line) / (best - line))


def test_a_strong_model_that_is_not_better_leaves_nothing_to_recover() -> None:
    for figure in (metrics.apgr([1, 2, 3, 4], STRONG, WEAK), metrics.cpt([1, 2, 3, 4], WEAK, WEAK, 0.5)):
        assert (figure.value, figure.low, figure.high, figure.n) == (None, None, None, 4)


@pytest.mark.parametrize(
    ("rank", "recovered", "share"),
    [
        ([0, 9, 0, 0], 1.0, 0.25),
        ([0, 9, 0, 0], 0.5, 0.125),
        ([4, 3, 2, 1], 1.0, 0.5),
        ([4, 3, 2, 1], 0.5, 0.375),
        ([5, 5, 5, 5], 0.8, 0.8),
    ],
)
def test_cpt_is_the_least_share_that_recovers_so_much(rank: list[float], recovered: float, share: float) -> None:
    assert metrics.cpt(rank, WEAK, STRONG, recovered).value == pytest.approx(share)


def test_cpt_is_where_the_curve_first_gets_there() -> None:
    weak, strong = [0, 0, 1, 0], [1, 1, 0, 1]  # 1/4, 1/2, back to 1/4, 1/2: the whole gap is a half
    assert metrics.cpt([4, 3, 2, 1], weak, strong, 1.0).value == pytest.approx(0.5)
    weak, strong = [0, 0, 1, 0], [1, 1, 0, 0]  # 1/4, 1/2, back to 1/4: passed on the way up
    assert metrics.cpt([4, 3, 2, 1], weak, strong, 1.0).value == pytest.approx(0.25)


def test_sending_sends_the_highest_ranks_and_splits_ties() -> None:
    settings_ = metrics.sent([1, 3, 1, 2], points=5)
    assert settings_.tolist() == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 1], [0.5, 1, 0.5, 1], [1, 1, 1, 1]]


def _prompt_router(
    rank: list[float], weak: list[float], strong: list[float], cost: float
) -> tuple[np.ndarray, np.ndarray]:
    share = metrics.sent(rank, points=len(rank) + 1)
    return cost + share * (1 - cost), np.array(weak) + share * (np.array(strong) - np.array(weak))


def _ends(weak: list[float], strong: list[float], cost: float) -> Ends:
    return Ends([cost] * len(weak), weak, [1.0] * len(weak), strong)


def test_by_spend_a_prompt_router_gets_what_it_gets_by_calls() -> None:
    for rank in ([0, 9, 0, 0], [4, 3, 2, 1], [5, 5, 5, 5]):
        by_calls = metrics.apgr(rank, WEAK, STRONG)
        by_spend = metrics.apgr_spend(*_prompt_router(rank, WEAK, STRONG, 0.06), _ends(WEAK, STRONG, 0.06))
        assert by_spend.value == pytest.approx(by_calls.value)
        assert (by_spend.low, by_spend.high) == pytest.approx((by_calls.low, by_calls.high), nan_ok=True)


def test_by_spend_the_ends_are_joined_where_a_system_does_not_reach_them() -> None:
    n = 10
    weak, strong = [0.0] * n, [1.0] * n
    ends = Ends([0.0] * n, weak, [1.0] * n, strong)
    one_setting = np.full((1, n), 0.25), np.full((1, n), 0.75)
    assert metrics.apgr_spend(*one_setting, ends).value == pytest.approx(0.25 * 0.375 + 0.75 * 0.875)


def test_by_spend_what_a_cascade_asks_twice_is_paid_twice() -> None:
    """A perfect check of each weak answer: it costs the weak call everywhere, so the curve starts there, ends beyond
    the strong model's cost, and only what lies between the two ends counts."""
    weak, strong = [1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]
    costs = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, 1.5, 0.5, 1.5], [1.5, 1.5, 1.5, 1.5]])
    qualities = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 0, 1]])
    found = metrics.apgr_spend(costs, qualities, _ends(weak, strong, 0.5))
    # mean (cost, quality): (0.5, 0.5), (1, 1), (1.5, 0.75); PGR 0 → 2 over the whole way
    assert found.value == pytest.approx(1.0)


def test_by_spend_a_system_beyond_the_strong_models_cost_counts_up_to_it() -> None:
    weak, strong = [1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]
    costs, qualities = np.array([[0.5] * 4, [1.5] * 4]), np.array([weak, [1.0] * 4])
    found = metrics.apgr_spend(costs, qualities, _ends(weak, strong, 0.5))
    assert found.value == pytest.approx(0.75)  # 0.25 → 0.625 where the strong model has 0.5: PGR 0 → 1.5


def test_a_difference_is_of_the_same_draws() -> None:
    generator = np.random.default_rng(5)
    weak = (generator.random(200) < 0.5).astype(float)
    strong = (generator.random(200) < 0.8).astype(float)
    good, same = strong - weak + generator.normal(0, 0.5, 200), np.zeros(200)
    apart = metrics.apgr_difference(good, same, weak, strong)
    alone = metrics.apgr(good, weak, strong)
    assert apart.value == pytest.approx((alone.value or 0) - 0.5)
    assert apart.low is not None
    assert apart.low > 0
    none = metrics.apgr_difference(good, good, weak, strong)
    assert (none.value, none.low, none.high) == (0, 0, 0)
    ends = Ends(np.full(200, 0.1), weak, np.ones(200), strong)
    systems = [
        (0.1 + share * 0.9, weak + share * (strong - weak)) for share in (metrics.sent(good), metrics.sent(same))
    ]
    spend = metrics.apgr_spend_difference(*systems, ends)
    assert (spend.value, spend.low, spend.high) == pytest.approx((apart.value, apart.low, apart.high), abs=0.01)


def test_the_curve_goes_from_the_cheapest_setting_to_the_dearest() -> None:
    costs = [[3.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    qualities = [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    points = metrics.curve(costs, qualities)
    assert [(point.cost, point.quality.value) for point in points] == [
        (0.5, 0.0),
        (0.5, 0.5),
        (1.0, 0.0),
        (2.0, 1.0),
    ]
    assert (points[1].quality.low, points[1].quality.high) == (0.0, 1.0)
    assert (points[3].quality.low, points[3].quality.high) == (1.0, 1.0)


points_ = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=7)


def _height_by_brute_force(points: list[tuple[int, int]], cost: float) -> float:
    """The best quality that mixing at most two points gives at that cost, wasting money allowed."""
    reached = [quality for at, quality in points if at <= cost]
    for (x1, y1), (x2, y2) in itertools.permutations(points, 2):
        if x1 < cost < x2:
            reached.append(y1 + (y2 - y1) * (cost - x1) / (x2 - x1))
    return max(reached)


@settings(max_examples=200, deadline=None)
@given(points_)
def test_the_hull_is_the_best_mixture_at_each_cost(points: list[tuple[int, int]]) -> None:
    x, y = metrics.hull(*np.array(points, dtype=float).T)
    assert np.all(np.diff(x) > 0)
    assert np.all(np.diff(y) > 0)
    for cost in np.linspace(min(at for at, _ in points), 9, 40):
        assert np.interp(cost, x, y) == pytest.approx(_height_by_brute_force(points, cost))


@settings(max_examples=20, deadline=None)
@given(points_)
def test_aiq_is_the_mean_height_of_the_hull(points: list[tuple[int, int]]) -> None:
    costs, qualities = ([[float(point[at])] for point in points] for at in range(2))
    grid = np.linspace(0, 10, 4001)
    start = min(at for at, _ in points)
    heights = [_height_by_brute_force(points, cost) if cost >= start else 0.0 for cost in grid]
    assert metrics.aiq(costs, qualities, 0.0, 10.0).value == pytest.approx(float(np.mean(heights)), abs=0.02)


def test_aiq_needs_a_range_of_costs() -> None:
    with pytest.raises(ValueError, match="least cost"):
        metrics.aiq([[1.0]], [[1.0]], 1.0, 1.0)


def test_routerarena_of_the_ends_and_of_the_middle() -> None:
    assert metrics.routerarena(0.5, 200) == 0
    assert metrics.routerarena(0.0, 0.0044) == 0
    assert metrics.routerarena(1.0, 0.0044) == pytest.approx(1)
    assert metrics.routerarena(1.0, 0.0) == pytest.approx(1)
    middle = math.sqrt(200 * 0.0044)  # halfway on the logarithmic scale
    assert metrics.routerarena(0.5, middle) == pytest.approx(1.1 * 0.25 / 0.55)
    assert metrics.routerarena(0.8, middle) == pytest.approx(1.1 * 0.4 / 0.58)


@pytest.mark.parametrize("columns", [([], []), ([1.0], [1.0, 0.0]), ([math.nan], [1.0]), ([[1.0]], [[1.0]])])
def test_columns_that_do_not_fit_are_refused(columns: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match=r"one row per prompt|no number"):
        metrics.apgr(columns[0], columns[1], columns[1])
    with pytest.raises(ValueError, match="one row per setting"):
        metrics.curve([1.0], [1.0])
