"""What neighbours say of each model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.strategies.neighbours.estimate import estimate, novelty
from routing.strategies.neighbours.index import Near

shares = st.floats(0, 1)
neighbours = st.lists(
    st.builds(
        Near, st.just("turn"), shares, st.dictionaries(st.sampled_from(["small", "large"]), shares), st.floats(0, 9)
    ),
    max_size=8,
)


def test_is_the_formula() -> None:
    near = (Near("a", 1.0, {"small": 1.0}), Near("b", 0.5, {"small": 0.0, "large": 0.5}, weight=2.0))
    found = estimate(near, {"small": 0.4, "large": 0.9, "new": 0.7}, ("small", "large", "new"))
    assert found == pytest.approx({"small": (1 + 0 + 0.4) / (1 + 0.5 + 1), "large": (0.25 + 0.9) / 1.5, "new": 0.7})


@given(neighbours, shares)
def test_lies_between_the_mean_and_what_was_met(near: list[Near], mean: float) -> None:
    met = [one.outcomes["small"] for one in near if "small" in one.outcomes]
    found = estimate(near, {"small": mean}, ["small"])["small"]
    assert min([mean, *met]) - 1e-9 <= found <= max([mean, *met]) + 1e-9


@given(neighbours, shares)
def test_one_more_acceptance_never_lowers_it(near: list[Near], mean: float) -> None:
    before = estimate(near, {"small": mean}, ["small"])["small"]
    after = estimate([*near, Near("more", 0.8, {"small": 1.0})], {"small": mean}, ["small"])["small"]
    assert after >= before - 1e-9


@given(neighbours)
def test_novelty_falls_with_the_best_likeness(near: list[Near]) -> None:
    assert novelty(near) == 1 - max((one.likeness for one in near), default=0.0)
