"""Who is asked next, and who beside a model that is late: another provider, on its rung or the next, that does not
rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from routing import events as ev
from routing.errors import ErrorKind, ProviderError
from routing.execution.hedging import Race
from routing.ledger.journal import Journal
from routing.policy.model import Hedging, Rung, Selector
from tests.fakes import (
    CASCADE,
    HELLO,
    Line,
    Script,
    Wait,
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

pytestmark = pytest.mark.usefixtures("scripted_confidence")
LATE: Script = (Wait(5.0), *says("Late."))


def a_late_line(journal: Journal, scripts: Mapping[str, Sequence[Script]], **fields: Any) -> Line:
    models = [a_model(name, first_token_s=0.01) for name in scripts]
    return a_line(journal, scripts, a_policy(CASCADE, hedging=Hedging(1.0, 0.2), **fields), models=models)


async def test_without_the_credit_for_two_no_cap_is_told_of(journal: Journal) -> None:
    """The cap of the message was not reached: nobody had to be asked."""
    scripts = {"north/small": [LATE], "south/small": [LATE]}
    worst = a_late_line(journal, scripts).router.explain(HELLO).decision.candidates[0].worst_nusd
    events = await a_late_line(journal, scripts, request_credit_nusd=2 * worst - 1).ask(HELLO)
    assert only(events, ev.HedgeStarted) == only(events, ev.CapReached) == []


async def test_after_a_failure_of_its_server_another_provider_is_asked_first(journal: Journal) -> None:
    scripts = {"north/small": [fails("server_error")], "north/small-2": [says("no")], "south/small": [says("Here.")]}
    policy = a_policy(a_route(Rung("small", (Selector(provider="north"), Selector(provider="south"))), retries=0))
    assert told(await a_line(journal, scripts, policy).ask(HELLO)).model == "south/small"


async def test_nobody_is_asked_when_the_time_is_up(journal: Journal) -> None:
    scripts = {"north/small": [fails("server_error")], "south/small": [says("no")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"), retries=0)))
    line.providers["north"].at_step = lambda: line.clock.pass_s(1_000.0)
    assert told(await line.ask(HELLO)).status == "degraded"
    assert line.calls("south") == []


async def test_with_a_draft_in_hand_nobody_weaker_is_asked(journal: Journal) -> None:
    scripts = {"north/small": [says("no")], "south/mid": [says("A draft.", score=0.5)], "south/large": [fails("auth")]}
    events = await a_line(journal, scripts, a_policy(CASCADE)).ask(replace(HELLO, nudge=1))
    assert [event.model for event in only(events, ev.AttemptStarted)] == ["south/mid", "south/large"]
    assert told(events).reply == "A draft."


async def test_only_a_wait_that_the_provider_named_is_announced(journal: Journal) -> None:
    scripts = {"north/small": [says("")], "south/small": [says("")]}
    line = a_late_line(journal, scripts)
    breakers = line.router.observed.breakers
    breakers.failed("north", "north/small", ProviderError(ErrorKind.RATE_LIMIT, retry_after_s=30.0))
    for _ in range(3):
        breakers.failed("south", "south/small", ProviderError(ErrorKind.CONNECTION))
    closed = {one.provider: one.announced for one in breakers.health(line.router.setup.registry.models).closed}
    assert closed == {"north": True, "south": False}


async def test_who_lost_a_race_is_cut_once_nothing_of_it_runs() -> None:
    told_of: list[str] = []
    race = Race(lambda lane: told_of.append(f"{lane} is cut"))

    async def late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told_of.append("its connection is closed")

    race.enter("first", late())
    await asyncio.sleep(0)
    await race.speak("second")
    told_of.append("the winner speaks")
    assert told_of == ["its connection is closed", "first is cut", "the winner speaks"]


async def hedges(line: Line, nudge: int = 0) -> list[str]:
    events = await line.ask(replace(HELLO, nudge=nudge))
    return [event.to_model for event in only(events, ev.HedgeStarted)]


async def test_the_next_rung_is_near_enough(journal: Journal) -> None:
    assert await hedges(a_late_line(journal, {"north/small": [LATE], "south/mid": [LATE]})) == ["south/mid"]


async def test_two_rungs_up_is_too_far(journal: Journal) -> None:
    scripts = {"north/small": [LATE], "north/mid": [LATE], "south/large": [LATE]}
    assert await hedges(a_late_line(journal, scripts)) == []


async def test_what_stands_below_the_ladder_is_no_second(journal: Journal) -> None:
    assert await hedges(a_late_line(journal, {"north/large": [LATE], "south/mid": [LATE]}), nudge=2) == []


async def test_the_same_provider_is_no_second(journal: Journal) -> None:
    assert await hedges(a_late_line(journal, {"north/small": [LATE], "north/small-2": [LATE]})) == []


async def test_who_began_to_rest_meanwhile_is_no_second(journal: Journal) -> None:
    line = a_late_line(journal, {"north/small": [LATE], "south/small": [LATE]})
    refusal = ProviderError(ErrorKind.AUTH)

    def refuse() -> None:
        line.router.observed.breakers.failed("south", "south/small", refusal)

    line.providers["north"].at_step = refuse
    assert await hedges(line) == []
