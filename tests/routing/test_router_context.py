"""A chat that outgrows the policy's budget: what is left out and told, summaries, steady beginnings, short
answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from routing import events as ev
from routing.analysis.tokens import history_tokens
from routing.budget.throttle import Throttle
from routing.execution.pacing import Paced, Pacing
from routing.ledger.journal import Journal
from routing.messages import Limits, Message, Request, TextPart, ask
from routing.policy.model import Context, Policy
from tests.fakes import (
    DOLLAR,
    LARGE,
    SMALL,
    Line,
    Never,
    Script,
    StoppingJournal,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    days,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

LOCAL = "home/local"
DROP, SUMMARISE = Context(400, 1), Context(400, 1, "summarise")
GO_ON = "And what came of it in the end?"


def chat(turns: int, words: int = 40) -> tuple[Message, ...]:
    return tuple(
        Message(role, (TextPart(f"{role} {turn}: " + "point " * words),))
        for turn in range(turns)
        for role in ("user", "assistant")
    )


def going_on(turns: int = 6, **fields: Any) -> Request:
    return ask(GO_ON, chat_id="c1", history=chat(turns), **fields)


def keeping(context: Context, **fields: Any) -> Policy:
    return a_policy(a_route(a_rung("small"), retries=0), **({"context": context} | fields))


def messages(line: Line, provider: str = "north", call: int = -1) -> tuple[Message, ...]:
    return line.providers[provider].calls[call][1].messages


def text(message: Message) -> str:
    return "".join(part.text for part in message.content if isinstance(part, TextPart))


def cut(events: Sequence[Any]) -> ev.ContextCut:
    (found,) = only(events, ev.ContextCut)
    assert isinstance(found, ev.ContextCut)
    return found


# ---------------------------------------------------------------- left out
async def test_a_chat_within_the_budget_goes_along_whole(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(DROP))
    events = await line.ask(going_on(2))
    assert messages(line)[:-1] == chat(2)
    assert only(events, ev.ContextCut) == []
    assert only(events, ev.AttemptStarted)[0].saved_tokens == 0


async def test_what_is_left_out_is_told_with_what_it_saves(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(DROP))
    events = await line.ask(going_on())
    kept = messages(line)[:-1]
    gone = chat(6)[: -len(kept)]
    assert chat(6)[-len(kept) :] == kept
    assert text(messages(line)[-1]) == GO_ON
    told_of = cut(events)
    assert (told_of.left_out, told_of.saved_tokens) == (len(gone), history_tokens(gone))
    assert (told_of.summary, told_of.by_turn) == ("", None)
    (started,) = only(events, ev.AttemptStarted)
    assert (started.left_out, started.saved_tokens) == (len(gone), history_tokens(gone))
    assert started.saved_nusd == history_tokens(gone) * 100, "the small tier's price of a token"
    assert f"{len(gone)} old messages left out" in told(events).sentence
    assert "cannot hold" not in told(events).sentence
    row = journal.store.read(lambda db: db.execute("SELECT saved_nusd FROM attempt").fetchone())
    assert tuple(row) == (started.saved_nusd,)


async def test_what_is_left_out_is_not_reserved_for(journal: Journal) -> None:
    def held(policy: Policy) -> int:
        return a_line(journal, {SMALL: [says("")]}, policy).router.explain(going_on()).decision.ladder[0].worst_nusd

    assert held(keeping(DROP)) < held(keeping(Context()))


async def test_the_last_exchanges_always_go_along(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(Context(256, 5)))
    await line.ask(going_on())
    assert messages(line)[:-1] == chat(6)[2:]


async def test_over_thirty_turns_the_beginning_changes_seldom(journal: Journal) -> None:
    """What a provider's prompt cache can go on with: each call begins with what the one before it sent, but after a
    cut; and no call is beyond the budget."""
    line = a_line(journal, {SMALL: [says("answer " * 40)]}, keeping(Context(1_000, 2)))
    history: tuple[Message, ...] = ()
    for turn in range(30):
        prompt = f"prompt {turn}: " + "point " * 30
        events = await line.ask(ask(prompt, chat_id="c1", history=history))
        said = told(events).reply
        history = (*history, Message("user", (TextPart(prompt),)), Message("assistant", (TextPart(said),)))
    sent = [call.messages for _, call, _ in line.providers["north"].calls]
    same = [later[: len(earlier)] == earlier for earlier, later in pairwise(sent)]
    assert 2 <= same.count(False) <= 29 / 4
    assert all(history_tokens(one[:-1]) <= 1_000 for one in sent)
    assert all(one[0].role == "user" for one in sent)


# ---------------------------------------------------------------- summaries
TOLD = "They spoke of points."


def summarising(journal: Journal, *plays: Script, context: Context = SUMMARISE, **fields: Any) -> Line:
    """Who plays the summary first, then the answer."""
    return a_line(journal, {SMALL: plays}, keeping(context, **fields))


async def of_summary(line: Line, events: Sequence[Any]) -> list[Any]:
    turn = cut(events).by_turn
    assert turn is not None
    found = line.journal.events(turn)
    check_turn(line.journal, found)
    return found


async def test_a_summary_goes_in_the_place_of_what_is_left_out(journal: Journal) -> None:
    line = summarising(journal, says(TOLD), says("Good."))
    events = await line.ask(going_on())
    first, second, *kept = messages(line)
    assert TOLD in text(first)
    assert [first.role, second.role] == ["user", "assistant"]
    assert tuple(kept[:-1]) == chat(6)[-len(kept[:-1]) :]
    assert (cut(events).summary, told(events).reply) == (TOLD, "Good.")
    (started,) = only(events, ev.AttemptStarted)
    assert 0 < started.saved_tokens < cut(events).saved_tokens, "what the summary takes is not saved"
    asked = text(messages(line, call=0)[-1])
    for gone in chat(6)[: cut(events).left_out]:
        assert text(gone).strip() in asked


async def test_it_is_a_turn_of_its_own_that_is_settled_and_in_no_chat(journal: Journal) -> None:
    line = summarising(journal, says(TOLD), says("Good."))
    events = await line.ask(going_on())
    made = await of_summary(line, events)
    started = only(made, ev.TurnStarted)[0]
    assert (started.purpose, started.chat, told(made).status) == ("summary", "", "answered")
    assert [event.purpose for event in only(made, ev.AttemptStarted)] == ["summary"]
    ((spent, held),) = days(journal.store).values()
    assert (spent, held) == (told(made).spend_nusd + told(events).spend_nusd, 0)
    rows = journal.store.read(
        lambda db: db.execute("SELECT purpose, SUM(spend_nusd) FROM attempt GROUP BY 1").fetchall()
    )
    assert {row[0]: row[1] for row in rows} == {
        "summary": told(made).spend_nusd,
        "answer": told(events).spend_nusd,
    }


async def test_it_may_take_a_part_of_the_messages_money_and_time(journal: Journal) -> None:
    line = summarising(journal, says(TOLD), says("Good."))
    request = going_on(limits=Limits(credit_nusd=DOLLAR // 10, total_s=30.0))
    made = await of_summary(line, await line.ask(request))
    limits = only(made, ev.TurnStarted)[0].request.limits
    assert (limits.credit_nusd, limits.total_s) == (DOLLAR // 40, 7.5)
    assert line.providers["north"].calls[0][1].max_output_tokens == limits.max_output_tokens == 400


async def test_it_is_asked_for_once_for_each_cut(journal: Journal) -> None:
    line = summarising(journal, says(TOLD), says("Good."))
    first = await line.ask(going_on())
    again = await line.ask(going_on())
    assert cut(first).by_turn is not None
    assert (cut(again).by_turn, cut(again).summary) == (None, TOLD)
    assert len(line.calls("north")) == 3
    assert messages(line, call=1)[:-1] == messages(line, call=2)[:-1]
    later = await line.ask(going_on(9))
    assert cut(later).by_turn is not None


@pytest.mark.parametrize(
    "play", [fails("server_error"), (Wait(100.0),), says("meh", score=0.1)], ids=["fails", "late", "weak"]
)
async def test_without_a_summary_the_turn_goes_on(journal: Journal, play: Script) -> None:
    line = summarising(journal, play, says("Good."))
    events = await line.ask(going_on())
    assert (told(events).status, told(events).reply) == ("answered", "Good.")
    assert cut(events).summary == ""
    assert messages(line)[0] == chat(6)[cut(events).left_out]
    assert told(await of_summary(line, events)).status == "degraded"
    assert only(events, ev.TurnStarted)[0].at_s + 9 > only(events, ev.RouteDecided)[0].at_s


async def test_the_time_of_a_summary_is_not_that_of_the_analysis(journal: Journal) -> None:
    line = summarising(journal, (Wait(3.0), *says(TOLD)), says("Good."))
    assert only(await line.ask(going_on()), ev.RequestAnalysed)[0].took_s < 1.0


async def test_a_refused_summary_costs_the_turn_nothing(journal: Journal) -> None:
    """No money is left for it, though for the answer."""
    line = summarising(journal, says("Good."), request_credit_nusd=400_000)
    events = await line.ask(going_on())
    assert (told(events).status, cut(events).summary, len(line.calls("north"))) == ("answered", "", 1)


async def test_stopped_while_a_summary_is_made_both_turns_are_settled(journal: Journal) -> None:
    line = summarising(journal, (*says(TOLD)[:1], Never()), says("Good."))
    turn = line.router.start(going_on())
    line.providers["north"].at_step = lambda: None if line.providers["north"].running < 1 else turn.cancel()
    events = [event async for event in turn.events()]
    check_turn(journal, events)
    assert told(events).status == "cancelled"
    await asyncio.sleep(0)
    summary = journal.store.read(
        lambda db: db.execute("SELECT id, status FROM turn WHERE id != ?", (turn.id,)).fetchone()
    )
    assert summary["status"] == "cancelled"
    check_turn(journal, journal.events(summary["id"]))
    assert [held for _, held in days(journal.store).values()] == [0]
    assert line.providers["north"].running == 0


@pytest.mark.parametrize(
    "private", [{"tags": (("private", "yes"),)}, {"content": (TextPart("Keep this on my machine. And then?"),)}]
)
async def test_a_private_chat_is_summarised_on_this_machine(journal: Journal, private: dict[str, Any]) -> None:
    scripts = {SMALL: [says("no")], LOCAL: [says(TOLD), says("Good.")]}
    policy = a_policy(a_route(a_rung("small"), a_rung("local")), context=SUMMARISE)
    line = a_line(journal, scripts, policy)
    events = await line.ask(replace(going_on(), **private))
    assert (told(events).model, cut(events).summary) == (LOCAL, TOLD)
    assert line.calls("north") == []


@pytest.mark.parametrize("told_early", ["My mail is ada@analytical.org.", "password: hunter2secret!"])
async def test_what_was_told_early_keeps_the_summary_and_the_answer_here(journal: Journal, told_early: str) -> None:
    """Though it is left out of the chat: the summary may tell of it."""
    history = (Message("user", (TextPart(told_early),)), *chat(6)[1:])
    scripts = {SMALL: [says("no")], LOCAL: [says(TOLD), says("Good.")]}
    policy = a_policy(a_route(a_rung("small"), a_rung("local")), context=SUMMARISE, personal="local")
    line = a_line(journal, scripts, policy)
    events = await line.ask(replace(going_on(), history=history))
    assert cut(events).left_out > 1
    assert line.calls("north") == []
    assert told(events).model == LOCAL
    dropping = a_line(StoppingJournal(journal.store, "s2"), scripts, replace(policy, context=DROP, hash="other"))
    assert told(await dropping.ask(replace(going_on(), history=history))).model == SMALL, "nothing tells of it"


@pytest.mark.parametrize(
    ("personal", "choice", "kept"),
    [
        ("mask", None, None),
        ("ask", "mask", None),
        ("show", "mask", None),
        ("show", None, "mask"),
        ("ask", "send", "mask"),
    ],
)
async def test_a_masked_chat_is_masked_in_its_summary(journal: Journal, personal: Any, choice: Any, kept: Any) -> None:
    history = (Message("user", (TextPart("My mail is ada@analytical.org."),)), *chat(6)[1:])
    line = summarising(journal, says("Hers is [EMAIL-1]."), says("To [EMAIL-1]."), personal=personal)
    events = await line.ask(replace(going_on(), history=history, personal=choice, kept=kept))
    assert cut(events).summary == "Hers is ada@analytical.org."
    assert told(events).reply == "To ada@analytical.org."
    assert "ada@analytical.org" not in repr([call for _, call, _ in line.providers["north"].calls])


async def test_a_pinned_model_summarises_too(journal: Journal) -> None:
    """Nobody else is to read the chat."""
    line = a_line(journal, {SMALL: [says("no")], LARGE: [says(TOLD), says("Good.")]}, keeping(SUMMARISE))
    await line.ask(going_on(model=LARGE))
    assert line.calls("north") == ["large", "large"]


# ---------------------------------------------------------------- while a spike of spend is slowed
def slowed(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(Pacing, "now", lambda *_: Paced(Throttle(step=step)))


async def test_a_spike_of_spend_tightens_what_is_of_low_risk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    long = chat(6, words=400)
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(Context(keep_turns=1)))
    harmless = ask(GO_ON, history=long)
    risky = ask("My child swallowed bleach. What dose of activated charcoal must I give?", history=long)
    for step, request, shorter in ((2, harmless, False), (3, risky, False), (3, harmless, True)):
        slowed(monkeypatch, step)
        events = await line.ask(request)
        assert (only(events, ev.ContextCut) != []) == shorter
    half = a_line(StoppingJournal(journal.store, "s2"), {SMALL: [says("Good.")]}, keeping(Context(800, 1)))
    assert only(await half.ask(going_on(5)), ev.ContextCut) != []
    slowed(monkeypatch, 2)
    assert only(await half.ask(going_on(5)), ev.ContextCut) == []


# ---------------------------------------------------------------- the length of answers
LENGTHS = (("conversation", 100), ("faq", 100), ("extraction", 100))


async def test_an_answer_is_limited_and_its_length_wished_for_last(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(Context(), answer_tokens=LENGTHS))
    await line.ask(ask("Hello there, how are you today?", history=chat(1)))
    _, call, _ = line.providers["north"].calls[-1]
    assert call.max_output_tokens == 100
    assert text(call.messages[-1]).endswith("Answer in at most 60 words.")
    assert call.messages[:-1] == chat(1)


async def test_other_tasks_are_as_long_as_they_are(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("def f(): pass")]}, keeping(Context(), answer_tokens=LENGTHS))
    await line.ask(ask("Write a Python function that reverses a linked list."))
    _, call, _ = line.providers["north"].calls[-1]
    assert (call.max_output_tokens > 100, "Answer in at most" in text(call.messages[-1])) == (True, False)


@pytest.mark.parametrize("fields", [{"response_format": "json"}, {"schema": '{"type": "array"}'}, {}])
async def test_json_is_never_asked_to_be_short(journal: Journal, fields: dict[str, Any]) -> None:
    line = a_line(journal, {SMALL: [says("[]")]}, keeping(Context(), answer_tokens=LENGTHS))
    if "schema" in fields:
        fields = {**fields, "response_format": "json_schema"}
    await line.ask(ask("List the ages as JSON.", **fields))
    assert "Answer in at most" not in json.dumps([text(one) for one in messages(line)])


async def test_a_request_for_fewer_tokens_stands(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Good.")]}, keeping(Context(), answer_tokens=LENGTHS), models=[a_model(SMALL)])
    await line.ask(ask("Hello there, how are you today?", limits=Limits(max_output_tokens=30)))
    assert line.providers["north"].calls[-1][1].max_output_tokens == 30
