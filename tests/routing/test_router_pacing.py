"""Spend that is slowed and routes that are frozen, as a turn meets them."""

from __future__ import annotations

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.ledger.journal import Journal
from routing.messages import Usage
from tests.fakes import (
    CASCADE,
    DOLLAR,
    HELLO,
    LARGE,
    MID,
    NOON,
    SMALL,
    Line,
    a_line,
    a_policy,
    a_route,
    a_rung,
    days,
    only,
    says,
    told,
)
from tests.routing.budget.past import Still, spent, usual_days

pytestmark = pytest.mark.usefixtures("scripted_confidence")

CAP = Caps(DOLLAR)


async def asked(line: Line) -> list[object]:
    """A turn, then time for the look that follows it, and a minute more."""
    events = await line.ask(HELLO)
    await line.router.aclose()
    line.clock.pass_s(60.0)
    return events


def steps(events: list[object]) -> list[int]:
    return [event.step for event in only(events, ev.Throttled)]


async def test_spend_out_of_proportion_is_slowed_step_by_step_and_each_is_told_once(journal: Journal) -> None:
    usual_days(journal.store, 1_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    line = a_line(journal, {SMALL: [says("a")]}, caps=CAP, clock=Still())
    found = [steps(await asked(line)) for _ in range(6)]
    assert found == [[], [1], [2], [3], [], []], "a spike alone takes no model away"
    (decided,) = only(await asked(line), ev.RouteDecided)
    assert decided.snapshot.budget.throttle == 3
    assert decided.snapshot.budget.pressure > 0


async def test_a_day_on_course_past_its_cap_ends_on_what_is_free(journal: Journal) -> None:
    usual_days(journal.store, 1_000_000)
    for hours in (18, 20, 22):
        for day in range(1, 6):
            spent(journal.store, NOON - day * 86_400.0 + (hours - 12) * 3_600.0, DOLLAR // 4)
    spent(journal.store, NOON, DOLLAR // 2)
    scripts = {LARGE: [says("Large.")], SMALL: [says("Small.")], "home/local": [says("Free.")]}
    policy = a_policy(a_route(a_rung("large"), a_rung("small"), a_rung("local")))
    line = a_line(journal, scripts, policy, caps=CAP, clock=Still())
    models = [told(await asked(line)).model for _ in range(7)]
    assert models == [LARGE, LARGE, LARGE, LARGE, SMALL, "home/local", "home/local"]


async def test_a_profile_may_be_left_alone(journal: Journal) -> None:
    usual_days(journal.store, 1_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    line = a_line(journal, {SMALL: [says("a")]}, a_policy(CASCADE, throttle=False), caps=CAP, clock=Still())
    assert [steps(await asked(line)) for _ in range(4)] == [[], [], [], []]


async def test_it_is_let_go_and_that_is_told(journal: Journal) -> None:
    usual_days(journal.store, 1_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    line = a_line(journal, {SMALL: [says("a")]}, caps=CAP, clock=Still())
    for _ in range(3):
        await asked(line)
    line.clock.pass_s(3_600.0)
    events = await asked(line)
    assert steps(events) == [0]
    assert only(events, ev.Throttled)[0].does == "Spend is no longer slowed"


async def test_a_route_whose_successes_cost_too_much_climbs_no_more(journal: Journal) -> None:
    """Its small answers are weak, so that each turn climbs to the large model, for far more than the ceiling."""
    route = a_route(a_rung("small", 0.8), a_rung("mid", 0.8), a_rung("large"), success_nusd=100_000)
    scripts = {
        SMALL: [says("A guess.", score=0.5)],
        MID: [says("Better.", score=0.6)],
        LARGE: [says("Sure.", usage=Usage(0, 100, reported=True))],
    }
    line = a_line(journal, scripts, a_policy(route, throttle=False), clock=Still())
    models, frozen = [], []
    for _ in range(12):
        events = await asked(line)
        models.append(told(events).model)
        frozen += only(events, ev.RouteFrozen)
    assert models == [LARGE] * 8 + [SMALL] * 4
    (one,) = frozen
    assert (one.route, one.ceiling_nusd, one.turns) == ("main", 100_000, 8)
    spend = sum(spent_nusd for spent_nusd, _ in days(journal.store).values())
    assert one.success_nusd > 1.5 * one.ceiling_nusd
    assert spend > 8 * one.ceiling_nusd


async def test_a_preview_tells_nothing_and_uses_nothing_up(journal: Journal) -> None:
    usual_days(journal.store, 1_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    line = a_line(journal, {SMALL: [says("a")]}, caps=CAP, clock=Still())
    await asked(line)
    assert line.router.explain(HELLO).snapshot.budget.throttle == 1
    assert steps(await asked(line)) == [1]
