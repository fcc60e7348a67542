"""What must hold of any turns, whatever providers, policies, caps and clocks do: generated sessions, judged by sums and
rules that share no code with the router."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.budget.caps import Caps
from routing.folding import fold
from routing.ledger.acceptance import read_acceptance
from routing.ledger.replaying import replay_turns
from routing.ledger.store import Store
from routing.policy.model import Policy
from routing.registry.model import Model
from tests.fakes import (
    NOON,
    FakeClock,
    Line,
    StoppingJournal,
    a_line,
    a_policy,
    a_registry,
    a_route,
    a_rung,
    only,
)
from tests.routing.decision import oracle
from tests.routing.sessions import Drawn

pytestmark = pytest.mark.usefixtures("scripted_confidence")
_numbers = itertools.count(1)


@dataclass
class Session:
    line: Line
    drawn: Drawn
    store: Store

    async def ask(self, how_many: int, *, at_once: bool) -> list[list[Any]]:
        if at_once:
            asked = [self.line.ask(self.drawn.request()) for _ in range(how_many)]
            return list(await asyncio.gather(*asked))
        return [await self.line.ask(self.drawn.request()) for _ in range(how_many)]

    async def close(self) -> None:
        await self.line.router.aclose()
        self.store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


def a_session(folder: Path, seed: int) -> Session:
    n, drawn = next(_numbers), Drawn(seed)
    store, clock = Store(folder / f"{n}.db"), FakeClock(NOON)
    journal = StoppingJournal(store, "s1")
    line = a_line(journal, drawn.scripts, drawn.policy, models=drawn.models, caps=drawn.caps, clock=clock)
    return Session(line, drawn, store)


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    return store.read(lambda db: [dict(row) for row in db.execute(query).fetchall()])


seeds = st.integers(0, 2**40)
some = settings(max_examples=70, deadline=None)


@some
@given(seed=seeds, at_once=st.booleans())
async def test_whatever_happens_the_money_adds_up_and_no_rule_is_broken(folder: Path, seed: int, at_once: bool) -> None:
    session = a_session(folder, seed)
    try:
        turns = await session.ask(4, at_once=at_once)
        for events in turns:
            check_rules(events, session.drawn)
            check_end(events)
        check_sums(session)
        check_caps(session)
        check_success(session, turns)
        check_rebuilt(session.store)
    finally:
        await session.close()


def check_rules(events: Sequence[Any], drawn: Drawn) -> None:
    """Nobody is asked who breaks a hard rule, nor more often than the policy allows."""
    decided = only(events, ev.RouteDecided)[0]
    features, started = only(events, ev.RequestAnalysed)[0].features, only(events, ev.AttemptStarted)
    world = oracle.World(drawn.policy, a_registry(*drawn.models))
    models = {model.id: model for model in drawn.models}
    broken = {
        name: oracle.violated(features, drawn.policy, decided.snapshot, model, ()) for name, model in models.items()
    }
    may = oracle.allowed(features, world, broken) or oracle.forgiven(broken, models, decided.snapshot)
    assert {event.model for event in started} <= may
    assert len(started) <= drawn.policy.caps.attempts
    assert [event.n for event in started] == list(range(1, len(started) + 1))
    hedged = only(events, ev.HedgeStarted)
    assert len(hedged) <= 1
    by_id = {event.attempt: event for event in started}
    for hedge in hedged:
        assert models[hedge.to_model].provider != by_id[hedge.attempt].provider
    assert len([event for event in started if event.role == "hedge"]) == len(hedged)
    if drawn.policy.hedging.max_share == 0:
        assert not hedged


def check_end(events: Sequence[Any]) -> None:
    """An answer, or a card that says what to do; what came of any attempt is still there."""
    end, trace = events[-1], fold(events)
    cards = only(events, ev.Degraded)
    assert end.status in ("answered", "degraded", "failed")
    assert (end.status == "degraded") == (len(cards) == 1)
    if end.status == "answered":
        assert end.reply
        assert end.confidence >= trace.decision.floor
        assert not end.below_floor
    elif end.status == "degraded":
        assert cards[0].do
        assert cards[0].cause
        assert end.reply
    else:
        assert any(event.kind == "content_filter" for event in only(events, ev.AttemptFailed))
        assert end.sentence
    said = Counter({event.attempt: 0 for event in only(events, ev.AttemptStarted)})
    for delta in only(events, ev.TextDelta):
        said[delta.attempt] += len(delta.text)
    ended = {event.attempt for event in only(events, ev.AttemptFinished)}
    assert {view.id for view in trace.attempts} == set(said)
    assert all(said[attempt] or view_continues(events, attempt) for attempt in ended)
    winners = {event.winner for event in only(events, ev.HedgeCut)}
    cut = {event.attempt for event in only(events, ev.HedgeCut)}
    assert not winners & cut
    assert all(said[attempt] == 0 for attempt in cut), "nothing is shown of who lost"
    assert end.attempt not in cut


def view_continues(events: Sequence[Any], attempt: str) -> bool:
    return any(event.continues for event in only(events, ev.AttemptStarted) if event.attempt == attempt)


def check_sums(session: Session) -> None:
    """Nothing is held any more, and each sum is what the attempts that count in it cost."""
    policy, models = session.drawn.policy, {model.id: model for model in session.drawn.models}
    expected: Counter[tuple[str, str, int]] = Counter()
    found = rows(session.store, "SELECT attempt.*, turn.task FROM attempt JOIN turn ON turn.id = attempt.turn")
    for row in found:
        assert row["spend_nusd"] >= 0
        for period, scope in counted_in(row, models[row["model"]], policy):
            expected[period, scope, row["simulated"]] += row["spend_nusd"]
    tally = rows(session.store, "SELECT * FROM tally")
    assert all(row["held_nusd"] == 0 for row in tally)
    sums = {(row["period"], row["scope"], row["simulated"]): row["spent_nusd"] for row in tally}
    assert {key: nusd for key, nusd in sums.items() if nusd} == +expected


def counted_in(row: dict[str, Any], model: Model, policy: Policy) -> Iterator[tuple[str, str]]:
    task, day = row["task"], row["day"]
    yield row["session"], "all"
    yield day, "all"
    yield day, f"provider:{model.provider}"
    yield day, f"tier:{model.tier}"
    yield day, f"route:{policy.id}/main"
    yield day, f"task:{task}"
    yield day, f"task:{task}/tier:{model.tier}"
    yield day, f"task:{task}/model:{model.id}"


def check_caps(session: Session) -> None:
    """No cap is passed: the providers' counts are never above what was held."""
    drawn, policy = session.drawn, session.drawn.policy
    query = "SELECT attempt.*, turn.task, turn.chat FROM attempt JOIN turn ON turn.id = attempt.turn"
    paid = rows(session.store, query)
    for simulated in (0, 1):
        mine = [row for row in paid if row["simulated"] == simulated]

        def spent(wanted: Any, mine: list[dict[str, Any]] = mine) -> int:
            return sum(row["spend_nusd"] for row in mine if wanted(row))

        whole = spent(lambda _: True)
        day = [cap for cap in (drawn.caps.of(bool(simulated)), policy.day_cap_nusd) if cap is not None]
        assert whole <= min([whole, *day])
        caps = policy.caps
        assert caps.session_nusd is None or whole <= caps.session_nusd
        for name, most in caps.providers:
            assert spent(lambda row, name=name: row["provider"] == name) <= most
        if caps.premium is not None:
            floor = caps.premium.floor * min(day) if day else policy.request_credit_nusd
            assert spent(lambda row: row["tier"] == "large") <= caps.premium.most * max(whole, floor)
        for one in caps.classes:
            most = spent(
                lambda row, one=one: (
                    row["task"] == one.task
                    and (one.tier in (None, row["tier"]))
                    and (one.model is None or row["model"].endswith("mid"))
                )
            )
            assert most <= one.day_nusd
        assert policy.routes[0].day_nusd is None or whole <= policy.routes[0].day_nusd
        for turn in {row["turn"] for row in mine}:
            assert spent(lambda row, turn=turn: row["turn"] == turn) <= policy.request_credit_nusd


