"""The ceiling on the cost of a successful answer: seldom a false alarm, soon a true one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.budget.success import ALPHA, LEAST_TURNS, Evidence, Outcome, weighed

CEILING = 1_000_000
TURNS, RUNS = 300, 500


def some_turns(rng: random.Random, per_success: float, turns: int = TURNS) -> list[Outcome]:
    """Turns whose successes cost `per_success` ceilings on average: costs vary (log-normally, as bills do), one turn in
    eight fails, and the sure ones are no dearer than the others."""
    found = []
    for n in range(1, turns + 1):
        success = 0.0 if rng.random() < 0.125 else rng.uniform(0.6, 1.0)
        mean = per_success * 0.7 * CEILING  # 7/8 × 0.8 of a success a turn
        found.append(Outcome(n, round(mean * rng.lognormvariate(-0.32, 0.8)), success))
    return found


def alarm_at(outcomes: list[Outcome]) -> int | None:
    """The first turn after which the route is frozen, looked for after every turn."""
    evidence = Evidence()
    for one in outcomes:
        evidence = weighed(evidence, [one], CEILING)
        if evidence.frozen:
            return evidence.turns
    return None


def test_false_alarms_stay_under_alpha_however_often_somebody_looks() -> None:
    """On the boundary of what is allowed, 1.5 times the ceiling, over 300 looks in each of 500 runs."""
    rng = random.Random(7)
    alarms = sum(alarm_at(some_turns(rng, 1.5)) is not None for _ in range(RUNS))
    assert alarms <= ALPHA * RUNS


def test_a_route_within_its_ceiling_is_left_alone() -> None:
    rng = random.Random(8)
    assert sum(alarm_at(some_turns(rng, 1.0)) is not None for _ in range(500)) <= 5


def test_three_times_the_ceiling_is_found_within_forty_turns() -> None:
    """The median run takes at most 20 turns, nineteen of twenty at most 40."""
    rng = random.Random(9)
    found = sorted(alarm_at(some_turns(rng, 3.0)) or TURNS for _ in range(500))
    assert found[0] >= LEAST_TURNS
    assert found[250] <= 20
    assert found[475] <= 40


def test_a_route_that_turns_dear_after_a_long_good_time_is_found() -> None:
    rng = random.Random(10)
    for _ in range(20):
        good, dear = some_turns(rng, 0.8, 500), some_turns(rng, 4.0, 100)
        evidence = weighed(Evidence(), good, CEILING)
        assert not evidence.frozen
        assert weighed(evidence, dear, CEILING).frozen


def test_what_is_frozen_stays_so_whatever_comes() -> None:
    frozen = weighed(Evidence(), [Outcome(n, 10 * CEILING, 1.0) for n in range(1, 9)], CEILING)
    assert frozen.frozen
    assert weighed(frozen, [Outcome(n, 0, 1.0) for n in range(9, 200)], CEILING) == frozen


def test_a_route_that_never_succeeds_is_found_by_what_it_costs() -> None:
    wasted = [Outcome(n, 2 * CEILING, 0.0) for n in range(1, 40)]
    assert alarm_at(wasted) == LEAST_TURNS
    free = [Outcome(n, 0, 0.0) for n in range(1, 400)]
    assert alarm_at(free) is None, "what fails and costs nothing is no matter of money"


def test_eight_turns_at_least_whatever_one_of_them_cost() -> None:
    dear = [Outcome(1, 10_000 * CEILING, 1.0), *(Outcome(n, CEILING, 1.0) for n in range(2, 20))]
    assert alarm_at(dear) == LEAST_TURNS


@given(st.lists(st.tuples(st.integers(0, 10 * CEILING), st.floats(0, 1)), max_size=60))
def test_the_wealth_stays_positive_and_a_frozen_route_stays_frozen(turns: list[tuple[int, float]]) -> None:
    evidence = Evidence()
    for n, (cost, success) in enumerate(turns, start=1):
        before = evidence
        evidence = weighed(evidence, [Outcome(n, cost, success)], CEILING)
        assert evidence.wealth > 0
        assert evidence.frozen >= before.frozen
        if before.frozen:
            assert evidence == before
    outcomes = [Outcome(n, cost, success) for n, (cost, success) in enumerate(turns, start=1)]
    assert weighed(Evidence(), outcomes, CEILING) == evidence, "in one look or in many"


@given(st.lists(st.tuples(st.integers(0, 10 * CEILING), st.floats(0, 1)), max_size=40), st.integers(0, CEILING))
def test_a_dearer_history_is_never_taken_better(turns: list[tuple[int, float]], more: int) -> None:
    cheap = weighed(Evidence(), [Outcome(n, cost, success) for n, (cost, success) in enumerate(turns)], CEILING)
    dear = weighed(Evidence(), [Outcome(n, cost + more, success) for n, (cost, success) in enumerate(turns)], CEILING)
    assert dear.frozen >= cheap.frozen


def test_what_a_success_has_cost() -> None:
    evidence = weighed(Evidence(), [Outcome(1, 300, 0.5), Outcome(2, 100, 0.25), Outcome(3, 50, 0.0)], CEILING)
    assert (evidence.success_nusd, evidence.turns, evidence.last) == (600, 3, 3)
    assert weighed(Evidence(), [Outcome(1, 300, 0.0)], CEILING).success_nusd == 300


@pytest.mark.parametrize("ceiling", [0, -1])
def test_a_ceiling_of_nothing_holds_nobody(ceiling: int) -> None:
    assert weighed(Evidence(), [Outcome(1, 5, 0.0)], ceiling) == Evidence()
