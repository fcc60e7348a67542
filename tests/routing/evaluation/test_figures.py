"""Intervals: that they cover, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from routing.evaluation.figures import DRAWS, Array, Statistic, bootstrap, means, of_means, proportion, resamples


def _mean(values: Array) -> Statistic:
    return lambda weights: float((weights * values).sum() / weights.sum())


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(3).normal(10, 2, 400)
    error = 1.96 * values.std() / 20
    for figure in (bootstrap(_mean(values), 400), of_means(values[None, :], lambda drawn: float(drawn[0]))):
        assert figure.value == pytest.approx(values.mean())
        assert figure.low == pytest.approx(values.mean() - error, abs=error / 8)
        assert figure.high == pytest.approx(values.mean() + error, abs=error / 8)
        assert figure.n == 400


def test_both_ways_draw_the_same_prompts() -> None:
    rows, groups = np.random.default_rng(4).random((2, 30)), ["a", "b", "c"] * 10
    one_by_one = [(weights * rows).sum(axis=1) / weights.sum() for weights in resamples(30, groups)]
    assert np.allclose(means(rows, groups), one_by_one)


def test_a_group_is_drawn_whole() -> None:
    groups = ["a"] * 3 + ["b"] * 2 + ["c"]
    draws = list(resamples(6, groups))
    assert len(draws) == DRAWS
    for weights in draws:
        assert len(set(weights[:3])) == len(set(weights[3:5])) == 1
        assert weights[0] + weights[3] + weights[5] == 3
    assert len({tuple(weights) for weights in draws}) == 10  # all ways to draw 3 of 3


def test_groups_that_are_alike_within_widen_the_interval() -> None:
    values, groups = np.repeat(np.arange(10.0), 20), np.repeat(np.arange(10), 20).tolist()
    alone, together = (of_means(values[None, :], lambda drawn: float(drawn[0]), by) for by in (None, groups))
    assert alone.low is not None
    assert together.low is not None
    assert together.low < alone.low - 1


def test_the_same_input_gives_the_same_interval() -> None:
    values = np.arange(50.0)[None, :]
    assert of_means(values, lambda drawn: float(drawn[0])) == of_means(values, lambda drawn: float(drawn[0]))


@pytest.mark.parametrize(("n", "groups"), [(1, None), (4, ["a"] * 4)])
def test_one_prompt_or_one_group_has_no_interval(n: int, groups: list[str] | None) -> None:
    for figure in (bootstrap(lambda _: 1.0, n, groups), of_means(np.ones((1, n)), lambda drawn: drawn[0], groups)):
        assert (figure.value, figure.low, figure.high) == (1.0, None, None)


def test_a_statistic_that_is_often_undefined_has_no_interval() -> None:
    often = bootstrap(lambda weights: 1.0 if weights[0] else float("nan"), 10)
    assert (often.value, often.low, often.high) == (1.0, None, None)
    never = bootstrap(lambda _: float("nan"), 10)
    assert (never.value, never.low, never.high, never.n) == (None, None, None, 10)


def test_each_prompt_needs_a_group() -> None:
    with pytest.raises(ValueError, match="group"):
        list(resamples(3, ["a"]))


def test_a_proportion_has_wilsons_interval() -> None:
    figure = proportion([1] * 10 + [0] * 90)
    assert (figure.value, figure.n) == (0.1, 100)
    assert figure.low == pytest.approx(0.0552, abs=1e-4)  # by hand: (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    assert figure.high == pytest.approx(0.1744, abs=1e-4)
