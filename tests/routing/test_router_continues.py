"""An answer that broke off, or reached its most tokens, is gone on with where the route says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.history.conversation import continue_chat
from routing import events as ev
from routing.budget.caps import Caps
from routing.errors import ErrorKind, ProviderError
from routing.folding import Fold, fold
from routing.ledger.journal import Journal
from routing.messages import FinishChunk, Limits, Message, TextChunk, TextPart, Usage, UsageChunk, ask
from routing.policy.model import Policy, ProfileCaps
from tests.fakes import (
    HELLO,
    LARGE,
    MID,
    MOVES,
    SMALL,
    Line,
    Never,
    Script,
    StoppingJournal,
    a_line,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    days,
    kinds,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

SOUTH, WEST = "south/small", "west/small"
LOST = (TextChunk("The yard opened "), TextChunk("in 19"), ProviderError(ErrorKind.CONNECTION, sent=True))
REST = says("04, and closed ", "in 1961.")
WHOLE = "The yard opened in 1904, and closed in 1961."
CUT = (TextChunk("One, two, "), UsageChunk(Usage(10, 20, reported=True)), FinishChunk("length"))


def route(**fields: Any) -> Policy:
    caps = fields.pop("caps", ProfileCaps())
    return a_policy(a_route(a_rung("small"), **({"retries": 0} | fields)), caps=caps)


GOES_ON, ANEW = route(broken="continue"), route()
MORE = route(cut="continue")


def text(message: Message) -> str:
    return "".join(part.text for part in message.content if isinstance(part, TextPart))


def joined(events: Sequence[Any]) -> str:
    """The text of the answer as a reader of the events has it."""
    folding = Fold()
    for event in events:
        folding.feed(event)
    return folding.text(told(events).attempt or "")


# ---------------------------------------------------------------- lost in mid-stream
async def test_the_next_model_goes_on_where_an_answer_broke_off(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [LOST], SOUTH: [REST]}, GOES_ON)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).model, told(events).reply) == ("answered", SOUTH, WHOLE)
    assert joined(events) == joined(journal.events(events[0].turn)) == WHOLE
    assert kinds(events, *MOVES) == ["FailedOver"]
    first, second = only(events, ev.AttemptStarted)
    assert (first.continues, second.continues, second.role) == (None, first.attempt, "failover")
    prompt, begun, go_on = line.providers["south"].calls[0][1].messages[-3:]
    assert (text(prompt), text(begun), begun.role) == (HELLO.text, "The yard opened in 19", "assistant")
    assert (go_on.role, "exactly where it stops" in text(go_on)) == ("user", True)
    assert f"{SOUTH} went on where it stopped" in told(events).sentence
    assert told(events).path == (f"{SMALL} failed", f"{SOUTH} answered")


@pytest.mark.parametrize("kind", ["server_error", "overloaded"])
async def test_what_would_be_asked_again_is_gone_on_with_instead(journal: Journal, kind: str) -> None:
    lost = (*LOST[:2], ProviderError(ErrorKind(kind)))
    line = a_line(journal, {SMALL: [lost], SOUTH: [REST]}, route(broken="continue", retries=1))
    events = await line.ask(HELLO)
    assert (told(events).reply, line.calls("north")) == (WHOLE, ["small"])


async def test_both_parts_are_paid(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [LOST], SOUTH: [REST]}, GOES_ON)
    events = await line.ask(HELLO)
    first, second = only(events, ev.Settled)
    assert (first.basis, second.basis) == ("estimated", "reported")
    assert first.spend_nusd > 0
    assert told(events).spend_nusd == first.spend_nusd + second.spend_nusd
    assert list(days(journal.store).values()) == [(told(events).spend_nusd, 0)]


async def test_what_is_gone_on_with_is_reserved_and_estimated_as_input(journal: Journal) -> None:
    long = (TextChunk("word " * 500), ProviderError(ErrorKind.CONNECTION, sent=True))
    scripts: dict[str, list[Script]] = {SMALL: [long], SOUTH: [says("end", usage=None)]}
    line = a_line(journal, scripts, GOES_ON)
    events = await line.ask(HELLO)
    first, second = only(events, ev.Reserved)
    assert second.amount_nusd > first.amount_nusd + 1.5 * 500 * 100
    bill = only(events, ev.Settled)[1]
    assert bill.usage.input_tokens > 500
    assert bill.spend_nusd <= second.amount_nusd


async def test_the_whole_is_what_the_next_prompt_and_the_ledger_have(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [LOST], SOUTH: [REST, says("Good.")]}, GOES_ON)
    events = await line.ask(HELLO)
    row = journal.store.read(lambda db: db.execute("SELECT reply FROM turn").fetchone())
    assert row["reply"] == WHOLE
    following = continue_chat(journal.store, ask("And then?", chat_id="c1"))
    assert [text(message) for message in following.history] == [HELLO.text, WHOLE]
    assert fold(events).attempts[1].continues == fold(events).attempts[0].id


async def test_the_whole_is_measured_against_the_floor(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    from routing.confidence.measure import Measurement

    measured: list[str] = []

    def by_text(request: object, features: object, reply: Any, record: object, **_: object) -> Measurement:
        measured.append(reply.text)
        return Measurement(0.1 if "wrong" in reply.text else 0.9, 0.0, 1.0, ())

    monkeypatch.setattr("routing.execution.judging.measure", by_text)
    wrong = (TextChunk("All wrong: "), ProviderError(ErrorKind.CONNECTION, sent=True))
    line = a_line(journal, {SMALL: [wrong], SOUTH: [says("fine.")]}, GOES_ON)
    events = await line.ask(HELLO)
    assert measured == ["All wrong: fine."]
    assert (told(events).status, told(events).below_floor) == ("degraded", True)
    assert told(events).reply == "All wrong: fine."


async def test_an_escalation_after_it_begins_anew(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("large"), retries=0, broken="continue"))
    line = a_line(journal, {SMALL: [LOST], SOUTH: [says("04?", score=0.4)], LARGE: [says(WHOLE)]}, policy)
    events = await line.ask(HELLO)
    assert told(events).reply == joined(events) == WHOLE
    assert text(line.providers["north"].calls[-1][1].messages[-1]) == HELLO.text


async def test_when_the_next_is_lost_as_well_all_that_came_is_kept(journal: Journal) -> None:
    again = (TextChunk("04, and"), ProviderError(ErrorKind.CONNECTION, sent=True))
    line = a_line(journal, {SMALL: [LOST], SOUTH: [again]}, GOES_ON)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).reply) == ("degraded", "The yard opened in 1904, and")
    assert joined(events) == told(events).reply
    assert "broke off" in only(events, ev.Degraded)[0].cause


async def test_when_the_next_says_nothing_the_first_part_is_kept(journal: Journal) -> None:
    nothing = (ProviderError(ErrorKind.CONNECTION, sent=False),)
    line = a_line(journal, {SMALL: [LOST], SOUTH: [nothing]}, GOES_ON)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).model) == ("degraded", SMALL)
    assert told(events).reply == joined(events) == "The yard opened in 19"


async def test_a_third_goes_on_with_what_two_have_said(journal: Journal) -> None:
    again = (TextChunk("04, and closed "), ProviderError(ErrorKind.CONNECTION, sent=True))
    line = a_line(journal, {SMALL: [LOST], SOUTH: [again], WEST: [says("in 1961.")]}, GOES_ON)
    events = await line.ask(HELLO)
    assert told(events).reply == joined(events) == WHOLE
    assert text(line.providers["west"].calls[0][1].messages[-2]) == "The yard opened in 1904, and closed "


async def test_stopped_while_it_goes_on_all_that_came_is_kept(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [LOST], SOUTH: [(TextChunk("04"), Never())]}, GOES_ON)
    turn = line.router.start(HELLO)
    async for event in turn.events():
        if isinstance(event, ev.TextDelta) and event.text == "04":
            turn.cancel()
    events = journal.events(turn.id)
    check_turn(journal, events)
    assert (told(events).status, told(events).reply) == ("cancelled", "The yard opened in 1904")


async def test_without_it_the_next_model_writes_anew(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [LOST], SOUTH: [says(WHOLE)]}, ANEW)
    events = await line.ask(HELLO)
    assert told(events).reply == joined(events) == WHOLE
    assert text(line.providers["south"].calls[0][1].messages[-1]) == HELLO.text
    assert only(events, ev.AttemptStarted)[1].continues is None


async def test_without_it_the_first_that_said_something_is_kept(journal: Journal) -> None:
    other = (TextChunk("It had "), ProviderError(ErrorKind.CONNECTION, sent=True))
    line = a_line(journal, {SMALL: [LOST], SOUTH: [other]}, ANEW)
    assert told(await line.ask(HELLO)).reply == "The yard opened in 19"


async def test_nobody_goes_on_with_what_a_filter_withheld(journal: Journal) -> None:
    withheld = (TextChunk("The yard"), FinishChunk("content_filter"))
    policy = route(broken="continue", declined="failover")
    line = a_line(journal, {SMALL: [withheld], SOUTH: [says(WHOLE)]}, policy)
    assert told(await line.ask(HELLO)).reply == WHOLE
    assert text(line.providers["south"].calls[0][1].messages[-1]) == HELLO.text


# ---------------------------------------------------------------- cut at its most tokens
async def test_the_same_model_goes_on_once_with_a_cut_answer(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [CUT, says("three.")], SOUTH: [says("no")]}, MORE)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).reply) == ("answered", "One, two, three.")
    assert joined(events) == "One, two, three."
    assert line.calls("north") == ["small", "small"]
    first, second = only(events, ev.AttemptStarted)
    assert (second.role, second.continues) == ("continuation", first.attempt)
    assert told(events).spend_nusd == sum(one.spend_nusd for one in only(events, ev.Settled))
    assert "reached its most tokens and went on" in told(events).sentence


async def test_it_goes_on_no_more_than_once(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [CUT]}, MORE)
    events = await line.ask(HELLO)
    assert told(events).reply == "One, two, One, two, "
    assert line.calls("north") == ["small", "small"]


async def test_kept_is_kept(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [CUT]}, route())
    assert told(await line.ask(HELLO)).reply == "One, two, "


async def test_a_request_that_says_how_many_tokens_has_them(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [CUT, says("no")]}, MORE)
    events = await line.ask(ask("Hello there", limits=Limits(max_output_tokens=20)))
    assert (told(events).reply, line.calls("north")) == ("One, two, ", ["small"])


@pytest.mark.parametrize(
    "play", [(ProviderError(ErrorKind.CONNECTION),), (TextChunk("thr"), ProviderError(ErrorKind.TIMEOUT))]
)
async def test_when_it_cannot_go_on_the_cut_answer_stays(journal: Journal, play: Script) -> None:
    line = a_line(journal, {SMALL: [CUT, play], SOUTH: [says("no")]}, MORE)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).reply) == ("answered", "One, two, ")
    assert line.calls("south") == []


@pytest.mark.parametrize("cap", ["attempts", "request", "day"])
async def test_caps_that_refuse_it_leave_the_cut_answer(journal: Journal, cap: str) -> None:
    worst = a_line(journal, {SMALL: [CUT]}, MORE).router.explain(HELLO).decision.candidate(SMALL).worst_nusd
    policy = {
        "attempts": route(cut="continue", caps=ProfileCaps(attempts=1)),
        "request": a_policy(a_route(a_rung("small"), cut="continue"), request_credit_nusd=worst),
        "day": MORE,
    }[cap]
    line = a_line(journal, {SMALL: [CUT, says("no")]}, policy, caps=Caps(day_nusd=worst if cap == "day" else None))
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).reply) == ("answered", "One, two, ")
    assert [event.cap for event in only(events, ev.CapReached)] == [cap]
    assert line.calls("north") == ["small"]


async def test_a_weak_whole_still_climbs(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("mid"), retries=0, cut="continue"))
    line = a_line(journal, {SMALL: [CUT, says("three?", score=0.3)], MID: [says("One, two, three.")]}, policy)
    events = await line.ask(HELLO)
    assert (told(events).model, told(events).reply) == (MID, "One, two, three.")
    assert text(line.providers["north"].calls[-1][1].messages[-1]) == HELLO.text


async def test_stopped_anywhere_every_call_is_settled_once(journal: Journal) -> None:
    def line(at: int) -> Line:
        return a_line(StoppingJournal(journal.store, f"at{at}"), {SMALL: [CUT, REST]}, MORE)

    at, points = 0, 1
    while at <= points:
        running, seen = line(at), 0
        turn = running.router.start(HELLO)

        def count(turn: Any = turn, at: int = at) -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                turn.cancel()

        running.journal.at_write = running.providers["north"].at_step = count
        events = [event async for event in turn.events()]
        check_turn(running.journal, events)
        assert told(events).status in ("cancelled", "answered")
        assert sum(held for _, held in days(journal.store).values()) == 0
        points = seen if at == 0 else points
        at += 1
    assert points > 10
