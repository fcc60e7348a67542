"""The arithmetic, by hand."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.learned.scoring import Logistic, Split, Standard, Trees, logit, sigmoid


def test_standard_scores_are_limited_and_a_constant_says_nothing() -> None:
    standard = Standard(array("f", [1, 1, 1, 1]), array("f", [2, 2, 2, 0]))
    assert standard.score([2, 99, -99, 99], 3) == [0.5, 3, -3, 0]


def test_a_regression_is_a_sum() -> None:
    grams = array("f", [0, 2, 0, -4])
    assert Logistic(0.5, grams, array("f", [1, 3])).score({1: 0.5, 3: 0.25}, [2, -1]) == 0.5 + 1 - 1 + 2 - 3
    assert Logistic(0.5, array("f"), array("f", [1, 3])).score({1: 0.5}, [2, -1]) == 0.5 + 2 - 3


def test_at_the_threshold_a_tree_goes_below() -> None:
    trees = Trees(10.0, (Split(1, 0.5, Split(0, 0.0, 1.0, 2.0), 4.0), 0.25))
    assert trees.score((0.0, 0.5)) == 11.25
    assert trees.score((0.1, 0.5)) == 12.25
    assert trees.score((0.0, 0.6)) == 14.25


@given(st.floats(-20, 20))
def test_log_odds_and_probability(log_odds: float) -> None:
    assert logit(sigmoid(log_odds)) == pytest.approx(log_odds, abs=1e-6)


def test_no_log_odds_are_too_large() -> None:
    assert 0 < sigmoid(-1e308) < 1e-12
    assert 1 - 1e-12 < sigmoid(float("inf")) < 1
