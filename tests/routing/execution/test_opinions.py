"""Second opinions: asked where they can change what happens next and are worth their price, in turns of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from routing import events as ev
from routing.ledger.chats import turns_of
from routing.ledger.journal import Journal
from routing.ledger.retention import erase_chat
from routing.registry.model import Price
from tests.fakes import (
    HELLO,
    LARGE,
    PRICES,
    SMALL,
    Line,
    Never,
    Script,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

OTHER = "east/pebble"
DOUBTED = says("The answer is 42.", score=0.65)
ROUTE = a_route(a_rung("small", 0.7), a_rung("large"))
WORTH = 4_000_000
"""Five calls of the large model: so that it matters who is asked."""


def a_case(
    journal: Journal, other: Sequence[Script], *, first: Script = DOUBTED, price: Price = PRICES["small"], **fields: Any
) -> Line:
    """A small model whose answer is a little too weak, another small one, and a large one."""
    scripts = {SMALL: [first], OTHER: other, LARGE: [says("It is 42.", score=0.9)]}
    models = [a_model(SMALL, quality=0.62), a_model(OTHER, tier="small", quality=0.6, price=price), a_model(LARGE)]
    settled = {"value_nusd": WORTH, "second_opinion": "any"} | fields
    return a_line(journal, scripts, a_policy(ROUTE, **settled), models=models)


def opinions(events: Sequence[ev.Event]) -> list[ev.SecondOpinion]:
    return only(events, ev.SecondOpinion)


async def test_who_agrees_saves_the_climb(journal: Journal) -> None:
    line = a_case(journal, [says("After all, the answer is 42.")], second_opinion="agreement")
    events = await line.ask(HELLO)
    check_turn(journal, events)
    (heard,) = opinions(events)
    assert (heard.kind, heard.model, heard.attempt) == ("agreement", OTHER, f"{events[0].turn}.1")
    assert told(events).model == SMALL
    before, after = only(events, ev.ConfidenceMeasured)
    assert before.score < 0.7 <= after.score
    assert after.parts[:-1] == before.parts
    assert after.parts[-1].name == "agreement"


async def test_who_differs_lets_it_climb(journal: Journal) -> None:
    line = a_case(journal, [says("The answer is 17.")], second_opinion="agreement")
    events = await line.ask(HELLO)
    assert told(events).model == LARGE
    assert only(events, ev.ConfidenceMeasured)[1].score < only(events, ev.ConfidenceMeasured)[0].score


@pytest.mark.parametrize(("verdict", "answers"), [("Y", SMALL), ("N", LARGE), ("perhaps", LARGE)])
async def test_a_judge_is_heard(journal: Journal, verdict: str, answers: str) -> None:
    line = a_case(journal, [says(verdict)], second_opinion="judge")
    events = await line.ask(HELLO)
    (heard,) = opinions(events)
    assert heard.kind == "judge"
    assert told(events).model == answers
    (asked,) = [call for name, call, _ in line.providers["east"].calls if name == "pebble"]
    assert "The answer is 42." in str(asked.messages[-1].content)


async def test_it_is_paid_for_in_a_turn_of_its_own_out_of_the_messages_credit(journal: Journal) -> None:
    line = a_case(journal, [says("The answer is 42.")], second_opinion="agreement")
    events = await line.ask(HELLO)
    (heard,) = opinions(events)
    beside = journal.events(heard.by_turn)
    check_turn(journal, beside)
    assert (beside[0].purpose, told(beside).spend_nusd) == ("agreement", heard.spend_nusd)
    assert heard.spend_nusd > 0
    assert [one.id for one in turns_of(journal.store, HELLO.chat_id)] == [events[0].turn], "it stands in no chat"
    started = only(beside, ev.AttemptStarted)
    assert [one.purpose for one in started] == ["agreement"]


@pytest.mark.parametrize(
    "fields",
    [
        {"second_opinion": "never"},
        {"first": says("The answer is 42.", score=0.95)},
        {"first": says("The answer is 42.", score=0.05)},
        {"price": PRICES["large"]},
        {"request_credit_nusd": 5_200_000},
    ],
    ids=["not wanted", "sure anyway", "too weak anyway", "too dear", "no money for it"],
)
async def test_nobody_is_asked_whose_word_could_change_nothing(journal: Journal, fields: dict[str, Any]) -> None:
    line = a_case(journal, [says("The answer is 42.")], **fields)
    events = await line.ask(HELLO)
    check_turn(journal, events)
    assert opinions(events) == []
    assert line.providers["east"].calls == []


async def test_a_witness_that_fails_changes_nothing(journal: Journal) -> None:
    line = a_case(journal, [fails("server_error")])
    events = await line.ask(HELLO)
    check_turn(journal, events)
    (heard,) = opinions(events)
    assert heard.said == "did not answer"
    assert told(events).model == LARGE
    assert len({one.attempt for one in only(events, ev.ConfidenceMeasured)}) == 2, "each answer was measured once"
    assert len(only(events, ev.ConfidenceMeasured)) == 2


async def test_a_private_request_is_judged_in_private(journal: Journal) -> None:
    scripts = {"home/local": [DOUBTED], "home/other": [says("The answer is 42.")], LARGE: [says("It is 42.")]}
    models = [a_model("home/local", tier="small", local=True), a_model("home/other", tier="small", local=True)]
    route = a_route(a_rung("small", 0.7), a_rung("large"))
    policy = a_policy(route, value_nusd=WORTH, second_opinion="any")
    line = a_line(journal, scripts, policy, models=[*models, a_model(LARGE)])
    await line.ask(replace(HELLO, tags=(("private", "yes"),)))
    assert line.providers["north"].calls == []


async def test_stopping_the_turn_stops_who_is_asked(journal: Journal) -> None:
    line = a_case(journal, [(Never(),)], second_opinion="agreement")
    east, asked = line.providers["east"], asyncio.Event()
    east.at_step = asked.set
    turn = line.router.start(HELLO)
    await asked.wait()
    turn.cancel()
    await turn.wait()
    assert east.running == 0
    assert turn.trace.finished is not None
    assert turn.trace.finished.status == "cancelled"
    for one in journal.store.read(lambda db: [row[0] for row in db.execute("SELECT id FROM turn")]):
        check_turn(journal, journal.events(one))


async def test_what_an_opinion_cost_is_no_longer_there_for_an_answer(journal: Journal) -> None:
    """The credit would do for both answers, or for the first and the opinion."""
    spent, dear = 9_000, 10_330_000
    line = a_case(journal, [says("The answer is 17.")], second_opinion="agreement", request_credit_nusd=spent + dear)
    await line.ask(replace(HELLO, model=LARGE))
    events = await line.ask(HELLO)
    (heard,) = opinions(events)
    assert heard.spend_nusd == spent
    (cap,) = only(events, ev.CapReached)
    assert (cap.cap, cap.model, cap.needed_nusd, cap.left_nusd) == ("request", LARGE, dear, dear - spent)
    assert told(events).model == SMALL


async def test_what_is_erased_is_erased_with_who_was_asked_about_it(journal: Journal) -> None:
    line = a_case(journal, [says("The answer is 17.")], second_opinion="agreement")
    (heard,) = opinions(await line.ask(HELLO))
    assert journal.events(heard.by_turn)
    erase_chat(journal.store, HELLO.chat_id)
    assert journal.events(heard.by_turn) == []
    assert journal.store.read(lambda db: db.execute("SELECT COUNT(*) FROM turn").fetchone()[0]) == 0
