"""What is saved against always asking the strong model, by hand and in general."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.evaluation.metrics import Ends
from routing.evaluation.savings import saving

ONES = np.ones(4)
ENDS = Ends(0.1 * ONES, np.array([1.0, 0, 0, 0]), ONES, np.array([1.0, 1, 1, 0]))


def saved(costs: list[float], qualities: list[float], kept: float) -> float | None:
    shape = np.ones((1, 4))
    return saving(np.array(costs)[:, None] * shape, np.array(qualities)[:, None] * shape, ENDS, kept).value


def test_the_cheapest_setting_that_is_good_enough_counts() -> None:
    assert saved([0.2, 0.6, 0.9], [0.5, 0.75, 0.8], 1.0) == pytest.approx(0.4)
    assert saved([0.2, 0.6, 0.9], [0.5, 0.75, 0.8], 2 / 3) == pytest.approx(0.8)


def test_where_none_is_good_enough_nothing_is_saved() -> None:
    assert saved([0.2, 0.6], [0.5, 0.7], 1.0) == 0


def test_a_setting_that_costs_more_than_the_strong_model_saves_nothing() -> None:
    assert saved([1.3], [0.9], 1.0) == 0


def test_a_strong_model_that_is_free_cannot_be_saved_on() -> None:
    free = Ends(0 * ONES, ONES, 0 * ONES, ONES)
    assert saving(np.zeros((1, 4)), np.ones((1, 4)), free, 1.0).value is None


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1)), min_size=1, max_size=9), st.floats(0, 1), st.floats(0, 1))
def test_less_quality_never_saves_less(found: list[tuple[float, float]], one: float, other: float) -> None:
    costs, qualities = map(list, zip(*found, strict=True))
    less, more = sorted((one, other))
    low, high = saved(costs, qualities, less), saved(costs, qualities, more)
    assert low is not None
    assert high is not None
    assert 0 <= high <= low <= 1
