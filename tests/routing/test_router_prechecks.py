"""What is looked at before anything is sent: personal data that is told, asked about, masked or kept here; secrets; and
high risk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.history.conversation import continue_chat
from routing import events as ev
from routing.errors import ErrorKind, ProviderError
from routing.folding import fold
from routing.ledger.journal import Journal
from routing.messages import (
    FilePart,
    FinishChunk,
    Message,
    ReasoningChunk,
    Request,
    TextChunk,
    TextPart,
    Tool,
    ToolCall,
    ToolCallChunk,
    ask,
)
from routing.policy.model import Personal, Policy
from tests.fakes import (
    HELLO,
    LARGE,
    SMALL,
    Line,
    Script,
    a_line,
    a_model,
    a_policy,
    a_registry,
    a_route,
    a_rung,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

LOCAL, OTHER = "home/local", "south/small"
ADA, PHONE = "ada.byron@analytical.org", "+44 20 7946 0958"
PROMPT = ask(f"Write a short note to {ADA} about the meeting.", chat_id="c1")
PAST = (
    Message("user", (TextPart(f"My number is {PHONE}."),)),
    Message("assistant", (TextPart(f"Noted: {PHONE}."),)),
)
NOTE = says("Noted.")


def does(personal: Personal, *rungs: str) -> Policy:
    return a_policy(a_route(*map(a_rung, rungs or ("small", "local"))), personal=personal)


def sent(line: Line, provider: str = "north", call: int = -1) -> str:
    """All that a provider was sent in one of its calls."""
    return repr(line.providers[provider].calls[call][1].messages)


def findings(events: Sequence[Any]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.what, one.action) for event in only(events, ev.Prechecked) for one in event.findings]


# ---------------------------------------------------------------- shown
async def test_what_is_found_is_told_and_sent(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("show"))
    events = await line.ask(PROMPT)
    assert findings(events) == [("personal", "an e-mail address", "sent as it is")]
    assert ADA in sent(line)
    order = [event.type for event in events]
    assert order.index("Prechecked") < order.index("AttemptStarted")
    assert fold(events).notes[0].sentence == "an e-mail address: sent as it is"


async def test_nothing_is_told_where_nothing_is_found(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("mask"))
    assert only(await line.ask(HELLO), ev.Prechecked) == []


async def test_kinds_are_told_once_and_values_never(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("show"))
    request = replace(PROMPT, history=PAST, system="You write for grace@navy.mil.")
    (prechecked,) = only(await line.ask(request), ev.Prechecked)
    assert [one.what for one in prechecked.findings] == ["an e-mail address", "a phone number"]
    assert ADA not in repr(prechecked)


# ---------------------------------------------------------------- asked about
async def test_unanswered_it_is_kept_on_this_machine(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("ask"))
    events = await line.ask(PROMPT)
    assert (told(events).status, told(events).model) == ("answered", LOCAL)
    assert line.calls("north") == []
    assert findings(events) == [
        ("personal", "an e-mail address", "kept on this machine until you say what may be done")
    ]


async def test_without_a_local_model_a_card_says_what_to_do(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("ask"))
    events = await line.ask(PROMPT)
    end = told(events)
    assert (end.status, end.model) == ("degraded", None)
    assert line.calls("north") == []
    assert "off this machine" in end.reply
    assert "say that it may be sent or masked" in end.reply
    assert ADA not in end.reply


@pytest.mark.parametrize(
    ("personal", "choice", "effect"),
    [
        ("show", None, "send"),
        ("show", "mask", "mask"),
        ("show", "local", "local"),
        ("ask", "send", "send"),
        ("ask", "mask", "mask"),
        ("ask", "local", "local"),
        ("mask", "send", "mask"),
        ("mask", "local", "local"),
        ("local", "send", "local"),
        ("local", "mask", "local"),
    ],
)
async def test_a_choice_decides_but_never_less_strictly_than_the_policy(
    journal: Journal, personal: Personal, choice: Any, effect: str
) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does(personal))
    request = replace(PROMPT, personal=choice)
    assert not line.router.handling(request).asks
    assert told(await line.ask(request)).model == (LOCAL if effect == "local" else SMALL)
    if effect != "local":
        assert (ADA in sent(line)) == (effect == "send")
    else:
        assert line.calls("north") == []


async def test_only_a_policy_that_asks_has_something_to_ask(journal: Journal) -> None:
    for personal in ("show", "ask", "mask", "local"):
        line = a_line(journal, {SMALL: [NOTE]}, does(personal))
        found = line.router.handling(replace(PROMPT, history=PAST))
        assert (found.kinds, found.asks) == (("a phone number", "an e-mail address"), personal == "ask")
        assert not line.router.handling(HELLO).asks


@pytest.mark.parametrize(("personal", "choice"), [("mask", "send"), ("local", "send"), ("local", "mask")])
async def test_a_choice_that_does_not_count_is_told(journal: Journal, personal: Personal, choice: Any) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does(personal))
    request = replace(PROMPT, personal=choice)
    ((_, _, action),) = findings(await line.ask(request))
    assert f"“{choice}” does not count: the profile is stricter" in action
    assert action in line.router.handling(request).sentence
    assert "does not count" not in line.router.handling(replace(PROMPT, personal="local")).sentence


async def test_the_decision_of_a_prompt_that_is_asked_about_is_the_one_after_the_answer(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("ask"))
    found = line.router.foresee(PROMPT)
    assert (found.personal.asks, found.decision.chosen) == (True, SMALL)
    assert line.router.foresee(replace(PROMPT, personal="local")).decision.chosen == LOCAL


async def test_what_only_local_models_read_is_not_said_to_be_sent(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("show", "local"))
    request = replace(PROMPT, model=LOCAL)
    assert line.router.explain(request).personal.stays
    ((_, _, action),) = findings(await line.ask(request))
    assert "stays on this machine" in action


# ---------------------------------------------------------------- as earlier in the chat
async def going_on(line: Line, first: Request, text: str = "And who is she?", **said: Any) -> Request:
    """The prompt that follows this one in its chat."""
    assert told(await line.ask(first)).status == "answered"
    return continue_chat(line.journal.store, ask(text, chat_id="c1", **said))


def switch(line: Line, policy: Policy, **setup: Any) -> None:
    """What comes next follows this policy."""
    fields = {"profiles": {policy.id: policy}, "default_profile": policy.id, **setup}
    line.router.configure(replace(line.router.setup, **fields))


@pytest.mark.parametrize("later", ["show", "ask", "mask"])
@pytest.mark.parametrize("choice", [None, "send"])
async def test_what_was_masked_stays_masked_whatever_is_said_later(
    journal: Journal, later: Personal, choice: Any
) -> None:
    line = a_line(journal, {SMALL: [NOTE, NOTE, NOTE]}, does("ask"))
    asked = await going_on(line, replace(PROMPT, personal="mask"))
    switch(line, does(later))
    for _ in range(2):
        events = await line.ask(replace(asked, personal=choice))
        assert ADA not in sent(line)
        assert "[EMAIL-1]" in sent(line)
        ((_, _, action),) = findings(events)
        assert action.startswith("replaced by placeholders")
        assert ("as earlier in this chat" in action) == (later != "mask")
        assert ("does not count" in action) == (choice == "send")
        asked = continue_chat(journal.store, ask("And now?", chat_id="c1"))


@pytest.mark.parametrize(
    "first",
    [
        replace(PROMPT, personal="local"),
        replace(PROMPT, tags=(("private", "yes"),)),
        ask("What is my name? Keep this on this machine.", chat_id="c1"),
    ],
    ids=["said", "tagged", "wished"],
)
async def test_what_was_kept_here_stays_here(journal: Journal, first: Request) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE, NOTE]}, does("show"))
    asked = await going_on(line, first, personal="send")
    events = await line.ask(asked)
    assert line.calls("north") == []
    assert told(events).model == LOCAL
    assert "earlier" in repr(findings(events))
    elsewhere = ask("And who is she?", chat_id="c2")
    assert told(await line.ask(elsewhere)).model == SMALL


async def test_without_a_local_model_a_chat_that_was_kept_here_says_what_to_do(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("local"))
    asked = await going_on(line, PROMPT)
    switch(line, does("show", "small"), registry=a_registry(a_model(SMALL)))
    assert "begin a new chat" in told(await line.ask(asked)).reply
    assert line.calls("north") == []


async def test_what_was_sent_as_it_was_binds_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE, NOTE]}, does("ask"))
    asked = await going_on(line, replace(PROMPT, personal="send"))
    assert asked.kept is None
    assert line.router.handling(asked).asks


async def test_the_branch_beside_it_is_not_bound(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE, NOTE, NOTE]}, does("show"))
    first = told(await line.ask(ask("Hello there", chat_id="c1"))).turn
    await going_on(line, replace(PROMPT, personal="mask", parent_turn=first))
    assert continue_chat(journal.store, ask("And?", chat_id="c1")).kept == "mask"
    assert continue_chat(journal.store, ask("And?", chat_id="c1"), first).kept is None


# ---------------------------------------------------------------- masked
async def test_a_provider_gets_placeholders_wherever_a_value_stands(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("mask"))
    content = (*PROMPT.content, FilePart(f"mail of {ADA}.txt", f"From: {ADA}\nTel. {PHONE}"))
    events = await line.ask(Request(content, chat_id="c1", history=PAST, system=f"Sign for {ADA}."))
    seen = sent(line)
    assert ADA not in seen
    assert PHONE not in seen
    assert "mail of [EMAIL-1].txt" in seen
    assert seen.count("[EMAIL-1]") == 4
    assert seen.count("[PHONE-1]") == 3
    assert told(events).sentence.startswith("An e-mail address and a phone number went out as placeholders")


async def test_the_answer_has_the_values_back_wherever_it_is_cut(journal: Journal) -> None:
    text, whole = "To [EMAIL-1]: see [1], [email_1] [EMAIL-9] [EM", f"To {ADA}: see [1], {ADA} [EMAIL-9] [EM"
    cuts = range(len(text) + 1)
    line = a_line(journal, {SMALL: [says(text[:cut], text[cut:]) for cut in cuts]}, does("mask"))
    for _ in cuts:
        events = await line.ask(PROMPT)
        assert told(events).reply == "".join(event.text for event in only(events, ev.TextDelta)) == whole


async def test_the_ledger_keeps_what_the_user_wrote(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Dear [EMAIL-1]")]}, does("mask"))
    events = await line.ask(PROMPT)
    assert only(journal.events(events[0].turn), ev.TurnStarted)[0].request.content == PROMPT.content
    row = journal.store.read(lambda db: db.execute("SELECT prompt, reply FROM turn").fetchone())
    assert (row["prompt"], row["reply"]) == (PROMPT.text, f"Dear {ADA}")


async def test_json_stays_json(journal: Journal) -> None:
    place = "Lindenstraße 5\n10969 Berlin"
    schema = json.dumps({"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]})
    request = ask(f"Where is it? {place}", response_format="json_schema", schema=schema)
    line = a_line(journal, {SMALL: [says('{"to": "[ADDR', 'ESS-1]"}')]}, does("mask"))
    events = await line.ask(request)
    assert "Lindenstraße" not in sent(line)
    assert json.loads(told(events).reply) == {"to": place}


async def test_tools_are_called_with_the_values(journal: Journal) -> None:
    calls = (
        ToolCallChunk(ToolCall(0, "a", "write", '{"to": "[EM')),
        ToolCallChunk(ToolCall(1, "b", "write", '{"to": "[EMAIL-1]')),
        ToolCallChunk(ToolCall(0, "", "", 'AIL-1]"}')),
        ToolCallChunk(ToolCall(1, "", "", '", "cc": "[EMA')),
        FinishChunk("tool_calls"),
    )
    tool = Tool("write", "Write to somebody.", '{"type": "object"}')
    line = a_line(journal, {SMALL: [calls]}, does("mask"))
    pieces = [event.call for event in only(await line.ask(replace(PROMPT, tools=(tool,))), ev.ToolCallDelta)]
    arguments = {n: "".join(one.arguments for one in pieces if one.index == n) for n in (0, 1)}
    assert arguments == {0: json.dumps({"to": ADA}), 1: f'{{"to": "{ADA}", "cc": "[EMA'}


async def test_so_does_what_a_model_thinks(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [(ReasoningChunk("For [EMAI"), ReasoningChunk("L-1]."), *NOTE)]}, does("mask"))
    events = await line.ask(PROMPT)
    assert "".join(event.text for event in only(events, ev.ReasoningDelta)) == f"For {ADA}."


async def test_a_local_model_gets_the_real_text(journal: Journal) -> None:
    line = a_line(journal, {LOCAL: [says("[EMAIL-1]")]}, does("mask", "local"))
    assert told(await line.ask(PROMPT)).reply == "[EMAIL-1]"
    assert ADA in sent(line, "home")


async def test_who_is_asked_next_gets_placeholders_as_well(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("large"), retries=0), personal="mask")
    scripts: dict[str, list[Script]] = {
        SMALL: [fails("server_error")],
        OTHER: [says("Perhaps [EMAIL-1].", score=0.3)],
        LARGE: [says("For [EMAIL-1].")],
    }
    line = a_line(journal, scripts, policy)
    events = await line.ask(PROMPT)
    assert told(events).reply == f"For {ADA}."
    assert [event.type for event in only(events, ev.FailedOver) + only(events, ev.Escalated)] == [
        "FailedOver",
        "Escalated",
    ]
    for provider in ("north", "south"):
        for call in range(len(line.calls(provider))):
            assert ADA not in sent(line, provider, call)
            assert "[EMAIL-1]" in sent(line, provider, call)


async def test_a_placeholder_that_a_lost_stream_began_is_not_told(journal: Journal) -> None:
    lost = (TextChunk("Dear [EMAI"), ProviderError(ErrorKind.CONNECTION))
    line = a_line(journal, {SMALL: [lost]}, a_policy(a_route(a_rung("small"), retries=0), personal="mask"))
    assert told(await line.ask(PROMPT)).reply == "Dear "


# ---------------------------------------------------------------- kept here
async def test_kept_local_means_no_other_machine(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [says("x", score=0.01)]}, does("local", "small", "local"))
    events = await line.ask(PROMPT)
    assert line.calls("north") == []
    assert told(events).model == LOCAL
    assert findings(events) == [("personal", "an e-mail address", "kept on this machine")]
    assert told(await line.ask(HELLO)).model == SMALL


async def test_what_an_earlier_prompt_told_keeps_the_chat_here(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("local"))
    assert told(await line.ask(ask("And now?", history=PAST))).model == LOCAL


# ---------------------------------------------------------------- secrets and risk
async def test_a_secret_is_a_finding_that_does_not_repeat_it(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE], LOCAL: [NOTE]}, does("mask"))
    events = await line.ask(ask("Is this right? password: hunter2secret!"))
    assert findings(events) == [("secret", "private: a password", "kept on this machine")]
    assert line.calls("north") == []
    assert "hunter2" not in repr(only(events, ev.Prechecked))


async def test_high_risk_is_a_finding(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [NOTE]}, does("show"))
    events = await line.ask(ask("My child swallowed bleach. What dose of activated charcoal must I give?"))
    (found,) = findings(events)
    assert (found[0], found[2]) == ("risk", "the rules for high risk apply")
    assert found[1].startswith("a wrong answer may do harm (")
