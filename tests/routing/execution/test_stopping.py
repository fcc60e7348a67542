"""A turn that is stopped, looked away from or overtaken by a new setup: told to its end and settled, always."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.budget.caps import Caps
from routing.errors import StorageError
from routing.execution.turn import Turn
from routing.ledger.store import Store
from routing.messages import FinishChunk, Message, Request, TextChunk, TextPart, ask
from routing.policy.model import Context, Hedging
from tests.fakes import (
    CASCADE,
    FakeClock,
    Line,
    Never,
    Script,
    Step,
    StoppingJournal,
    Until,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_registry,
    a_route,
    a_rung,
    check_turn,
    days,
    fails,
    only,
    says,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")
HELLO = ask("Hello there, how are you?", chat_id="c1")
LONG_PAST_S = 1_000_000_000.0
SCRIPTS: dict[str, dict[str, list[Script]]] = {
    "answered": {"north/small": [says("All ", "is ", "well.")]},
    "escalated": {"north/small": [says("A ", "guess.", score=0.5)], "north/mid": [says("Sure.")]},
    "retried": {"north/small": [fails("server_error", TextChunk("Oh")), says("Well.")]},
    "failed over": {"north/small": [fails("connection")], "south/small": [says("Here.")]},
    "all down": {"north/small": [fails("rate_limit", retry_after_s=1.0)], "south/small": [fails("auth")]},
    "cut": {"north/small": [fails("malformed_stream", TextChunk("Once"))]},
    "silent": {"north/small": [(TextChunk("Once"), Never())]},
    "capped": {"north/small": [says("A ", "guess.", score=0.5, usage=None)], "north/large": [says("no")]},
    "slow": {"north/small": [(Wait(30.0),)], "south/small": [(Wait(1.0), *says("Late."))]},
    "hedged": {"north/small": [(Wait(5.0), *says("North."))], "south/small": [(Wait(1.0), *says("South."))]},
    "continued": {
        "north/small": [fails("malformed_stream", TextChunk("Once "))],
        "south/small": [says("upon a time.")],
    },
    "cut short": {"north/small": [(TextChunk("Once "), FinishChunk("length", None)), says("upon a time.")]},
    "summarised": {"north/small": [says("They spoke of trains."), says("Well.")]},
}
ROUTE = a_route(a_rung("small", 0.8), a_rung("mid", 0.7), a_rung("large"), broken="continue", cut="continue")
POLICIES = {
    "hedged": a_policy(CASCADE, hedging=Hedging(1.0, 0.2)),
    "continued": a_policy(ROUTE),
    "cut short": a_policy(ROUTE),
    "summarised": a_policy(CASCADE, context=Context(400, 1, "summarise")),
}
CHAT = tuple(Message(role, (TextPart("words and words " * 60),)) for role in ("user", "assistant") * 4)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One ledger for many examples: each has its own session and its own day."""
    store = Store(tmp_path_factory.mktemp("ledger") / "pointsman.db")
    yield store
    store.close()


_numbers = itertools.count(1)


def a_new_line(store: Store, name: str) -> Line:
    """In `capped` both models fit under the day's cap when the turn begins, but not both."""
    n = next(_numbers)
    journal, clock = StoppingJournal(store, f"x{n}"), FakeClock(LONG_PAST_S + n * 100_000.0)
    if name != "capped":
        models = [a_model(model, first_token_s=0.01) for model in SCRIPTS[name]]
        return a_line(journal, SCRIPTS[name], POLICIES.get(name, a_policy(CASCADE)), models=models, clock=clock)
    worst = (
        a_line(journal, SCRIPTS[name], clock=clock).router.explain(HELLO).decision.candidate("north/large").worst_nusd
    )
    return a_line(journal, SCRIPTS[name], clock=clock, caps=Caps(worst))


class Points:
    """Counts the places where a turn can be stopped, and stops it at those that are named."""

    def __init__(self, line: Line, at: set[int]) -> None:
        self.turn: Turn | None = None
        self.seen = 0
        self._at = at
        line.clock.at_sleep = self
        line.journal.at_write = self
        for provider in line.providers.values():
            provider.at_step = self

    def __call__(self) -> None:
        self.seen += 1
        if self.seen in self._at and self.turn is not None:
            self.turn.cancel()