def check_success(session: Session, turns: Sequence[Sequence[Any]]) -> None:
    """Only the answer of an answered turn counts for its model."""
    kept = Counter(
        events[-1].model
        for events in turns
        if events[-1].status == "answered" and only(events, ev.RequestAnalysed)[0].features.task
    )
    records: Counter[str] = Counter()
    for record in read_acceptance(session.store).records:
        records[record.model] += record.kept
    assert +records == kept


def check_rebuilt(store: Store) -> None:
    """The events alone give the same tables again."""
    copy = sqlite3.connect(":memory:")
    copy.row_factory = sqlite3.Row
    store.read(lambda db: db.backup(copy))
    tables = ("turn", "attempt", "tally", "pattern", "usual")
    before = {table: contents(copy, table) for table in tables}
    turns = [row["id"] for row in before["turn"]]
    for table in tables:
        copy.execute(f"DELETE FROM {table}")
    assert replay_turns(copy, turns) == []
    after = {table: contents(copy, table) for table in tables}
    assert after == before
    copy.close()


def contents(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    found = [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
    found = [{name: value for name, value in row.items() if name != "indexed"} for row in found]
    return sorted(found, key=lambda row: [str(value) for value in row.values()]) if table != "turn" else found


@settings(max_examples=40, deadline=None)
@given(seed=seeds, after=st.integers(0, 30))
async def test_a_new_policy_in_mid_turn_does_not_touch_the_turn(folder: Path, seed: int, after: int) -> None:
    """The same turn, event by event, though everything is forbidden after one of them; the next turn finds it so."""
    alone, changed = a_session(folder, seed), a_session(folder, seed)
    try:
        request = alone.drawn.request()
        expected = [event async for event in alone.line.router.send(request)]
        seen = []
        async for event in changed.line.router.send(request):
            seen.append(event)
            if len(seen) == after + 1:
                nothing = a_policy(a_route(a_rung("small")), request_credit_nusd=0, day_cap_nusd=0)
                setup = replace(changed.line.router.setup, profiles={"balanced": nothing}, caps=Caps(0, 0))
                changed.line.router.configure(replace(setup, registry=replace(setup.registry, models=(), hash="none")))
        assert [event.type for event in seen] == [event.type for event in expected]
        assert (seen[-1].path, seen[-1].reply, seen[-1].spend_nusd) == (
            expected[-1].path,
            expected[-1].reply,
            expected[-1].spend_nusd,
        )
        check_rules(seen, alone.drawn)
        if len(seen) > after:
            assert (await changed.line.ask(request))[-1].status == "degraded"
    finally:
        await alone.close()
        await changed.close()


@settings(max_examples=30, deadline=None)
@given(seed=seeds, hours=st.sampled_from([-30, -1, 1, 30]))
async def test_a_clock_that_jumps_costs_no_money_and_changes_no_order(folder: Path, seed: int, hours: int) -> None:
    """A call counts on the day on which it was reserved, and within a turn time does not go back."""
    session = a_session(folder, seed)
    clock, steps = session.line.clock, itertools.count()

    def jump() -> None:
        if next(steps) in (1, 3):
            clock.set_wall(clock.wall() + 3600 * hours)

    try:
        for provider in session.line.providers.values():
            provider.at_step = jump
        for events in await session.ask(2, at_once=False):
            walls = [event.wall_s for event in events]
            assert walls == sorted(walls)
            check_end(events)
        check_sums(session)
        check_rebuilt(session.store)
    finally:
        await session.close()


async def test_sessions_are_as_varied_as_they_must_be(folder: Path) -> None:
    """What is drawn reaches what the properties speak of."""
    seen: Counter[str] = Counter()
    for seed in range(90):
        session = a_session(folder, seed)
        for events in await session.ask(2, at_once=False):
            seen.update(event.type for event in events)
            seen.update(event.cap for event in only(events, ev.CapReached))
            seen.update(event.role for event in only(events, ev.AttemptStarted))
            seen[events[-1].status] += 1
        await session.close()
    wanted = {"HedgeStarted", "HedgeCut", "Escalated", "FailedOver", "RetryScheduled", "BreakerChanged"}
    wanted |= {"day", "session", "provider", "class", "route", "request", "attempts"}
    wanted |= {"hedge", "continuation", "retry", "escalation", "answered", "degraded", "failed"}
    assert not wanted - set(seen)
