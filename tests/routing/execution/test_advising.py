"""A strategy's word, as the router's events tell it: what it changes, and what it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from routing import events as ev
from routing.analysis.features import Risk
from routing.decision.storage import replay
from routing.ledger.chats import turns_of
from routing.ledger.journal import Journal
from routing.ledger.retention import erase_chat
from routing.messages import ask
from routing.policy.model import Range, Rule, When
from routing.strategies.contract import Ask, Question, Word
from tests.fakes import CASCADE, HELLO, LARGE, MID, SMALL, Line, a_line, a_policy, check_turn, only, says, told

pytestmark = pytest.mark.usefixtures("scripted_confidence")

SCRIPTS = {SMALL: [says("a")], MID: [says("b")], LARGE: [says("c")]}


@dataclass
class Says:
    """A strategy that has always the same to say."""

    word: Word | None
    asked: int = 0

    def known(self, question: Question) -> Word | None:
        return self.word

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        self.asked += 1
        return self.word


def with_strategy(line: Line, strategy: object, name: str = "learned") -> Line:
    line.router.configure(replace(line.router.setup, strategies={name: strategy}))
    return line


def a_case(journal: Journal, word: Word | None, **fields: object) -> tuple[Line, Says]:
    strategy = Says(word)
    line = a_line(journal, SCRIPTS, a_policy(CASCADE, strategy="learned", **fields))
    return with_strategy(line, strategy), strategy


@pytest.mark.parametrize(
    ("quality", "first"),
    [
        ({SMALL: 0.9, MID: 0.92, LARGE: 0.95}, SMALL),
        ({SMALL: 0.2, MID: 0.8, LARGE: 0.85}, MID),
        ({SMALL: 0.05, MID: 0.1, LARGE: 0.9}, LARGE),
        ({}, SMALL),
    ],
)
async def test_the_first_rung_is_the_one_of_most_worth(
    journal: Journal, quality: Mapping[str, float], first: str
) -> None:
    line, _ = a_case(journal, Word("it was told", quality))
    events = await line.ask(HELLO)
    check_turn(journal, events)
    assert told(events).model == first
    (advised,) = only(events, ev.Advised)
    assert (advised.advice.strategy, dict(advised.advice.quality)) == ("learned", quality)
    (decided,) = only(events, ev.RouteDecided)
    assert decided.snapshot.advice == (advised.advice,)


async def test_what_was_advised_is_decided_so_again_out_of_the_ledger(journal: Journal) -> None:
    line, _ = a_case(journal, Word("hard", {SMALL: 0.1}))
    events = await line.ask(HELLO)
    (analysed,), (decided,) = only(events, ev.RequestAnalysed), only(events, ev.RouteDecided)
    assert replay(analysed, decided, journal.blob) == decided.decision


async def test_a_strategy_that_knows_nothing_or_is_not_there_leaves_it_to_the_rules(journal: Journal) -> None:
    line, _ = a_case(journal, None)
    (silent,) = only(await line.ask(HELLO), ev.Advised)
    line.router.configure(replace(line.router.setup, strategies={}))
    (absent,) = only(await line.ask(HELLO), ev.Advised)
    assert silent.advice == absent.advice
    assert silent.advice.first_rung == 0
    assert "the trained router knows none of these models" in silent.advice.evidence


async def test_another_reading_of_the_request_may_lead_to_another_route(journal: Journal) -> None:
    rule = Rule("risky", When(risk=("high",)), "main")
    strategy = Says(None)
    policy = a_policy(CASCADE, rules=(rule,), strategy="classifier")
    line = with_strategy(a_line(journal, SCRIPTS, policy), strategy, "classifier")
    seen = only(await line.ask(HELLO), ev.RequestAnalysed)[0].features
    strategy.word = Word("asked a small one: risky", features=replace(seen, risk=Risk.HIGH), turn="t")
    events = await line.ask(HELLO)
    assert [one.features.risk for one in only(events, ev.RequestAnalysed)] == [Risk.LOW, Risk.HIGH]
    (decided,) = only(events, ev.RouteDecided)
    assert decided.decision.rule == "risky"
    (advised,) = only(events, ev.Advised)
    assert (advised.advice.turn, advised.advice.cost_nusd) == ("t", 0)
    assert replay(only(events, ev.RequestAnalysed)[-1], decided, journal.blob) == decided.decision


async def test_what_asking_cost_is_told_and_taken_off_the_credit_whatever_came_of_it(journal: Journal) -> None:
    class AsksInVain(Says):
        async def advise(self, question: Question, ask: Ask) -> Word | None:
            await ask(replace(HELLO, model=SMALL), "classifier")
            return None

    line = with_strategy(a_line(journal, SCRIPTS, a_policy(CASCADE, strategy="learned")), AsksInVain(None))
    turn = line.router.start(HELLO)
    await turn.wait()
    (advised,) = only(journal.events(turn.id), ev.Advised)
    assert advised.advice.cost_nusd == turn.trace.asides_nusd == 9_000
    (started,) = only(journal.events(advised.advice.turn), ev.TurnStarted)
    assert (started.chat, started.request.parent_turn, started.purpose) == ("", turn.id, "classifier")
    assert [one.id for one in turns_of(journal.store, HELLO.chat_id)] == [turn.id]
    erase_chat(journal.store, HELLO.chat_id)
    assert journal.events(advised.advice.turn) == []


async def test_who_is_named_is_not_thought_about(journal: Journal) -> None:
    line, strategy = a_case(journal, Word("hard", {SMALL: 0.1}))
    await line.ask(replace(HELLO, model=SMALL))
    await line.ask(HELLO)
    assert strategy.asked == 1


async def test_side_turns_ask_no_strategy(journal: Journal) -> None:
    line, strategy = a_case(journal, Word("hard", {SMALL: 0.1}))
    turn = line.router.start(ask("Sum this up.", nudge=-9), "summary")
    await turn.wait()
    assert strategy.asked == 0
    assert turn.trace.finished is not None
    assert turn.trace.finished.model == SMALL


def test_explaining_asks_nobody(journal: Journal) -> None:
    line, strategy = a_case(journal, Word("hard", {SMALL: 0.1, MID: 0.9}))
    found = line.router.explain(HELLO)
    assert (found.decision.chosen, strategy.asked) == (MID, 0)
    assert line.router.explain(HELLO, strategy="rules").decision.chosen == SMALL


async def test_what_is_like_nothing_before_goes_up(journal: Journal) -> None:
    """Of no clear kind, and unlike everything that was asked: what is usual of small models is not counted on."""
    line = a_line(journal, SCRIPTS, a_policy(CASCADE, rules=(Rule("new", When(novelty=Range(at_least=0.9)), "main"),)))
    strange = ask("zorp the quux until blarg", chat_id="c9")
    first = await line.ask(strange)
    line.router.configure(replace(line.router.setup, novelty=lambda text: 0.97))
    second = await line.ask(strange)
    assert [only(turn, ev.RequestAnalysed)[0].features.novelty for turn in (first, second)] == [0.5, 0.97]
    assert [only(turn, ev.RouteDecided)[0].decision.rule for turn in (first, second)] == ["default", "new"]
    advice = [only(turn, ev.Advised)[0].advice for turn in (first, second)]
    assert [one.first_rung > 0 for one in advice] == [False, True]
    assert "like nothing before" in advice[1].evidence
