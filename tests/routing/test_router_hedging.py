"""Hedging: a second provider is asked when the first is late to begin; whoever begins first goes on alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from routing import events as ev
from routing.clock import SystemClock
from routing.folding import fold
from routing.ledger.journal import Journal
from routing.messages import TextChunk, ask
from routing.policy.model import Hedging
from tests.fakes import (
    HELLO,
    Line,
    Never,
    Script,
    Until,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    fails,
    kinds,
    only,
    says,
    told,
)

NORTH, SOUTH, WEST = "north/small", "south/small", "west/small"
ALWAYS = Hedging(max_share=1.0, min_s=0.01)


def hedging(journal: Journal, scripts: Mapping[str, Sequence[Script]], **fields: Any) -> Line:
    policy = a_policy(a_route(a_rung("small"), retries=0), **({"hedging": ALWAYS} | fields))
    models = [a_model(model, first_token_s=0.001) for model in scripts]
    return a_line(journal, scripts, policy, models=models, clock=SystemClock())


async def test_who_begins_first_goes_on_and_the_other_is_cut_and_billed_as_an_estimate(journal: Journal) -> None:
    line = hedging(journal, {NORTH: [(Never(),)], SOUTH: [says("From ", "south.")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.model, end.reply) == ("answered", SOUTH, "From south.")
    assert end.path == (f"{NORTH} cut", f"{SOUTH} answered")
    started, cut = only(events, ev.HedgeStarted)[0], only(events, ev.HedgeCut)[0]
    first, second = only(events, ev.AttemptStarted)
    assert (started.attempt, started.to_model, second.role) == (first.attempt, SOUTH, "hedge")
    assert (cut.attempt, cut.winner) == (first.attempt, second.attempt)
    bills = {event.attempt: event for event in only(events, ev.Settled)}
    assert bills[first.attempt].basis == "estimated"
    assert bills[first.attempt].spend_nusd > 0
    assert line.providers["north"].running == 0


async def test_the_first_may_still_be_first(journal: Journal) -> None:
    gate = asyncio.Event()
    line = hedging(journal, {NORTH: [(Until(gate), *says("North after all."))], SOUTH: [(Never(),)]})
    line.providers["south"].at_step = gate.set
    events = await line.ask(HELLO)
    assert told(events).reply == "North after all."
    assert told(events).path == (f"{NORTH} answered", f"{SOUTH} cut")
    assert line.providers["south"].running == 0


async def test_nobody_else_is_asked_when_the_first_is_in_time(journal: Journal) -> None:
    line = hedging(journal, {NORTH: [says("Quick.")], SOUTH: [says("no")]}, hedging=Hedging(1.0, min_s=30.0))
    events = await line.ask(HELLO)
    assert told(events).path == (f"{NORTH} answered",)
    assert line.calls("south") == []


async def test_a_first_that_fails_while_the_second_runs_leaves_the_answer_to_it(journal: Journal) -> None:
    gate, failed = asyncio.Event(), asyncio.Event()
    scripts = {NORTH: [(Until(gate), *fails("server_error"))], SOUTH: [(Until(failed), *says("South."))]}
    line = hedging(journal, scripts)
    line.providers["south"].at_step = gate.set
    turn = line.router.start(HELLO)
    events = []
    async for event in turn.events():
        events.append(event)
        if line.providers["north"].running == 0 and line.calls("north"):
            failed.set()
        await asyncio.sleep(0)
    check_turn(journal, events)
    assert told(events).path == (f"{NORTH} failed", f"{SOUTH} answered")
    assert "RetryScheduled" not in kinds(events), "somebody else was under way"


async def test_a_second_that_fails_leaves_the_first_alone(journal: Journal) -> None:
    gate = asyncio.Event()
    line = hedging(journal, {NORTH: [(Until(gate), *says("North."))], SOUTH: [fails("overloaded")]})
    turn = line.router.start(HELLO)
    events = []
    async for event in turn.events():
        events.append(event)
        if isinstance(event, ev.HedgeStarted):
            asyncio.get_running_loop().call_later(0.05, gate.set)
    check_turn(journal, events)
    assert told(events).reply == "North."
    assert told(events).path == (f"{NORTH} answered", f"{SOUTH} failed")


async def test_when_both_fail_the_next_is_asked(journal: Journal) -> None:
    gate = asyncio.Event()
    scripts = {NORTH: [(Until(gate), *fails("server_error"))], SOUTH: [fails("server_error")], WEST: [says("West.")]}
    line = hedging(journal, scripts)
    line.providers["south"].at_step = gate.set
    events = await line.ask(HELLO)
    assert told(events).model == WEST
    assert sorted(told(events).path) == [f"{NORTH} failed", f"{SOUTH} failed", f"{WEST} answered"]


async def test_a_second_that_began_and_broke_off_is_failed_over(journal: Journal) -> None:
    broken = (TextChunk("Half of "), *fails("malformed_stream"))
    line = hedging(journal, {NORTH: [(Never(),)], SOUTH: [broken], WEST: [says("Whole.")]})
    events = await line.ask(HELLO)
    assert told(events).path == (f"{NORTH} cut", f"{SOUTH} failed", f"{WEST} answered")
    assert [event.attempt for event in only(events, ev.HedgeCut)] == [only(events, ev.AttemptStarted)[0].attempt]


async def test_a_cap_that_has_no_room_for_two_keeps_the_second_away(journal: Journal) -> None:
    gate = asyncio.Event()
    scripts = {NORTH: [(Until(gate), *says("North."))], SOUTH: [says("no")]}
    worst = hedging(journal, scripts).router.explain(HELLO).decision.candidates[0].worst_nusd
    line = hedging(journal, scripts, request_credit_nusd=2 * worst - 1)
    asyncio.get_running_loop().call_later(0.1, gate.set)
    events = await line.ask(HELLO)
    assert told(events).path == (f"{NORTH} answered",)
    assert "HedgeStarted" not in kinds(events)


async def test_only_a_share_of_the_turns_is_hedged(journal: Journal) -> None:
    gates = [asyncio.Event() for _ in range(9)]
    scripts = [[Never()], *([Until(gate), *says("North.")] for gate in gates)]
    line = hedging(journal, {NORTH: scripts, SOUTH: [says("South.")]}, hedging=Hedging(0.05, min_s=0.001))
    hedged = ["HedgeStarted" in kinds(await line.ask(HELLO))]
    for gate in gates:
        asyncio.get_running_loop().call_later(0.03, gate.set)
        hedged.append("HedgeStarted" in kinds(await line.ask(HELLO)))
    assert hedged == [True, *([False] * 9)]


async def test_a_batch_and_a_pin_are_never_hedged(journal: Journal) -> None:
    line = hedging(journal, {NORTH: [says("N.")], SOUTH: [says("S.")]})
    for request in (ask("Hello", chat_id="c1", latency="batch"), ask("Hello", chat_id="c1", model=NORTH)):
        assert line.router.explain(request).decision.hedge_after_s is None
    assert line.router.explain(HELLO).decision.hedge_after_s == 0.01


async def test_stopping_a_race_settles_both(journal: Journal) -> None:
    line = hedging(journal, {NORTH: [(Never(),)], SOUTH: [(Never(),)]})
    turn = line.router.start(HELLO)
    events = []
    async for event in turn.events():
        events.append(event)
        if isinstance(event, ev.HedgeStarted):
            asyncio.get_running_loop().call_later(0.02, turn.cancel)
    check_turn(journal, events)
    assert told(events).status == "cancelled"
    assert len(only(events, ev.AttemptFailed)) == 2
    assert [provider.running for provider in line.providers.values()] == [0, 0]
    assert fold(events).held_nusd == 0


async def test_who_was_not_asked_after_all_still_stands_in(journal: Journal) -> None:
    """The share of hedges is used up: the partner is left alone, until the first fails."""
    gate = asyncio.Event()
    scripts = {NORTH: [(Never(),), (Until(gate), *fails("server_error"))], SOUTH: [says("South.")]}
    line = hedging(journal, scripts, hedging=Hedging(0.05, min_s=0.001))
    assert "HedgeStarted" in kinds(await line.ask(HELLO))
    asyncio.get_running_loop().call_later(0.05, gate.set)
    events = await line.ask(HELLO)
    assert "HedgeStarted" not in kinds(events)
    assert told(events).path == (f"{NORTH} failed", f"{SOUTH} answered")


async def test_who_a_cap_kept_away_still_stands_in(journal: Journal) -> None:
    """The day has room for one call at a time: the second waits until the first has failed, and cost nothing."""
    gate = asyncio.Event()
    scripts = {NORTH: [(Until(gate), *fails("server_error", status=500))], SOUTH: [says("South.")]}
    worst = hedging(journal, scripts).router.explain(HELLO).decision.candidates[0].worst_nusd
    line = hedging(journal, scripts, day_cap_nusd=2 * worst - 1)
    asyncio.get_running_loop().call_later(0.1, gate.set)
    events = await line.ask(HELLO)
    assert [event.cap for event in only(events, ev.CapReached)] == ["day"]
    assert told(events).path == (f"{NORTH} failed", f"{SOUTH} answered")


async def test_a_fault_of_ours_in_the_second_ends_the_turn_and_settles_both(journal: Journal) -> None:
    line = hedging(journal, {NORTH: [(Never(),)], SOUTH: [says("no")]})

    def broken() -> None:
        raise KeyError("ours")

    line.providers["south"].at_step = broken
    turn = line.router.start(HELLO)
    await asyncio.wait_for(turn.wait(), 5)
    events = journal.events(turn.id)
    check_turn(journal, events)
    assert told(events).status == "failed"
    assert [event.kind for event in only(events, ev.AttemptFailed)] == ["interrupted", "interrupted"]
    assert [provider.running for provider in line.providers.values()] == [0, 0]


async def test_a_fault_of_ours_in_the_loser_is_not_hidden(journal: Journal) -> None:
    gate = asyncio.Event()
    line = hedging(journal, {NORTH: [(Until(gate), *says("North."))], SOUTH: [says("no")]})

    def broken() -> None:
        gate.set()
        raise KeyError("ours")

    line.providers["south"].at_step = broken
    turn = line.router.start(HELLO)
    await asyncio.wait_for(turn.wait(), 5)
    events = journal.events(turn.id)
    check_turn(journal, events)
    assert told(events).status == "failed"
    assert "HedgeCut" not in kinds(events)
