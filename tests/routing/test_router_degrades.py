"""Down the ladder of degradation, step by step: another provider, a smaller model, an extract, a card; and what the
user may do with what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.history.conversation import continue_chat
from routing import events as ev
from routing.analysis.features import TaskClass
from routing.budget.caps import Caps
from routing.budget.throttle import Throttle
from routing.clock import until_midnight_s
from routing.execution.pacing import Paced, Pacing
from routing.execution.reduced import LABEL, MOST_SENTENCES, reducible, telling
from routing.folding import fold
from routing.ledger.acceptance import read_acceptance
from routing.ledger.chats import turns_of
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.ledger.transfer import export_lines, import_lines
from routing.messages import FilePart, Request, TextChunk, TextPart, ask
from routing.policy.model import ClassCap, PremiumShare, ProfileCaps
from routing.reports.session import summarise_session
from tests.fakes import (
    HELLO,
    LARGE,
    NOON,
    SMALL,
    Line,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence", "session")


HARBOUR = " ".join(
    f"Boat {name} left the harbour before dawn and came back with herring for the market."
    for name in ("Anna", "Berta", "Carla", "Dora", "Emma", "Frieda", "Gerda", "Hanna", "Ida", "Jutta", "Klara", "Lena")
)
SUMMARY = ask(f"Summarise this text:\n\n{HARBOUR}", chat_id="c1")
TOP = replace(HELLO, nudge=2)


# ---------------------------------------------------------------- the steps
async def test_first_another_provider_of_the_same_tier_answers(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("server_error")], "south/small": [says("Here.")]})
    events = await line.ask(HELLO)
    assert told(events).path == ("north/small failed", "north/small failed", "south/small answered")
    assert only(events, ev.Degraded) == []
    assert "stood in" not in told(events).sentence


async def test_then_a_smaller_model_stands_in_with_a_short_answer_and_says_so(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Down here.")], "south/large": [fails("timeout")]})
    end = told(await line.ask(TOP))
    assert (end.status, end.model) == ("answered", SMALL)
    assert "a smaller model stood in, held to a short answer" in end.sentence
    (_, large, _), (_, small, _) = line.providers["south"].calls[0], line.providers["north"].calls[0]
    assert small.max_output_tokens == max(256, large.max_output_tokens // 2)
    assert small.max_output_tokens < large.max_output_tokens


async def test_of_json_half_would_be_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says('{"a": 1}')], "south/large": [fails("timeout")]})
    await line.ask(replace(TOP, response_format="json"))
    (_, large, _), (_, small, _) = line.providers["south"].calls[0], line.providers["north"].calls[0]
    assert small.max_output_tokens == large.max_output_tokens


async def test_then_sentences_of_the_text_itself_are_picked_and_labelled(journal: Journal) -> None:
    events = await a_line(journal, {SMALL: [fails("auth")]}).ask(SUMMARY)
    (degraded,), end = only(events, ev.Degraded), told(events)
    assert degraded.level == "reduced"
    quoted = [line.removeprefix("> ") for line in end.reply.splitlines() if line.startswith("> ")]
    assert end.reply.startswith(f"**{LABEL}**")
    assert 1 <= len(quoted) <= MOST_SENTENCES
    assert [HARBOUR.index(sentence) for sentence in quoted] == sorted(HARBOUR.index(one) for one in quoted)
    assert "**What to do**" in end.reply
    assert (end.status, end.attempt, end.model, end.confidence, end.spend_nusd) == ("degraded", None, None, None, 0)
    assert "sentences of the text were picked on this machine instead" in end.sentence


async def test_an_extract_is_no_success_and_nothing_that_a_model_said(journal: Journal) -> None:
    await a_line(journal, {SMALL: [fails("connection")]}).ask(SUMMARY)
    assert answered(journal) == 0
    assert continue_chat(journal.store, ask("And?", chat_id="c1")).history == ()
    assert read_acceptance(journal.store).records == ()


async def test_an_attached_text_is_reduced_as_well(journal: Journal) -> None:
    request = Request((TextPart("Summarise it."), FilePart("a.txt", HARBOUR)), chat_id="c1")
    (degraded,) = only(await a_line(journal, {SMALL: [fails("connection")]}).ask(request), ev.Degraded)
    assert degraded.level == "reduced"


@pytest.mark.parametrize(
    "request_",
    [
        HELLO,
        ask("Summarise this text:\n\nToo short.", chat_id="c1"),
        ask(f"Translate to German:\n\n{HARBOUR}", chat_id="c1"),
        replace(SUMMARY, response_format="json"),
        ask("Summarise this text:\n\n" + "1 2 3 " * 400, chat_id="c1"),
    ],
    ids=["no text", "short", "another task", "json", "no words"],
)
async def test_last_comes_a_card(journal: Journal, request_: Request) -> None:
    events = await a_line(journal, {SMALL: [fails("connection")]}).ask(request_)
    (degraded,) = only(events, ev.Degraded)
    assert (degraded.level, LABEL in told(events).reply) == ("static", False)


async def test_what_a_model_said_goes_before_an_extract(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("malformed_stream", TextChunk("Boats left"))]})
    events = await line.ask(SUMMARY)
    assert (only(events, ev.Degraded)[0].level, told(events).reply) == ("kept_draft", "Boats left")


# ---------------------------------------------------------------- the extract
def test_sentences_are_told_once_in_order_and_as_they_stand() -> None:
    text = f"{HARBOUR}\nThe price of herring rose by 3.5 percent in Bergen!\n{HARBOUR}"
    found = telling(text)
    assert len(found) == len(set(found)) == MOST_SENTENCES
    assert [text.index(one) for one in found] == sorted(text.index(one) for one in found)


def test_a_sentence_about_what_the_text_is_about_is_picked_before_an_aside() -> None:
    about = [f"The herring boats of {place} fish herring with nets." for place in ("Bergen", "Oslo", "Bremen", "Kiel")]
    aside = "Yesterday somebody quietly mislaid twelve purple umbrellas somewhere."
    assert aside not in telling(" ".join([*about[:2], aside, *about[2:]]), most=3)


def test_words_that_hold_a_text_together_tell_nothing_of_it() -> None:
    idle = "It is what it is and so it is with it."
    towns = ("Bergen", "Oslo", "Bremen", "Kiel", "Malmo")
    told = [f"Herring boats from {town} sold herring in {town}." for town in towns]
    assert telling(" ".join([idle] * 20 + told + [idle] * 20)) == told


def test_lines_that_were_wrapped_are_one_sentence_and_scripts_without_spaces_have_words() -> None:
    wrapped = "The committee that met in the old town hall on Monday\ndecided to rebuild the bridge before winter."
    assert telling(wrapped) == [wrapped.replace("\n", " ")]
    assert telling("港の船は夜明け前に出て行きました。市場には魚が並びます。") != []
    assert reducible(ask("要約:\n\n" + "港の船は夜明け前に出て行きました。" * 20), TaskClass.SUMMARY)


# ---------------------------------------------------------------- the card's guidance, each cause once
CAPPED = {
    "session": (ProfileCaps(session_nusd=1), "`caps.session_usd`", False),
    "provider": (ProfileCaps(providers=(("north", 1),)), "`caps.providers`", True),
    "premium": (ProfileCaps(premium=PremiumShare(0.0)), "`caps.premium_share`", True),
    "class": (ProfileCaps(classes=(ClassCap("conversation", 1),)), "`caps.classes`", True),
}


async def the_card(line: Line, request: Request = HELLO) -> tuple[ev.Degraded, str]:
    events = await line.ask(request)
    (degraded,) = only(events, ev.Degraded)
    return degraded, told(events).reply


@pytest.mark.parametrize("cap", CAPPED)
async def test_a_cap_of_the_profile_says_which_and_when_it_resets(journal: Journal, cap: str) -> None:
    caps, key, resets = CAPPED[cap]
    policy = a_policy(a_route(a_rung("large")), caps=caps)
    line = a_line(journal, {LARGE: [says("no")]}, policy)
    events = await line.ask(ask("Hello there, how are you today?", chat_id="c1"))
    (degraded,) = only(events, ev.Degraded)
    assert (degraded.cause, only(events, ev.CapReached)[0].cap) == ("a cap on spend is reached", cap)
    assert key in degraded.do
    assert_resets(degraded, resets)


@pytest.mark.parametrize(
    ("policy", "caps", "key", "resets"),
    [
        (a_policy(a_route(a_rung("small"))), Caps(day_nusd=1), "`/raise`", True),
        (a_policy(a_route(a_rung("small"), day_nusd=1)), Caps(), "the route's `day_usd`", True),
        (a_policy(a_route(a_rung("small")), request_credit_nusd=1), Caps(), "the request's credit", False),
    ],
    ids=["day", "route", "request"],
)
async def test_so_do_the_others(journal: Journal, policy: Any, caps: Caps, key: str, resets: bool) -> None:
    degraded, reply = await the_card(a_line(journal, {SMALL: [says("no")]}, policy, caps=caps))
    assert key in degraded.do
    assert ("**When it can work**: in " in reply) is resets
    assert_resets(degraded, resets)


def assert_resets(degraded: ev.Degraded, resets: bool) -> None:
    assert ("midnight" in degraded.do) is resets
    if resets:
        assert degraded.again_in_s == pytest.approx(until_midnight_s(NOON), abs=60)
    else:
        assert degraded.again_in_s is None


async def test_a_wait_that_the_provider_asks_for_is_told(journal: Journal) -> None:
    degraded, reply = await the_card(a_line(journal, {SMALL: [fails("rate_limit", retry_after_s=40.0)]}))
    assert degraded.again_in_s == pytest.approx(40, abs=5)
    assert "**When it can work**: in 4" in reply or "**When it can work**: in 3" in reply
    assert degraded.tried == ("north/small: north/small failed (rate_limit).",)


async def test_a_breaker_says_when_it_lets_somebody_try(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("server_error")]}, a_policy(a_route(a_rung("small"), retries=0)))
    for _ in range(3):
        degraded, _ = await the_card(line)
    assert degraded.again_in_s is not None
    assert 0 < degraded.again_in_s <= 60


async def test_spend_that_is_slowed_says_when_it_may_be_let_go(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = a_line(journal, {SMALL: [says("no")]})
    monkeypatch.setattr(Pacing, "now", lambda *_: Paced(Throttle(step=5, why="it doubled")))
    degraded, _ = await the_card(line)
    assert degraded.cause == "no model may be asked: north/small must wait, as spend grows too fast"
    assert (degraded.again_in_s, "calm again" in degraded.do) == (600, True)


# ---------------------------------------------------------------- what is below the floor
UNSURE = a_policy(a_route(a_rung("small")))


async def a_kept_draft(journal: Journal) -> tuple[Line, str]:
    line = a_line(journal, {SMALL: [says("Paris, perhaps.", score=0.2), says("Sure.")]}, UNSURE)
    end = told(await line.ask(HELLO))
    assert (end.status, end.below_floor) == ("degraded", True)
    return line, end.turn


def answered(journal: Journal) -> int:
    return summarise_session(journal.store, "s1").answered


def history(journal: Journal) -> list[str]:
    request = continue_chat(journal.store, ask("And?", chat_id="c1"))
    return [part.text for message in request.history for part in message.content if isinstance(part, TextPart)]


async def test_the_next_turn_sees_a_draft_that_nobody_took_as_a_draft(journal: Journal) -> None:
    await a_kept_draft(journal)
    assert history(journal)[1].startswith("Paris, perhaps.\n\n(This draft is unsure and unchecked")


async def test_half_an_answer_says_so_to_the_next_turn(journal: Journal) -> None:
    await a_line(journal, {SMALL: [fails("malformed_stream", TextChunk("Once upon"))]}).ask(HELLO)
    assert history(journal)[1] == "Once upon\n\n(This answer broke off before its end.)"


async def test_a_draft_that_was_taken_is_the_answer_of_what_follows(journal: Journal) -> None:
    line, turn = await a_kept_draft(journal)
    taken = await line.router.take_draft(turn)
    assert taken is not None
    assert history(journal) == [HELLO.written, "Paris, perhaps."]
    events = journal.events(turn)
    assert events[-1] == taken
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    (attempt,) = fold(events).attempts
    assert (attempt.outcome, attempt.id) == ("taken", taken.attempt)
    assert fold(events).takeable is None


async def test_a_draft_that_was_taken_is_still_no_success(journal: Journal) -> None:
    line, turn = await a_kept_draft(journal)
    before = read_acceptance(journal.store)
    await line.router.take_draft(turn)
    assert (read_acceptance(journal.store), answered(journal)) == (before, 0)
    (row,) = turns_of(journal.store, "c1")
    assert (row.status, row.taken) == ("degraded", f"{turn}.1")


async def test_a_draft_is_taken_once_and_only_where_there_is_one(journal: Journal) -> None:
    line, turn = await a_kept_draft(journal)
    answered = told(await line.ask(HELLO)).turn
    assert await line.router.take_draft(turn) is not None
    stored = journal.events(turn)
    assert [await line.router.take_draft(one) for one in (turn, answered, "nobody.1")] == [None, None, None]
    assert journal.events(turn) == stored


async def test_that_a_draft_was_taken_survives_an_export(journal: Journal, tmp_path: Path) -> None:
    line, turn = await a_kept_draft(journal)
    await line.router.take_draft(turn)
    other = Store(tmp_path / "other.db")
    import_lines(other, [one.encode() + b"\n" for one in export_lines(journal.store)], "f")
    assert turns_of(other, "c1") == turns_of(journal.store, "c1")
    other.close()


async def test_a_card_has_nothing_to_take(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("connection")]})
    assert await line.router.take_draft(told(await line.ask(SUMMARY)).turn) is None


async def test_a_draft_before_an_escalation_that_failed_can_be_taken(journal: Journal) -> None:
    route = a_route(a_rung("small", 0.8), a_rung("large"))
    scripts = {SMALL: [says("hm", score=0.2)], LARGE: [fails("not_found")]}
    line = a_line(journal, scripts, a_policy(route), models=[a_model(SMALL), a_model(LARGE)])
    end = told(await line.ask(HELLO))
    taken = await line.router.take_draft(end.turn)
    assert taken is not None
    assert (taken.attempt, history(journal)[1]) == (f"{end.turn}.1", "hm")
