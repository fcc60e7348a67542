"""Looks at the ledger: what they find there, and that each change is told once."""

from __future__ import annotations

import asyncio

import pytest

from routing.budget.caps import Caps
from routing.budget.pace import QUARTERS
from routing.clock import local_quarter
from routing.execution.pacing import Pacing
from routing.ledger.journal import Journal
from routing.ledger.spending import OUTCOMES, read_pace, read_past_days, read_route_outcomes
from routing.ledger.store import Store
from routing.policy.model import Policy
from tests.fakes import DOLLAR, NOON, a_policy, a_route, a_rung
from tests.routing.budget.past import DAY_S, Still, spent, usual_days

CAPS = Caps(DOLLAR, DOLLAR)


def a_guarded(success_nusd: int) -> Policy:
    return a_policy(a_route(a_rung("small"), success_nusd=success_nusd), throttle=False)


async def look(pacing: Pacing, policy: Policy, *, simulated: bool = False) -> None:
    pacing.refresh_soon(policy, CAPS, simulated)
    await pacing.settled()


# What is read


def test_the_past_days_by_quarters_of_the_local_day(store: Store) -> None:
    usual_days(store, 7, days=30)
    spent(store, NOON - DAY_S, 5)
    spent(store, NOON - DAY_S, 100, simulated=True)
    spent(store, NOON - 60, 1_000)
    days = store.read(lambda db: read_past_days(db, NOON, False))
    assert [sum(day) for day in days] == [12] + [7] * 27, "28 of them, today is none"
    assert all(len(day) == QUARTERS for day in days)
    assert days[0][local_quarter(NOON)] == 12


def test_the_pace_weighs_what_was_settled_by_its_age(store: Store) -> None:
    spent(store, NOON - 900, 1_000_000)
    spent(store, NOON, 500_000)
    spent(store, NOON, None)
    spent(store, NOON + 60, 77)
    spent(store, NOON - 3 * 3_600, 10**9)
    spent(store, NOON, 10**9, simulated=True)
    pace = store.read(lambda db: read_pace(db, NOON, False, ()))
    assert pace.recent_nusd == pytest.approx(1_000_000 / 2.718281828 + 500_000)


def test_outcomes_are_those_of_turns_that_ended_by_themselves(store: Store) -> None:
    spent(store, NOON, 10, confidence=0.5)
    spent(store, NOON, 20, status="degraded", confidence=0.9)
    spent(store, NOON, 30, status="failed", confidence=None)
    spent(store, NOON, 40, status="cancelled")
    spent(store, NOON, 50, policy="another")
    spent(store, NOON, 60, simulated=True)
    spent(store, NOON, 70)
    spent(store, NOON, 80, status=None)
    spent(store, NOON, 90)
    found = store.read(lambda db: read_route_outcomes(db, "h", "main", False))
    assert [(one.cost_nusd, one.success) for one in found] == [(10, 0.5), (20, 0.0), (30, 0.0), (70, 0.8)]
    later = store.read(lambda db: read_route_outcomes(db, "h", "main", False, found[1].n))
    assert later == found[2:]


# What follows


async def test_a_spike_is_told_once_and_each_kind_of_money_has_its_own(journal: Journal) -> None:
    clock, policy = Still(), a_policy()
    pacing = Pacing(journal, clock)
    usual_days(journal.store, 10_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    assert pacing.now(policy, False).throttle.step == 0
    await look(pacing, policy)
    await look(pacing, policy, simulated=True)
    paced = pacing.now(policy, False)
    assert (paced.throttle.step, pacing.now(policy, True).throttle.step) == (1, 0)
    assert paced.throttle.pressure > 0
    told, frozen = pacing.news(paced, policy, False)
    assert (told, frozen) == (paced.throttle, ())
    assert told is not None
    assert "an hour are spent now" in told.why
    assert pacing.news(pacing.now(policy, False), policy, False) == (None, ())
    assert pacing.now(a_policy(throttle=False), False).throttle.step == 0


async def test_there_is_one_look_a_minute(journal: Journal) -> None:
    clock, policy = Still(), a_policy()
    pacing = Pacing(journal, clock)
    usual_days(journal.store, 10_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    steps = []
    for _ in range(5):
        await look(pacing, policy)
        steps.append(pacing.now(policy, False).throttle.step)
        clock.pass_s(30)
    assert steps == [1, 1, 2, 2, 3]


async def test_it_is_let_go_when_nothing_more_is_spent_and_that_is_told(journal: Journal) -> None:
    clock, policy = Still(), a_policy()
    pacing = Pacing(journal, clock)
    usual_days(journal.store, 10_000_000)
    spent(journal.store, NOON, DOLLAR // 4)
    await look(pacing, policy)
    pacing.news(pacing.now(policy, False), policy, False)
    clock.pass_s(3 * 3_600)
    paced = pacing.now(policy, False)
    told, _ = pacing.news(paced, policy, False)
    assert told is not None
    assert (told.step, told.does) == (0, "Spend is no longer slowed")
    await look(pacing, policy)
    assert pacing.now(policy, False).throttle.step == 0


async def test_a_route_is_frozen_from_the_ledger_alone_until_its_profile_changes(journal: Journal) -> None:
    clock, policy = Still(), a_guarded(1_000)
    for n in range(OUTCOMES + 40):
        spent(journal.store, NOON, 800 if n < OUTCOMES else 4_000, policy=policy.hash)
    pacing = Pacing(journal, clock)
    await look(pacing, policy)
    (frozen,) = pacing.now(policy, False).frozen
    assert (frozen.route, frozen.ceiling_nusd) == ("main", 1_000)
    assert pacing.news(pacing.now(policy, False), policy, False) == (None, (frozen,))
    assert pacing.news(pacing.now(policy, False), policy, False) == (None, ())
    assert pacing.now(policy, True).frozen == ()
    assert pacing.now(a_guarded(1_001), False).frozen == ()


async def test_turns_that_were_weighed_are_not_weighed_again(journal: Journal) -> None:
    clock, policy = Still(), a_guarded(1_000)
    for _ in range(7):
        spent(journal.store, NOON, 4_000, policy=policy.hash)
    pacing = Pacing(journal, clock)
    for _ in range(3):
        await look(pacing, policy)
        clock.pass_s(61)
    assert pacing.now(policy, False).frozen == (), "seven turns, looked at three times, are seven turns"
    spent(journal.store, NOON, 4_000, policy=policy.hash)
    await look(pacing, policy)
    assert [one.turns for one in pacing.now(policy, False).frozen] == [8]


async def test_a_ledger_that_cannot_be_read_leaves_the_last_look(journal: Journal, store: Store) -> None:
    clock, policy = Still(), a_policy()
    pacing = Pacing(journal, clock)
    store.write_now(lambda db: db.execute("ALTER TABLE tally RENAME TO gone"))
    await look(pacing, policy)
    assert pacing.now(policy, False).throttle.step == 0
    store.write_now(lambda db: db.execute("ALTER TABLE gone RENAME TO tally"))


async def test_no_turn_waits_for_a_look(journal: Journal) -> None:
    pacing, policy = Pacing(journal, Still()), a_policy()
    pacing.refresh_soon(policy, CAPS, False)
    assert pacing.now(policy, False).throttle.step == 0
    assert len([task for task in asyncio.all_tasks() if task.get_name() == "pacing"]) == 1
    pacing.refresh_soon(policy, CAPS, True)
    assert len([task for task in asyncio.all_tasks() if task.get_name() == "pacing"]) == 1
    await pacing.settled()
