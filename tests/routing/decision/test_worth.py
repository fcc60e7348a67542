"""What going on is worth, against a turn that is played out call by call."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.decision.decide import decide
from routing.decision.model import Decision, World
from routing.decision.worth import CARRIED, KEPT, MIN_GAIN, NOTICED, SKIP, Call, best_start, needed, starts
from tests.fakes import DOLLAR, a_model, a_policy, a_registry, a_route, a_rung, a_snapshot, some_features
from tests.routing.decision.worlds import Asked, cases

VALUE = 20_000_000
chances = st.floats(0.02, 0.98)
calls = st.builds(Call, chances, st.floats(0, VALUE))
many = settings(max_examples=300, deadline=None)


def played(ladder: list[Call]) -> float:
    """The mean over everything that can happen: is this answer right, and is that seen?"""
    total = 0.0
    for fates in product(["right kept", "right doubted", "wrong kept", "wrong doubted"], repeat=len(ladder)):
        chance, won, paid, done = 1.0, 0.0, 0.0, False
        for at, (call, fate) in enumerate(zip(ladder, fates, strict=True)):
            right = fate.startswith("right")
            seen = KEPT if right else 1 - NOTICED
            chance *= (call.quality if right else 1 - call.quality) * (seen if fate.endswith("kept") else 1 - seen)
            if not done:
                paid += call.price_nusd
                done = fate.endswith("kept") or at == len(ladder) - 1
                won = VALUE if right else 0.0
        total += chance * (won - paid)
    return total


@many
@given(st.lists(calls, min_size=1, max_size=4))
def test_a_ladder_is_worth_what_playing_it_gives_on_average(ladder: list[Call]) -> None:
    worth = starts(ladder, VALUE)
    for at in range(len(ladder)):
        assert worth[at] == pytest.approx(played(ladder[at:]), rel=1e-9, abs=1e-3)


@many
@given(st.lists(calls, min_size=1, max_size=4))
def test_one_begins_on_the_lowest_rung_that_nothing_above_clearly_beats(ladder: list[Call]) -> None:
    worth, start = starts(ladder, VALUE), best_start(ladder, VALUE)
    assert max(worth[start:]) - worth[start] <= SKIP * VALUE
    assert all(max(worth[at:]) - worth[at] > SKIP * VALUE for at in range(start))


@many
@given(chances, st.lists(calls, min_size=1, max_size=3))
def test_an_answer_stays_from_where_no_call_gains_its_price(quality: float, above: list[Call]) -> None:

    def gains(confidence: float, call: Call) -> bool:
        odds = log(call.quality / (1 - call.quality)) + CARRIED * (
            log(confidence / (1 - confidence)) - log(quality / (1 - quality))
        )
        return (1 / (1 + exp(-odds)) - confidence) * VALUE > call.price_nusd + MIN_GAIN * VALUE

    threshold = needed(quality, above, VALUE)
    if threshold is None:
        assert not any(gains(confidence, call) for confidence in (0.3, 0.5, 0.9) for call in above)
    elif 0.02 < threshold < 0.97:
        assert any(gains(threshold - 0.01, call) for call in above)
        assert not any(gains(threshold + 0.01, call) for call in above)


@many
@given(chances, calls, st.floats(1, 3))
def test_a_dearer_call_is_made_less_often(quality: float, call: Call, times: float) -> None:
    dearer = Call(call.quality, call.price_nusd * times)
    assert (needed(quality, [dearer], VALUE) or 0) <= (needed(quality, [call], VALUE) or 0)


GAIN = [replace(a_rung("small"), gain=True), replace(a_rung("mid"), gain=True), a_rung("large")]


def decided(value_nusd: int = DOLLAR // 10, pressure: float = 0.0, **qualities: float) -> Decision:
    policy = a_policy(a_route(*GAIN), value_nusd=value_nusd)
    registry = a_registry(*(a_model(f"north/{tier}", quality=p) for tier, p in qualities.items()))
    snapshot = a_snapshot(policy, registry)
    snapshot = replace(snapshot, budget=replace(snapshot.budget, pressure=pressure))
    return decide(some_features(complexity=0.0, output_tokens=2_000), World(policy, registry), snapshot)


def test_the_values_say_how_many_rungs_there_are() -> None:
    three = decided(small=0.5, mid=0.75, large=0.95)
    assert [rung.name for rung in three.ladder] == ["small", "mid", "large"]
    assert 0.4 < (three.ladder[0].threshold or 0) < 0.9
    two = decided(small=0.5, mid=0.5, large=0.95)
    assert [rung.name for rung in two.ladder] == ["small", "large"]
    assert [rung.name for rung in two.below] == ["mid"], "it stands in when the others are down"
    one = decided(DOLLAR // 100, small=0.95, mid=0.5, large=0.96)
    assert one.ladder[0].threshold == 0.3, "nothing above could earn its price: only the floor is left"


def test_what_is_worth_little_climbs_little() -> None:
    values = (10**6, 10**7, 10**8)
    least = [decided(value, small=0.5, mid=0.75, large=0.95).ladder[0].threshold or 0 for value in values]
    assert least == sorted(least)
    assert least[0] < least[-1]


@many
@given(cases(), st.floats(0, 5))
def test_pressure_lowers_what_an_answer_needs_and_changes_nobody(asked: Asked, more: float) -> None:
    features, world, snapshot = asked
    pressed = replace(snapshot, budget=replace(snapshot.budget, pressure=snapshot.budget.pressure + more))
    before, after = decide(features, world, snapshot), decide(features, world, pressed)
    firsts = [[rung.models[0] for rung in decision.ladder] for decision in (before, after)]
    if any(rung.gain for rung in world.policy.route(before.route).ladder) and firsts[0] == firsts[1]:
        for rung, other in zip(before.ladder, after.ladder, strict=True):
            assert (other.threshold or 0) <= (rung.threshold or 0)


def test_money_that_goes_fast_asks_for_less() -> None:
    calm, pressed = (decided(10**8, pressure, small=0.5, mid=0.75, large=0.95) for pressure in (0.0, 2.0))
    assert (pressed.ladder[0].threshold or 0) < (calm.ladder[0].threshold or 0)