async def run_to_its_end(line: Line, points: Points, request: Request = HELLO) -> list:
    points.turn = turn = line.router.start(request)
    if 0 in points._at:
        turn.cancel()
    events = [event async for event in turn.events()]
    await turn.wait()
    check_turn(line.journal, events)
    assert all(provider.running == 0 for provider in line.providers.values())
    assert sum(held for _, held in days(line.journal.store).values()) == 0
    return events


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "silent"])
async def test_stopped_at_every_point(shared: Store, name: str) -> None:
    """One run for each place where something is awaited, and one for each such place stopped twice."""
    line = a_new_line(shared, name)
    points = Points(line, set())
    request = replace(HELLO, history=CHAT) if name == "summarised" else HELLO
    whole = (await run_to_its_end(line, points, request))[-1]
    assert points.seen > 4
    for k in range(points.seen + 1):
        for at in ({k}, {k, k + 1}):
            line = a_new_line(shared, name)
            end = (await run_to_its_end(line, Points(line, at), request))[-1]
            assert end.status in ("cancelled", whole.status)
            if k == 0:
                assert end.status == "cancelled"


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("hedged", ev.HedgeCut, "hedge"),
        ("continued", ev.FailedOver, "failover"),
        ("cut short", ev.RetryScheduled, "continuation"),
        ("summarised", ev.ContextCut, "first"),
    ],
)
async def test_those_turns_do_what_they_are_called(shared: Store, name: str, kind: type, role: str) -> None:
    line = a_new_line(shared, name)
    events = await line.ask(replace(HELLO, history=CHAT) if name == "summarised" else HELLO)
    assert only(events, kind)
    assert role in [event.role for event in only(events, ev.AttemptStarted)]
    if name in ("continued", "cut short"):
        assert events[-1].reply == "Once upon a time."
    if name == "summarised":
        assert only(events, ev.ContextCut)[0].summary == "They spoke of trains."


async def test_stopped_before_its_first_step(shared: Store) -> None:
    line = a_new_line(shared, "answered")
    events = await run_to_its_end(line, Points(line, {0}))
    assert events[0].type == "TurnStarted"
    assert (events[-1].status, events[-1].attempt, events[-1].spend_nusd) == ("cancelled", None, 0)
    assert line.calls("north") == []


async def test_what_was_never_sent_is_not_paid(shared: Store) -> None:
    """Stopped while the reservation was on its way into the ledger."""
    line = a_new_line(shared, "answered")
    events = await run_to_its_end(line, Points(line, {2}))
    assert line.calls("north") == []
    assert [event.spend_nusd for event in only(events, ev.Settled)] == [0]


async def test_stopped_in_mid_stream_keeps_and_pays_what_came(shared: Store) -> None:
    line = a_new_line(shared, "silent")
    turn = line.router.start(HELLO)
    async for event in turn.events():
        if isinstance(event, ev.TextDelta):
            turn.cancel()
    events = line.journal.events(turn.id)
    end = events[-1]
    assert isinstance(end, ev.TurnFinished)
    assert (end.status, end.reply, end.path) == ("cancelled", "Once", ("north/small cancelled",))
    settled = only(events, ev.Settled)[0]
    assert (settled.basis, settled.spend_nusd > 0, settled.usage.output_tokens) == ("estimated", True, 1)
    assert end.sentence == "Stopped by you; what came is kept."


async def test_a_fault_of_ours_in_mid_stream_is_told_and_leaves_nothing_held(shared: Store) -> None:
    line = a_new_line(shared, "silent")
    turn = line.router.start(HELLO)

    def stumble() -> None:
        if turn.trace.attempts and turn.trace.attempts[0].characters:
            raise RuntimeError("a bug")

    line.providers["north"].at_step = stumble
    with pytest.raises(RuntimeError, match="a bug"):
        _ = [event async for event in turn.events()]
    events = line.journal.events(turn.id)
    check_turn(line.journal, events)
    end = events[-1]
    assert isinstance(end, ev.TurnFinished)
    assert (end.status, end.reply, end.spend_nusd > 0) == ("failed", "Once", True)
    assert end.sentence.startswith("Something went wrong inside Pointsman (RuntimeError)")
    assert sum(held for _, held in days(shared).values()) == 0


