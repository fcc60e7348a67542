"""What a confidence is worth, by brute force over pairs and orders and by figures that were measured elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.evaluation import calibration

answers = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=7)


def _orders(sure: list[float]) -> list[tuple[int, ...]]:
    """All orders, surest first."""
    return [
        order
        for order in itertools.permutations(range(len(sure)))
        if all(sure[a] >= sure[b] for a, b in itertools.pairwise(order))
    ]


def _columns(rows: list[tuple[int, bool]]) -> tuple[list[float], list[int]]:
    return [sure / 4 for sure, _ in rows], [int(good) for _, good in rows]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=40))
def test_auroc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    sure, good = _columns(rows)
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for (a, is_good), (b, is_also) in itertools.product(zip(sure, good, strict=True), repeat=2)
        if is_good and not is_also
    ]
    figure = calibration.auroc(sure, good)
    assert figure.n == len(rows)
    if not pairs:
        assert (figure.value, figure.low, figure.high) == (None, None, None)
        return
    assert figure.value == pytest.approx(sum(pairs) / len(pairs))
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 1


def test_the_interval_of_auroc_is_that_of_the_paper() -> None:
    """Hanley and McNeil 1982, their example: 51 abnormal and 58 normal images, area 0.893, standard error 0.032."""
    ratings = {0: [33, 6, 6, 11, 2], 1: [3, 2, 2, 11, 33]}
    rows = [(rating, label) for label, counts in ratings.items() for rating, n in enumerate(counts) for _ in range(n)]
    figure = calibration.auroc([rating for rating, _ in rows], [label for _, label in rows])
    assert figure.value == pytest.approx(0.893, abs=0.0005)
    assert figure.low == pytest.approx(0.893 - 1.96 * 0.032, abs=0.002)
    assert figure.high == pytest.approx(0.893 + 1.96 * 0.032, abs=0.002)


@settings(max_examples=25, deadline=None)
@given(answers)
def test_aurc_and_augrc_are_means_over_all_orders(rows: list[tuple[int, bool]]) -> None:
    sure, good = _columns(rows)
    n, risk, joint = len(rows), [], []
    for order in _orders(sure):
        bad = [sum(1 - good[at] for at in order[:k]) for k in range(1, n + 1)]
        risk.append(sum(found / k for k, found in enumerate(bad, 1)) / n)
        joint.append(sum(found / n for found in bad) / n)
    assert calibration.aurc(sure, good).value == pytest.approx(np.mean(risk))
    assert calibration.augrc(sure, good).value == pytest.approx(np.mean(joint))


def test_drawing_an_answer_twice_counts_it_twice() -> None:
    """The interval of 2 answers can be counted out: both (half of the draws), the good one or the bad one twice."""
    figure = calibration.aurc([0.9, 0.1], [1, 0])
    assert (figure.value, figure.low, figure.high) == (0.25, 0.0, 1.0)


def test_brier_and_its_skill() -> None:
    sure, good = [0.9, 0.8, 0.4, 0.1], [1, 1, 0, 0]
    assert calibration.brier(sure, good).value == pytest.approx((0.01 + 0.04 + 0.16 + 0.01) / 4)
    assert calibration.brier_skill(sure, good).value == pytest.approx(1 - 0.055 / 0.25)
    assert calibration.brier_skill([0.5] * 4, good).value == pytest.approx(0)
    assert calibration.brier_skill(sure, [1] * 4).value is None


def test_ece_is_the_distance_in_bins_of_equal_mass() -> None:
    sure, good = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 4), [0, 0, 0, 1] + [0, 0, 1, 1] * 2 + [1] * 8
    by_hand = (abs(0.1 - 0.25) + abs(0.3 - 0.5) + abs(0.5 - 0.5) + abs(0.7 - 1) + abs(0.9 - 1)) / 5
    assert calibration.ece(sure, good).value == pytest.approx(by_hand)
    assert calibration.ece(sure, good, bins=1).value == pytest.approx(abs(0.5 - 0.65))


@settings(max_examples=100, deadline=None)
@given(st.permutations(list(range(20))), st.lists(st.booleans(), min_size=20, max_size=20))
def test_ece_does_not_depend_on_the_order_of_answers(order: list[int], good: list[bool]) -> None:
    sure = [at % 3 / 4 for at in range(20)]
    shuffled = calibration.ece([sure[at] for at in order], [good[at] for at in order])
    assert shuffled.value == pytest.approx(calibration.ece(sure, good).value)


def test_ece_of_a_constant_is_its_distance_from_the_base_rate() -> None:
    good = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert calibration.ece([0.7] * 10, good).value == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "bins"), [(299, 5), (300, 10)])
def test_few_answers_have_few_bins(n: int, bins: int) -> None:
    sure = (np.arange(n) + 0.5) / n
    good = np.arange(n) % 3 > 0
    assert calibration.ece(sure, good) == calibration.ece(sure, good, bins)


@pytest.mark.parametrize(
    ("n", "five", "ten"),
    [(20, 0.17, 0.26), (50, 0.12, 0.16), (100, 0.08, 0.11), (300, 0.045, 0.063), (1000, 0.024, 0.034)],
)
def test_the_floor_is_what_was_measured(n: int, five: float, ten: float) -> None:
    sure = 0.2 + 0.75 * (np.arange(n) + 0.5) / n
    assert calibration.ece_floor(sure, 5).value == pytest.approx(five, rel=0.1)
    assert calibration.ece_floor(sure, 10).value == pytest.approx(ten, rel=0.1)


def test_a_calibrated_confidence_lies_within_the_floor_and_another_does_not() -> None:
    generator = np.random.default_rng(7)
    sure = generator.random(1000)
    good = generator.random(1000) < sure
    floor = calibration.ece_floor(sure)
    assert floor.low is not None
    assert floor.high is not None
    assert floor.low <= (calibration.ece(sure, good).value or 0) <= floor.high
    assert (calibration.ece(sure**2, good).value or 0) > (calibration.ece_floor(sure**2).high or 1)


def test_shuffled_labels_say_nothing() -> None:
    generator = np.random.default_rng(8)
    figure = calibration.auroc(generator.random(2000), generator.random(2000) < 0.6)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0.5 < figure.high
    assert figure.high - figure.low < 0.06
