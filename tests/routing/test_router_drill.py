"""A drill: one cheap call of one model, told and billed like any other, and in nobody's chat."""

from __future__ import annotations

from dataclasses import replace

from routing.ledger.chats import list_chats
from routing.ledger.costs import Scope, read_costs
from routing.ledger.journal import Journal
from routing.ledger.pages import earlier_prompts
from routing.ledger.queries import session_turns
from tests.fakes import SMALL, a_line, a_model, fails, says


async def test_a_drill_asks_the_one_model_and_is_settled(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("ready")]})
    turn = line.router.drill(SMALL)
    await turn.wait()
    (attempt,) = turn.trace.attempts
    assert (attempt.model, attempt.purpose, attempt.outcome) == (SMALL, "drill", "answered")
    (row,) = read_costs(journal.store, Scope(session=journal.session))
    assert (row.purpose, row.spend_nusd is not None) == ("drill", True)


async def test_a_drill_belongs_to_no_chat_and_counts_as_no_turn(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("ready")]})
    await line.router.drill(SMALL).wait()
    assert list_chats(journal.store) == []
    assert earlier_prompts(journal.store) == []
    assert session_turns(journal.store, journal.session) == []


async def test_a_drill_asks_no_other_provider_that_offers_a_model_of_that_name(journal: Journal) -> None:
    """A hub's bare names may be the ids of others."""
    hub = replace(a_model("hub/small", quality=0.99), id=f"hub/{SMALL}", name=SMALL)
    line = a_line(journal, {SMALL: [fails("auth")], "hub/small": [says("ready")]}, models=[a_model(SMALL), hub])
    turn = line.router.drill(SMALL)
    await turn.wait()
    assert [(one.model, one.outcome) for one in turn.trace.attempts] == [(SMALL, "failed")]


async def test_a_drill_that_fails_goes_to_nobody_else(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("auth")]})
    turn = line.router.drill(SMALL)
    await turn.wait()
    assert [(one.model, one.outcome) for one in turn.trace.attempts] == [(SMALL, "failed")]
