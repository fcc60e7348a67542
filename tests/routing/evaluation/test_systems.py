"""Whole turns: what is asked, what it costs, and that asking pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.evaluation.costs import Costs
from routing.evaluation.stages import Beliefs, Right
from routing.evaluation.systems import SYSTEMS, VALUES, Run, System, run, run_cut, run_gain, run_prompt
from routing.evaluation.worth import Trial, of_system

N = 400


def costs(n: int = N, ratio: float = 0.1, second: float = 0.2) -> Costs:
    return Costs(np.full(n, ratio), np.ones(n), np.full(n, second), None, "")


def world(seed: int = 5) -> tuple[list[tuple[np.ndarray, Beliefs]], Right]:
    """Beliefs that are true: each answer is right with the probability that is believed at the end."""
    draw = np.random.default_rng(seed)
    weak_after, second = draw.random(N), draw.random(N)
    strong = np.full(N, 0.9)
    agree = np.full(N, 0.5)
    spread = np.minimum(weak_after, 1 - weak_after)
    agreed = draw.random(N) < 0.5
    last = np.where(agreed, weak_after + spread, weak_after - spread)
    beliefs = Beliefs(
        before=Right(np.full(N, 0.5), strong, second),
        after_weak=Right(weak_after, strong, second),
        agree=agree,
        if_agreed=Right(weak_after + spread, strong, second),
        if_not=Right(weak_after - spread, strong, second),
        after_second=Right(last, strong, second),
    )
    right = Right(*((draw.random(N) < p).astype(np.float64) for p in (last, strong, second)))
    return [
        (np.arange(0, N, 2), _of(beliefs, slice(0, N, 2))),
        (np.arange(1, N, 2), _of(beliefs, slice(1, N, 2))),
    ], right


def _of(beliefs: Beliefs, at: slice) -> Beliefs:
    outlooks = ("before", "after_weak", "if_agreed", "if_not", "after_second")
    cut = {name: Right(*(column[at] for column in getattr(beliefs, name))) for name in outlooks}
    return Beliefs(**cut, agree=beliefs.agree[at], taught=beliefs)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_worthless_answers_stay_weak_and_priceless_ones_go_up(system: System) -> None:
    parts, right = world()
    cheap, dear = (run(system, value, parts, costs(second=0.4), right) for value in (VALUES[0], VALUES[-1]))
    assert (cheap.cost == 0.1).all()
    assert np.array_equal(cheap.quality, right.weak)
    assert dear.quality.mean() >= right.strong.mean() - 0.03


@pytest.mark.parametrize("value", [2.0, 5.0, 20.0])
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_every_call_is_paid_for(system: System, value: float) -> None:
    parts, right = world()
    done = run(system, value, parts, costs(), right)
    allowed = {0.1, 1.0, 1.1} | ({0.3, 1.3} if system.second else set())
    paid = {round(float(cost), 6) for cost in done.cost}
    assert paid <= allowed
    assert bool(paid & {0.3, 1.3}) == system.second
    assert np.array_equal(done.started_strong, np.isclose(done.cost, 1.0))
    assert not (done.started_strong & done.escalated).any()
    assert np.array_equal(done.quality[done.escalated], right.strong[done.escalated])
    kept = ~done.escalated & ~done.started_strong
    answers = (right.weak, right.second) if system.keeps_second else (right.weak,)
    assert all(any(done.quality[n] == column[n] for column in answers) for n in np.flatnonzero(kept))


def foreseen(gain: np.ndarray, told: float) -> tuple[list[tuple[np.ndarray, Beliefs]], Right]:
    """The prompt tells the gain; the weak answer changes nothing; the second moves it by `told` either way."""
    weak = 0.9 - gain
    strong, second = np.full(N, 0.9), np.full(N, 0.5)
    now = Right(weak, strong, second)
    beliefs = Beliefs(
        before=now,
        after_weak=now,
        agree=np.full(N, 0.5),
        if_agreed=Right(weak + told, strong, second),
        if_not=Right(weak - told, strong, second),
        after_second=Right(np.where(np.arange(N) % 2 == 0, weak + told, weak - told), strong, second),
    )
    return [(np.arange(N), replace(beliefs, taught=beliefs))], now


def test_a_weak_answer_that_would_be_replaced_anyway_is_not_asked_for() -> None:
    parts, right = foreseen(np.repeat([0.0, 0.5], N // 2), told=0.0)
    for system in SYSTEMS.values():
        assert np.array_equal(run(system, 4.0, parts, costs(), right).started_strong, np.repeat([False, True], N // 2))


def test_the_strong_model_waits_where_a_second_opinion_may_spare_it() -> None:
    parts, right = foreseen(np.full(N, 0.4), told=0.4)
    cheap = costs(second=0.01)
    assert run(SYSTEMS["answer"], 4.0, parts, cheap, right).started_strong.all()
    assert not run(SYSTEMS["agree"], 4.0, parts, cheap, right).started_strong.any()


def utility(done: Run, value: float) -> float:
    return float((value * done.quality - done.cost).mean())


@pytest.mark.parametrize("value", [3.0, 6.0])
def test_a_second_opinion_pays_where_it_may_be_asked(value: float) -> None:
    both = [
        [utility(run(SYSTEMS[name], value, parts, costs(second=0.02), right), value) for name in ("answer", "agree")]
        for parts, right in map(world, range(20))
    ]
    without, with_it = np.mean(both, axis=0)
    assert with_it > without


def test_a_second_opinion_that_costs_more_than_it_can_bring_is_not_asked() -> None:
    parts, right = world()
    dear = costs(second=1.0)
    for value in VALUES[:20]:  # a right answer is worth less than two strong calls
        assert np.array_equal(
            run(SYSTEMS["agree"], value, parts, dear, right).cost,
            run(SYSTEMS["answer"], value, parts, dear, right).cost,
        )


@pytest.mark.parametrize("value", [1.5, 3.0, 10.0])
def test_expected_gain_is_not_below_a_fixed_cut_where_beliefs_are_true(value: float) -> None:
    runs = [
        [utility(run_gain(value, parts, costs(), right), value)]
        + [utility(run_cut(cut, parts, costs(), right), value) for cut in (0.8, 0.7)]
        for parts, right in map(world, range(20))
    ]
    gain, *cuts = np.mean(runs, axis=0)
    assert gain >= max(cuts) - 0.01 * value


def test_a_cut_sends_up_what_is_below_it() -> None:
    parts, right = world()
    done = run_cut(0.7, parts, costs(), right)
    confidence = np.empty(N)
    for rows, beliefs in parts:
        confidence[rows] = beliefs.after_weak.weak
    assert np.array_equal(done.escalated, confidence < 0.7)
    assert np.allclose(done.cost, np.where(done.escalated, 1.1, 0.1))


def test_the_prompt_alone_sends_up_what_gains_more_than_it_costs() -> None:
    _, right = world()
    gain = np.linspace(-1, 1, N)
    done = run_prompt(3.0, gain, costs(), right)
    assert np.array_equal(done.started_strong, gain > 0.9 / 3)
    assert np.array_equal(done.cost, np.where(gain > 0.3, 1.0, 0.1))
    assert np.array_equal(done.quality, np.where(gain > 0.3, right.strong, right.weak))


def test_a_system_that_expects_no_more_gain_does_not_spend_the_rest_of_a_budget() -> None:
    """It is sure of every right answer, so it reaches the best quality at part of always-strong's cost and stays."""
    weak, strong = np.tile([1.0, 0.0, 0.0, 1.0], 100), np.tile([1.0, 1.0, 1.0, 0.0], 100)
    right = Right(weak, strong, np.zeros(N))
    runs = [run_prompt(value, strong - weak, costs(), right) for value in VALUES]
    found = of_system(runs, runs, Trial(weak, strong, costs(), None))
    # From (0.1, 0.5) straight to (0.55, 1.0), then level to (1.0, 1.0); the gap is 0.25.
    assert found["apgr_spend"].value == pytest.approx((0.5 * 0.5 + 0.5) / 2 / 0.25)
    assert found["saving_no_loss"].value == pytest.approx(0.45)
    assert found["over_prompt"].value == 0
    assert found["escalation_rate"].value == 0
