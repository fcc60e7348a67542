"""Turns and money: what is held, paid, capped and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.decision.prediction import THINKING_TOKENS
from routing.ledger.journal import Journal
from routing.messages import Limits, Usage, ask
from routing.money import cost, format_usd
from routing.registry.model import FREE
from tests.fakes import (
    CASCADE,
    DOLLAR,
    HELLO,
    MID,
    PRIVATE,
    SMALL,
    FakeClock,
    a_line,
    a_model,
    a_policy,
    days,
    kinds,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")


def worst_of(line_events: list, model: str) -> int:
    return next(c.worst_nusd for c in only(line_events, ev.RouteDecided)[0].decision.candidates if c.model == model)


async def test_a_day_cap_that_does_not_fit_leaves_free_models(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [says("Free.")]}, a_policy(CASCADE), caps=Caps(10))
    events = await line.ask(HELLO)
    assert (told(events).model, told(events).spend_nusd) == ("home/local", 0)
    assert line.calls("north") == []


async def test_a_day_cap_that_is_reached_says_when_it_ends(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, caps=Caps(10))
    events = await line.ask(HELLO)
    card = only(events, ev.Degraded)[0]
    assert card.cause == "a cap on spend is reached"
    assert told(events).sentence == (
        f"A cap on spend is reached (up to {format_usd(worst_of(events, SMALL))} is held for a call, <$0.0001 is left; "
        "raise it: `/raise`, or `pointsman caps raise`)."
    )
    assert 0 < (card.again_in_s or 0) <= 24 * 3600
    reached = only(events, ev.CapReached)[0]
    assert (reached.cap, reached.model, reached.left_nusd) == ("day", SMALL, 10)
    assert line.calls("north") == []


async def test_a_day_cap_that_runs_out_during_a_turn_keeps_the_draft(journal: Journal) -> None:
    """Both models fit when the turn begins; the second does not once the first is paid."""
    scripts = {SMALL: [says("A guess.", score=0.5, usage=Usage(100, 400, reported=True))], MID: [says("no")]}
    probe = a_line(journal, scripts).router.explain(HELLO).decision
    line = a_line(journal, scripts, caps=Caps(probe.candidate(MID).worst_nusd))
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply, end.path) == ("answered", "A guess.", ("north/small answered",))
    assert [event.cap for event in only(events, ev.CapReached)] == ["day"]
    assert f"today's cap did not allow {MID} (up to $" in end.sentence
    assert "raise it: `/raise`, or `pointsman caps raise`)" in end.sentence
    assert "Escalated" not in kinds(events), "nobody was asked, so nothing was escalated"
    assert line.calls("north") == ["small"]


async def test_a_profile_may_be_stricter_than_the_machine(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, day_cap_nusd=10), caps=Caps(DOLLAR))
    assert told(await line.ask(HELLO)).status == "degraded"
    line = a_line(Journal(journal.store, "s2"), {SMALL: [says("no")]}, a_policy(day_cap_nusd=DOLLAR), caps=Caps(10))
    assert told(await line.ask(HELLO)).status == "degraded"


async def test_a_cap_counts_for_its_day(journal: Journal) -> None:
    clock = FakeClock()
    scripts = {SMALL: [says("a")]}
    worst = a_line(journal, scripts).router.explain(HELLO).decision.candidate(SMALL).worst_nusd
    line = a_line(journal, scripts, caps=Caps(worst), clock=clock)
    assert told(await line.ask(HELLO)).status == "answered"
    assert told(await line.ask(HELLO)).status == "degraded"
    clock.pass_s(24 * 3600)
    assert told(await line.ask(HELLO)).status == "answered"
    assert len(days(journal.store)) == 2


async def test_simulated_money_has_a_cap_and_sums_of_its_own(journal: Journal) -> None:
    models = [a_model("sim/small", simulated=True)]
    line = a_line(journal, {"sim/small": [says("a")]}, models=models, caps=Caps(day_nusd=0))
    end = told(await line.ask(HELLO))
    assert (end.status, end.simulated) == ("answered", True)
    assert end.spend_nusd == end.simulated_spend_nusd > 0
    assert {simulated for _, simulated in days(journal.store)} == {True}
    other = Journal(journal.store, "s2")
    strict = a_line(other, {"sim/small": [says("a")]}, models=models, caps=Caps(simulated_day_nusd=1))
    reached = only(await strict.ask(HELLO), ev.CapReached)
    assert [event.cap for event in reached] == ["simulated_day"]


async def test_no_escalation_for_which_there_is_no_credit(journal: Journal) -> None:
    scripts = {SMALL: [says("A guess.", score=0.5)], MID: [says("no")]}
    probe = a_line(journal, scripts).router.explain(HELLO).decision
    credit = probe.candidate(MID).worst_nusd
    line = a_line(journal, scripts, a_policy(CASCADE, request_credit_nusd=credit))
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).model) == ("answered", SMALL)
    assert [(event.cap, event.model) for event in only(events, ev.CapReached)] == [("request", MID)]
    assert told(events).sentence.endswith("nothing better came.")


async def test_a_request_without_credit_asks_only_what_is_free(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [says("Free.")]}, a_policy(CASCADE))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(credit_nusd=0)))
    assert told(events).model == "home/local"


async def test_a_request_credit_that_nothing_fits_does_not_wait_for_midnight(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, request_credit_nusd=1))
    card = only(await line.ask(HELLO), ev.Degraded)[0]
    assert card.cause == "a cap on spend is reached"
    assert card.again_in_s is None
    assert "midnight" not in card.do


async def test_a_cap_is_not_blamed_for_what_another_rule_forbids(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, caps=Caps(0))
    card = only(await line.ask(PRIVATE), ev.Degraded)[0]
    assert "north/small would take a private prompt off this machine" in card.cause
    assert "a cap on spend" not in card.cause


async def test_a_prompt_that_few_windows_hold_is_not_put_down_to_a_cap_alone(journal: Journal) -> None:
    narrow = [a_model(name, context_window=1000, price=FREE) for name in (SMALL, "south/small")]
    models = [*narrow, a_model("north/large")]
    line = a_line(journal, {model.id: [says("no")] for model in models}, models=models, caps=Caps(10))
    card = only(await line.ask(ask("word " * 20_000, chat_id="c1")), ev.Degraded)[0]
    assert "2 of 3 models cannot hold so long a prompt" in card.cause
    assert "north/large could cost more than the" in card.cause
    assert card.do.startswith("shorten the prompt, or raise today's cap (`/raise`, or `pointsman caps raise`)")


async def test_a_request_may_not_have_more_credit_than_the_profile_gives(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, request_credit_nusd=1))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(credit_nusd=DOLLAR)))
    assert told(events).status == "degraded"


async def test_a_model_without_a_price_holds_and_pays_the_assumed_one(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")]}, models=[a_model(SMALL, price=None)])
    events = await line.ask(HELLO)
    assert only(events, ev.RouteDecided)[0].decision.candidates[0].price_known is False
    settled = only(events, ev.Settled)[0]
    assert (settled.basis, settled.spend_nusd) == ("estimated", cost(30, 10 * DOLLAR))
    assert only(events, ev.Reserved)[0].amount_nusd >= settled.spend_nusd


async def test_a_limit_on_output_is_passed_on(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")]})
    await line.ask(ask("Write a long story about a train.", chat_id="c1", limits=Limits(max_output_tokens=90)))
    assert line.providers["north"].calls[0][1].max_output_tokens == 90


async def test_a_model_that_thinks_has_room_for_it_and_the_room_is_reserved(journal: Journal) -> None:
    plain, thinker = (
        a_model(SMALL, max_output=9_000),
        a_model(MID, max_output=9_000, capabilities=frozenset({"reasoning"})),
    )
    line = a_line(journal, {SMALL: [says("One.")], MID: [says("Two.")]}, models=[plain, thinker])
    rooms = {}
    for model in (plain, thinker):
        events = await line.ask(replace(HELLO, model=model.id))
        call = line.providers["north"].calls[-1][1]
        rooms[model.id] = call.max_output_tokens
        (reserved,) = only(events, ev.Reserved)
        price = model.price
        assert price is not None
        assert reserved.amount_nusd >= price.of(0, call.max_output_tokens)
    assert rooms[MID] - rooms[SMALL] == THINKING_TOKENS