async def test_stopped_while_a_stronger_model_is_asked_keeps_the_draft(shared: Store) -> None:
    line = a_new_line(shared, "escalated")
    turn = line.router.start(HELLO)
    async for event in turn.events():
        if isinstance(event, ev.Escalated):
            turn.cancel()
    end = line.journal.events(turn.id)[-1]
    assert isinstance(end, ev.TurnFinished)
    assert end.status == "cancelled"
    assert end.reply in ("A guess.", "Sure."), "the last that had come by then"


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SCRIPTS)), after=st.integers(0, 25), steps=st.integers(0, 12))
async def test_stopped_after_any_event(shared: Store, name: str, after: int, steps: int) -> None:
    """After the k-th event and some turns of the loop; `silent` never ends by itself."""
    line = a_new_line(shared, name)
    turn = line.router.start(HELLO)
    seen = []
    async for event in turn.events():
        seen.append(event)
        if len(seen) == after or isinstance(event, ev.TextDelta):
            for _ in range(steps):
                await asyncio.sleep(0)
            turn.cancel()
    check_turn(line.journal, seen)
    assert sum(held for _, held in days(shared).values()) == 0


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(set(SCRIPTS) - {"silent"})), looks=st.integers(0, 20), pause=st.integers(0, 5))
async def test_a_reader_that_is_slow_or_leaves_changes_nothing(
    shared: Store, name: str, looks: int, pause: int
) -> None:
    alone = await a_new_line(shared, name).ask(HELLO)
    line = a_new_line(shared, name)
    turn = line.router.start(HELLO)
    reader = turn.events()
    for _ in range(looks):
        if await anext(reader, None) is None:
            break
        for _ in range(pause):
            await asyncio.sleep(0)
    await reader.aclose()
    waiting = asyncio.ensure_future(anext(turn.events()))
    waiting.cancel()
    await turn.wait()
    late = [event async for event in turn.events()]
    check_turn(line.journal, late)
    assert [event.type for event in late] == [event.type for event in alone]
    assert (late[-1].reply, late[-1].spend_nusd) == (alone[-1].reply, alone[-1].spend_nusd)


async def test_closing_the_router_settles_every_turn(shared: Store) -> None:
    line = a_new_line(shared, "silent")
    turns = [line.router.start(HELLO) for _ in range(4)]
    async for event in turns[0].events():
        if isinstance(event, ev.TextDelta):
            break
    last = line.router.start(HELLO)
    await line.router.aclose()
    for turn in (*turns, last):
        events = [event async for event in turn.events()]
        check_turn(line.journal, events)
        assert events[-1].status == "cancelled"
    assert sum(held for _, held in days(shared).values()) == 0


@pytest.mark.parametrize("when", ["at once", "at the first event", "at the first token"])
async def test_a_new_setup_does_not_touch_a_running_turn(shared: Store, when: str) -> None:
    line = a_new_line(shared, "escalated")
    old = line.router.setup
    elsewhere = a_registry(a_model("south/large"))
    strict = a_policy(a_route(a_rung("large")), day_cap_nusd=0, request_credit_nusd=0)
    new = replace(old, profiles={"balanced": strict}, registry=elsewhere, providers={}, caps=Caps(0, 0))
    turn = line.router.start(HELLO)
    if when == "at once":
        line.router.configure(new)
    events = []
    async for event in turn.events():
        events.append(event)
        if when == "at the first event" or (when == "at the first token" and isinstance(event, ev.FirstToken)):
            line.router.configure(new)
    check_turn(line.journal, events)
    assert events[-1].path == ("north/small superseded", "north/mid answered")
    decided = only(events, ev.RouteDecided)[0].decision
    assert (decided.policy_hash, decided.registry_hash) == (a_policy(CASCADE).hash, old.registry.hash)
    assert (await line.ask(HELLO))[-1].status == "degraded"


