"""Logistic regression with a prior, and what is believed after each stage."""

from __future__ import annotations

import numpy as np
import pytest

from routing.evaluation.stages import SIGNS, Right, Turns, Weights, believed, map_logistic, probability

WIDE = Weights((0.0, 0.0), (100.0, 100.0))


def drawn(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 2))
    return x, (generator.random(n) < probability(0.5 + x @ np.array([1.5, -0.7]))).astype(np.float64)


def test_with_a_wide_prior_it_is_the_likeliest() -> None:
    x, y = drawn(20_000)
    found = map_logistic(x, y, WIDE)
    assert found == pytest.approx([0.5, 1.5, -0.7], abs=0.06)
    p = probability(found[0] + x @ found[1:])
    assert np.abs(np.column_stack((np.ones(len(x)), x)).T @ (y - p)).max() < 0.01


def test_few_rows_move_a_narrow_prior_little() -> None:
    x, y = drawn(5)
    assert map_logistic(x, y, Weights((0.9, 0.2), (0.01, 0.01)))[1:] == pytest.approx([0.9, 0.2], abs=0.01)


def test_at_the_maximum_the_data_and_the_prior_pull_alike() -> None:
    x, y = drawn(300)
    prior = Weights((0.3, 0.1), (0.2, 0.5))
    found = map_logistic(x, y, prior)
    pull = x.T @ (y - probability(found[0] + x @ found[1:])) - (found[1:] - prior.mean) / np.square(prior.sd)
    assert np.abs(pull).max() < 1e-4


@pytest.mark.parametrize("only", [0.0, 1.0])
def test_rows_of_one_kind_give_finite_weights(only: float) -> None:
    x, _ = drawn(50)
    assert np.isfinite(map_logistic(x, np.full(50, only), WIDE)).all()


def turns(n: int, seed: int = 4) -> tuple[Turns, Right]:
    """The weak answer's text and the agreement tell how good it is; the prompt does not."""
    generator = np.random.default_rng(seed)
    weak, strong, second = ((generator.random(n) < rate).astype(np.float64) for rate in (0.5, 0.8, 0.6))
    zeros = np.zeros(n)
    return (
        Turns(
            weak_before=zeros,
            strong_before=zeros + 1.4,
            weak_text=3 * weak - 1.5 + generator.normal(size=n),
            signs=generator.normal(size=(n, SIGNS)),
            second_text=2 * second - 1 + generator.normal(size=n),
            agreement=np.where((weak == 1) & (second == 1), 1.0, -1.0),
            weak_mute=zeros,
            second_mute=zeros,
        ),
        Right(weak, strong, second),
    )


def test_each_stage_knows_more_than_the_one_before() -> None:
    seen, right = turns(2_000)
    taught, tested = np.arange(1_000), np.arange(1_000, 2_000)
    found = believed(seen, right, taught)(tested)
    stages = (found.before, found.after_weak, found.after_second)
    errors = [((stage.weak - right.weak[tested]) ** 2).mean() for stage in stages]
    assert errors[0] > errors[1] + 0.1
    assert errors[1] > errors[2] + 0.01
    assert found.if_agreed.weak.mean() > found.if_not.weak.mean() + 0.1
    assert found.taught is not None
    assert len(found.taught.agree) == len(taught)


def test_what_is_believed_rests_on_the_taught_rows_alone() -> None:
    seen, right = turns(400)
    taught, tested = np.arange(200), np.arange(200, 400)
    other = Right(*(np.where(np.arange(400) < 200, column, 1 - column) for column in right))
    one, two = believed(seen, right, taught)(tested), believed(seen, other, taught)(tested)
    assert np.array_equal(one.after_second.weak, two.after_second.weak)
    assert one.taught is not None
    assert two.taught is not None
    assert np.array_equal(one.taught.after_second.weak, two.taught.after_second.weak)
