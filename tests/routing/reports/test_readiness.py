"""Failover readiness: each factor by hand, and what the ledger says of drills and of turns that others could take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import events as ev
from routing.ledger.drills import Drill, Other, Served, read_drills, read_served
from routing.ledger.journal import Journal
from routing.messages import TextChunk, Tool, ask
from routing.reports.intervals import wilson
from routing.reports.providers import report_providers
from routing.reports.readiness import Readiness, readiness, report_readiness
from tests.fakes import HELLO, NOON, SMALL, FakeClock, Line, Never, a_line, a_model, a_policy, fails, only, says, told

DAY_S = 86_400.0
SOUTH = "south/small"
TOOL = Tool("look", "Look something up.", '{"type": "object"}')
FINE = {SMALL: [says("north")], SOUTH: [says("south")]}


def drills(*answered: bool, days_ago: float = 0.0) -> list[Drill]:
    return [Drill("b", "b/m", NOON - days_ago * DAY_S, one) for one in answered]


def turn(takes: bool = True, a: float | None = 0.8, b: float | None = 0.8) -> Served:
    return Served("a", a, (Other("b", takes, b if takes else None),))


def of(own: list[Drill], *turns: Served) -> Readiness:
    return readiness("a", "b", own, turns, NOON)


# ---------------------------------------------------------------- the formula
def test_each_factor_lowers_it_by_itself() -> None:
    ten = [True] * 10
    whole = 10 / (10 + 1.645**2)
    assert of(drills(*ten), turn()).value == pytest.approx(whole)
    assert of(drills(*ten), turn(), turn(takes=False)).value == pytest.approx(whole / 2)
    assert of(drills(*ten, days_ago=14), turn()).value == pytest.approx(whole / 2)
    assert of(drills(*ten), turn(a=0.8, b=0.6)).value == pytest.approx(whole * 0.75)
    assert of(drills(*ten), turn(a=0.6, b=0.8)).value == pytest.approx(whole), "a better one is no readier"
    assert (of(drills(*[True] * 9, False), turn()).value or 0.0) < whole


def test_without_evidence_there_is_none() -> None:
    assert (of([], turn()).value, of([], turn()).drilled_s) == (None, None)
    assert of(drills(True)).value is None
    assert of(drills(True), Served("a", 0.8, ())).turns == 0, "a turn from before the other was there tells nothing"
    assert of(drills(True), turn(b=None)).value is None
    assert of(drills(True), turn(takes=False)).value == 0.0
    assert of(drills(True), Served("c", 0.8, (Other("b", True, 0.8),))).turns == 0, "that was another's turn"


def test_the_latest_drills_count() -> None:
    found = of(drills(*[False] * 30, *[True] * 20), turn())
    assert (found.drills, found.answered) == (20, 20)


@pytest.mark.parametrize(("successes", "trials", "low"), [(0, 5, 0.0), (1, 1, 0.270), (3, 3, 0.526), (8, 10, 0.541)])
def test_the_lower_bound_is_wilsons(successes: int, trials: int, low: float) -> None:
    """By a table of the interval at z = 1.645."""
    assert wilson(successes, trials)[0] == pytest.approx(low, abs=0.001)


@given(
    st.lists(st.booleans(), max_size=30),
    st.lists(st.tuples(st.booleans(), st.floats(0.01, 1), st.floats(0.01, 1)), max_size=10),
    st.floats(0, 400),
)
def test_it_is_a_share_and_no_more_than_any_of_its_factors(
    answers: list[bool], turns: list[tuple[bool, float, float]], days_ago: float
) -> None:
    found = of(drills(*answers, days_ago=days_ago), *(turn(*one) for one in turns))
    if found.value is not None:
        assert 0 <= found.value <= found.takes / found.turns
        assert found.value <= found.answered / found.drills
        assert found.value <= (1 if found.quality is None else found.quality)


# ---------------------------------------------------------------- what the ledger says
def in_ledger(line: Line, days: float = 0.0) -> dict[tuple[str, str], Readiness]:
    found = report_readiness(line.journal.store, ["north", "south"], line.clock.wall() + days * DAY_S)
    return {(one.provider, one.stand_in): one for one in found}


async def test_drills_of_the_ledger_are_read_with_how_they_ended(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("ready"), fails("auth"), fails("length"), says("ready")]})
    for _ in range(2):
        await line.router.drill(SMALL).wait()
    line.router.configure(replace(line.router.setup, providers=dict(line.router.setup.providers)))
    await line.router.drill(SMALL).wait()
    await line.ask(HELLO)
    assert [drill.answered for drill in read_drills(journal.store, 0.0)] == [True, False, True]
    assert read_drills(journal.store, line.clock.wall() + 1) == []


async def test_a_drill_that_was_stopped_tells_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [(TextChunk("rea"), Never())]})
    drill = line.router.drill(SMALL)
    async for event in drill.events():
        if isinstance(event, ev.TextDelta):
            drill.cancel()
    assert read_drills(journal.store, 0.0) == []


async def test_the_best_model_stands_for_its_provider(journal: Journal) -> None:
    line = a_line(
        journal,
        {**FINE, "south/small-2": [says("south")]},
        a_policy(),
        models=[a_model(SMALL, quality=0.9), a_model(SOUTH, quality=0.4), a_model("south/small-2", quality=0.6)],
    )
    decision = only(await line.ask(HELLO), ev.RouteDecided)[0].decision
    (served,) = read_served(journal.store, 0.0)
    assert served.others == (Other("south", True, decision.candidate("south/small-2").quality),)


async def test_a_turn_that_the_other_may_take_and_one_that_a_rule_keeps_from_it(journal: Journal) -> None:
    models = [a_model(SMALL), a_model(SOUTH, quality=0.5, capabilities=frozenset())]
    line = a_line(journal, FINE, models=models)
    events = await line.ask(HELLO)
    assert told(events).provider == "north"
    assert told(await line.ask(replace(HELLO, tools=(TOOL,)))).provider == "north"
    for _ in range(3):
        await line.router.drill(SOUTH).wait()
    found = in_ledger(line)
    pair = found["north", "south"]
    assert (pair.turns, pair.takes, pair.drills, pair.answered) == (2, 1, 3, 3)
    decision = only(events, ev.RouteDecided)[0].decision
    ratio = decision.candidate(SOUTH).quality / decision.candidate(SMALL).quality
    assert pair.quality == pytest.approx(ratio)
    assert pair.value == pytest.approx(0.5 * 0.526 * ratio, abs=0.001)
    assert found["south", "north"].value is None
    later = in_ledger(line, days=14)["north", "south"].value
    assert later == pytest.approx(0.25 * 0.526 * ratio, abs=0.001)
    assert in_ledger(line, days=31)["north", "south"].turns == 0


async def test_a_turn_whose_model_the_user_named_goes_to_no_other(journal: Journal) -> None:
    line = a_line(journal, FINE)
    await line.ask(replace(HELLO, model=SMALL))
    assert read_served(journal.store, 0.0) == []


async def test_a_provider_that_rested_could_have_taken_the_turn(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("north")], SOUTH: [fails("auth")]})
    await line.router.drill(SOUTH).wait()
    decision = only(await line.ask(HELLO), ev.RouteDecided)[0].decision
    assert [one.model for one in decision.excluded] == [SOUTH]
    (served,) = read_served(journal.store, 0.0)
    assert served.others == (Other("south", True, decision.candidate(SOUTH).quality),)


# ---------------------------------------------------------------- how providers did
@pytest.mark.usefixtures("session")
async def test_providers_are_told_by_what_became_of_their_calls(journal: Journal) -> None:
    scripts = {
        SMALL: [says("one"), fails("timeout"), fails("rate_limit", retry_after_s=60.0), says("back")],
        SOUTH: [says("two")],
    }
    line = a_line(journal, scripts, a_policy())
    ends = [told(await line.ask(ask(f"Question {n}", chat_id="c"))) for n in range(4)]
    line.clock.pass_s(61.0)
    ends.append(told(await line.ask(HELLO)))
    report = report_providers(journal.store, None, line.clock.wall())
    north, south = report.providers
    assert (north.name, north.calls, north.failures) == ("north", 4, (("rate_limit", 1), ("timeout", 1)))
    assert (north.openings, south.openings) == (1, 0), "that it closed again is no opening"
    answers = [end.provider for end in ends]
    assert (north.answers, south.answers) == (answers.count("north"), answers.count("south")) == (2, 3)
    assert (north.share, south.share) == (0.4, 0.6)
    assert report.hhi == pytest.approx(0.4**2 + 0.6**2)
    assert report.simulated_hhi is None
    assert north.first_token_p50_s is not None
    assert {(one.provider, one.stand_in) for one in report.readiness} == {("north", "south"), ("south", "north")}
    assert report_providers(journal.store, "2999-01-01", line.clock.wall()).providers == ()


@pytest.mark.usefixtures("session")
async def test_real_providers_are_not_paired_with_simulated_ones(journal: Journal) -> None:
    line = a_line(journal, FINE, models=[a_model(SMALL), a_model(SOUTH, simulated=True)], clock=FakeClock())
    for model in (SMALL, SOUTH):
        await line.ask(replace(HELLO, model=model))
    report = report_providers(journal.store, None, line.clock.wall())
    assert [(one.name, one.simulated, one.share) for one in report.providers] == [
        ("north", False, 1.0),
        ("south", True, 1.0),
    ]
    assert (report.hhi, report.simulated_hhi, report.readiness) == (1.0, 1.0, ())