async def test_a_clock_that_is_put_back_in_mid_turn_changes_no_order(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "l.db"), FakeClock()
    line = a_line(StoppingJournal(store, "s"), SCRIPTS["escalated"], clock=clock)
    line.providers["north"].at_step = lambda: clock.set_wall(clock.wall() - 3600)
    events = await line.ask(HELLO)
    walls = [event.wall_s for event in events]
    assert walls == sorted(walls)
    store.close()


async def test_a_superseded_draft_is_stored_before_the_next_model_is_asked(shared: Store) -> None:
    """A program killed now must not lose it."""
    line = a_new_line(shared, "escalated")
    found = []

    def look() -> None:
        if len(line.providers["north"].calls) == 2:
            found.append([event.text for event in only(line.journal.events(turn.id), ev.TextDelta)])

    line.providers["north"].at_step = look
    turn = line.router.start(HELLO)
    await turn.wait()
    assert found[0] == ["A ", "guess."]


@pytest.mark.parametrize(
    ("pieces", "stored"),
    [([TextChunk("x" * 1000)] * 10, 10), ([TextChunk("slow "), Wait(0.3)] * 10, 10), ([TextChunk("quick ")] * 10, 0)],
    ids=["much", "slowly", "little"],
)
async def test_text_is_stored_in_batches_while_it_comes(shared: Store, pieces: list[Step], stored: int) -> None:
    """A batch is 4,096 characters or a quarter of a second: that much a killed program may lose."""
    n = next(_numbers)
    scripts = {"home/local": [(*pieces, Never())]}
    line = a_line(StoppingJournal(shared, f"x{n}"), scripts, clock=FakeClock(LONG_PAST_S + n * 100_000.0))
    turn = line.router.start(HELLO)
    seen = 0
    async for event in turn.events():
        seen += isinstance(event, ev.TextDelta)
        if seen == 10:
            break
    await shared.write(lambda db: None)
    assert len(only(line.journal.events(turn.id), ev.TextDelta)) == stored
    turn.cancel()
    await turn.wait()


# ---------------------------------------------------------------- after a ledger that could not be written
async def test_stopped_while_the_ledger_is_mended_a_turn_is_told_from_its_beginning(journal: StoppingJournal) -> None:
    line = a_line(journal, {"north/small": [says("Well.")]})
    await lose_a_write(line)
    turn = line.router.start(HELLO)
    turn.cancel()
    events = [event async for event in turn.events()]
    check_turn(journal, events)
    assert [event.type for event in events] == ["TurnStarted", "TurnFinished"]


async def test_a_turn_that_is_lost_while_another_is_mended_is_mended_by_the_next(journal: StoppingJournal) -> None:
    gate = asyncio.Event()
    line = a_line(
        journal, {"north/small": [(TextChunk("Once"), Until(gate), *says(" more."))], "south/small": [says("Hi.")]}
    )
    second = line.router.start(HELLO)
    async for event in second.events():
        if isinstance(event, ev.TextDelta):
            break
    await lose_a_write(line)
    write = journal.store.write

    async def meanwhile(job: Any) -> Any:
        journal.store.write = write
        journal.at_write = full
        gate.set()
        await second.wait()
        del journal.at_write
        return await write(job)

    journal.store.write = meanwhile
    third = line.router.start(HELLO)
    await third.wait()
    assert sum(held for _, held in days(journal.store).values()) > 0, "what was running then is not mended yet"
    await line.router.start(HELLO).wait()
    assert sum(held for _, held in days(journal.store).values()) == 0


def full() -> None:
    raise StorageError("The disk is full.")


async def lose_a_write(line: Line) -> None:
    """A turn that the ledger does not take."""
    journal = line.journal
    assert isinstance(journal, StoppingJournal)
    journal.at_write = full
    await line.router.start(HELLO).wait()
    del journal.at_write
