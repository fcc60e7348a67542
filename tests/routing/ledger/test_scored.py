"""Answers beside the confidence that was shown with them, as turns leave them."""

from __future__ import annotations

import pytest

from routing.ledger.journal import Journal
from routing.ledger.scored import read_scored
from tests.fakes import HELLO, LARGE, SMALL, a_line, a_model, a_policy, a_route, a_rung, fails, says, told

pytestmark = pytest.mark.usefixtures("scripted_confidence", "session")


async def test_answers_that_stay_and_drafts_are_there_with_what_was_said_of_them(journal: Journal) -> None:
    route = a_route(a_rung("small", 0.8), a_rung("large"))
    scripts = {SMALL: [says("hm", score=0.2), says("Paris.", score=0.85)], LARGE: [says("Rome.", score=0.9)]}
    line = a_line(journal, scripts, a_policy(route), models=[a_model(SMALL), a_model(LARGE)])
    first, second = told(await line.ask(HELLO)), told(await line.ask(HELLO))
    await line.router.rate(first.turn, good=True)
    await line.router.rate(second.turn, good=False)
    found = read_scored(journal.store)
    assert [(one.tier, one.score, one.good) for one in found] == [
        ("small", 0.2, None),
        ("large", 0.9, True),
        ("small", 0.85, False),
    ]
    assert not any(one.solicited for one in found)


async def test_what_gave_no_answer_is_not_there(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("connection")]})
    await line.ask(HELLO)
    assert read_scored(journal.store) == ()
