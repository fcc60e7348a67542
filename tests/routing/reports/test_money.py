"""How money went: every figure is recomputed here from the events alone, on turns that the router really made."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.analysis.reasks import says_again
from routing.ledger.costs import Scope
from routing.ledger.journal import Journal
from routing.ledger.projections import project
from routing.ledger.recovery import recover
from routing.ledger.schema import FIRST, STRUCTURED_AND_ATTACHED, TURN_PURPOSE
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import FinishChunk, TextChunk, Usage, ask
from routing.policy.model import Hedging
from routing.registry.model import Price, Step
from routing.reports.money import Money, keep_book
from routing.reports.parts import Told, part_of
from routing.reports.session import summarise_session
from routing.reports.spend import report_spend
from tests.fakes import (
    LARGE,
    MID,
    NOON,
    PRICES,
    SMALL,
    FakeClock,
    Line,
    Never,
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
)
from tests.routing.reports.calls import a_call

pytestmark = pytest.mark.usefixtures("scripted_confidence", "session")

SOUTH = "south/small"
ROUTE = a_route(a_rung("small", 0.8), a_rung("mid", 0.7), a_rung("large"), retries=1, cut="continue", broken="continue")
SCRIPTS: Mapping[str, Script] = {
    "sure": says("Certainly so."),
    "unsure": says("Perhaps.", score=0.4),
    "hopeless": says("Hm.", score=0.1),
    "unreported": says("As far as I know.", usage=None),
    "cut short": (TextChunk("It begins"), FinishChunk("length", "r")),
    "broken off": fails("server_error", TextChunk("It beg")),
    "down": fails("connection"),
    "turned away": fails("auth"),
    "late": (Wait(15.0), *says("At last.")),
    "silent": (Wait(90.0),),
}


def money(journal: Journal) -> Money:
    return summarise_session(journal.store, "s1").real


def parts(found: Money) -> dict[str, int]:
    return {part.name: part.spend_nusd for part in found.parts}


def told(journal: Journal) -> list[list[Any]]:
    """The events of every turn in the ledger."""
    query = "SELECT id FROM turn WHERE purpose IS NOT NULL ORDER BY n"
    return [journal.events(row[0]) for row in journal.store.read(lambda db: db.execute(query).fetchall())]


# ---------------------------------------------------------------- an oracle that knows events only
def expected_parts(turns: Sequence[Sequence[Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for events in turns:
        spends = {event.attempt: event.spend_nusd for event in only(events, ev.Settled)}
        for attempt, nusd in spends.items():
            part = _expected_part(events, attempt)
            extra = _dearer(events, attempt) if part == "answers" else 0
            found[part] += nusd - extra
            found["hedges"] += extra
    return +found


def _expected_part(events: Sequence[Any], attempt: str) -> str:
    starts = {event.attempt: event for event in only(events, ev.AttemptStarted)}
    if starts[attempt].purpose != "answer":
        return "drills" if starts[attempt].purpose == "drill" else "side calls"
    failed = any(event.attempt == attempt for event in only(events, ev.AttemptFailed))
    kept = events[-1].status in ("answered", "degraded")
    if attempt == events[-1].attempt and (kept or not failed):
        return "continuations" if starts[attempt].role == "continuation" else "answers"
    for event in only(events, ev.AttemptFailed):
        if event.attempt == attempt:
            if starts[attempt].role == "hedge" or any(cut.attempt == attempt for cut in only(events, ev.HedgeCut)):
                return "hedges"
            kinds = {"cancelled": "stopped", "interrupted": "interrupted"}
            tried_again = event.next == "retry" and any(
                start.seq > event.seq and start.model == starts[attempt].model for start in starts.values()
            )
            return kinds.get(event.kind, "retries" if tried_again else "failed calls")
    for event in starts.values():
        if event.continues == attempt and event.role == "continuation":
            return "answers" if _expected_part(events, event.attempt) == "continuations" else "superseded drafts"
    return "superseded drafts"


def _dearer(events: Sequence[Any], attempt: str) -> int:
    starts = only(events, ev.AttemptStarted)
    own = next(event for event in starts if event.attempt == attempt)
    if own.role != "hedge":
        return 0
    settled = next(event for event in only(events, ev.Settled) if event.attempt == attempt)
    first = PRICES[starts[0].tier]
    assert first is not None
    rates = (first.input_nusd_per_mtok, first.output_nusd_per_mtok)
    tokens = (settled.usage.input_tokens, settled.usage.output_tokens)
    plain = sum(math.ceil(count * rate / 1_000_000) for count, rate in zip(tokens, rates, strict=True))
    extra: int = settled.spend_nusd - plain
    return max(0, extra)


# ---------------------------------------------------------------- random ledgers
plays = st.lists(st.sampled_from(sorted(SCRIPTS)), min_size=1, max_size=4)
ledgers = st.fixed_dictionaries({SMALL: plays, SOUTH: plays, MID: plays, LARGE: plays})


@settings(deadline=None, max_examples=60)
@given(ledgers, st.lists(st.sampled_from(["ask", "stop", "drill"]), min_size=1, max_size=5), st.booleans())
def test_every_amount_is_in_one_part_and_the_parts_are_what_the_events_say(
    tmp_path_factory: pytest.TempPathFactory, drawn: dict[str, list[str]], turns: list[str], hedging: bool
) -> None:
    store = Store(tmp_path_factory.mktemp("random") / "ledger.db")
    Session(store, "s1", "test", "balanced", NOON)
    journal = Journal(store, "s1")
    asyncio.run(
        _play(journal, {model: [SCRIPTS[one] for one in names] for model, names in drawn.items()}, turns, hedging)
    )
    found, events = money(journal), told(journal)
    settled = [event for turn in events for event in only(turn, ev.Settled)]
    assert found.spend_nusd == sum(event.spend_nusd for event in settled)
    assert sum(part.spend_nusd for part in found.parts) == found.spend_nusd
    assert {name: nusd for name, nusd in parts(found).items() if nusd and name != "re-asks"} == expected_parts(events)
    by_basis = Counter[str]()
    for event in settled:
        by_basis[event.basis] += event.spend_nusd
    assert {one.basis: one.spend_nusd for one in found.known} == dict(by_basis)
    assert found.held_nusd == 0
    spend = report_spend(store)
    assert spend.real == found
    for groups in (spend.by_route, spend.by_task):
        assert sum(one.spend_nusd for one in groups) == found.spend_nusd
        assert sum(one.turns for one in groups) == found.success.turns
    store.close()


class PatientClock(FakeClock):
    """Long waits give others the time to do something meanwhile."""

    async def sleep(self, s: float) -> None:
        for _ in range(400 if s > 1 else 0):
            await asyncio.sleep(0)
        await super().sleep(s)


async def _play(journal: Journal, scripts: Mapping[str, Sequence[Script]], turns: Sequence[str], hedging: bool) -> None:
    """Prompts have no words in common; what is stopped is stopped while its first call runs."""
    hedge = Hedging(max_share=1.0 if hedging else 0.0, min_s=0.01)
    models = [a_model(model, first_token_s=0.001) for model in scripts]
    clock = PatientClock()
    line = a_line(journal, scripts, a_policy(ROUTE, hedging=hedge), models=models, clock=clock)
    for n, how in enumerate(turns):
        clock.pass_s(600)
        turn = line.router.drill(SMALL) if how == "drill" else line.router.start(ask(f"word{n}", chat_id="c"))
        async for event in turn.events():
            if how == "stop" and isinstance(event, ev.AttemptStarted):
                turn.cancel()
        await turn.wait()
    await line.router.aclose()


# ---------------------------------------------------------------- each part by hand
async def test_a_failure_that_is_tried_again_and_one_that_is_not(journal: Journal) -> None:
    broken = fails("server_error", TextChunk("It beg" * 20))
    line = a_line(journal, {SMALL: [broken, broken], SOUTH: [says("South.")]}, a_policy(a_route(retries=1)))
    events = await line.ask(ask("Go on.", chat_id="c"))
    first, second, answer = (event.spend_nusd for event in only(events, ev.Settled))
    assert first > 0
    assert parts(money(journal)) == {"answers": answer, "retries": first, "failed calls": second}


async def test_what_is_shown_below_the_floor_is_the_answer_and_the_better_model_was_in_vain(journal: Journal) -> None:
    scripts = {SMALL: [says("Hm.", score=0.25)], MID: [says("Er.", score=0.1)]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small", 0.8), a_rung("mid"))))
    events = await line.ask(ask("Why?", chat_id="c"))
    small, mid = (event.spend_nusd for event in only(events, ev.Settled))
    assert events[-1].status == "degraded"
    assert parts(money(journal)) == {"answers": small, "superseded drafts": mid}
    assert money(journal).success.successes == 0, "what is degraded is no success"


async def test_an_answer_that_is_gone_on_with(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [SCRIPTS["cut short"], says(" and ends.")]}, a_policy(a_route(cut="continue")))
    events = await line.ask(ask("Tell me all.", chat_id="c"))
    beginning, rest = (event.spend_nusd for event in only(events, ev.Settled))
    assert parts(money(journal)) == {"answers": beginning, "continuations": rest}


async def test_a_long_input_is_charged_more_and_that_is_told(journal: Journal) -> None:
    step = Step(above=100, input_nusd_per_mtok=400_000_000, output_nusd_per_mtok=800_000_000)
    model = a_model(SMALL, price=Price(100_000_000, 400_000_000, steps=(step,)))
    usage = Usage(1_000, 50, reported=True)
    line = a_line(journal, {SMALL: [says("Read.", usage=usage)]}, a_policy(), models=[model])
    await line.ask(ask("word " * 900, chat_id="c"))
    assert parts(money(journal)) == {"answers": 100_000 + 20_000, "long context": 300_000 + 20_000}


async def test_a_prompt_that_asks_again_pays_for_the_same_twice(journal: Journal) -> None:
    clock = FakeClock()
    line = a_line(journal, {SMALL: [says("Four.")]}, a_policy(), clock=clock)
    prompts = [("c", "What is two plus two?", 0), ("c", "What is two plus two, exactly?", 60), ("c", "Try again", 60)]
    prompts += [("c", "Try again", 301), ("d", "Try again", 10), ("d", "Who built the bridge?", 10)]
    spends = []
    for chat, prompt, after_s in prompts:
        clock.pass_s(after_s)
        events = await line.ask(ask(prompt, chat_id=chat))
        spends.append(events[-1].spend_nusd)
    found = money(journal)
    assert parts(found) == {"answers": sum(spends) - spends[1] - spends[2], "re-asks": spends[1] + spends[2]}
    assert (found.reasked.count, found.reasked.of) == (2, 6)


@pytest.mark.parametrize(
    ("prompt", "before", "again"),
    [
        ("How do points freeze?", "how do POINTS freeze", True),
        ("a b c", "a b c d e f", True),
        ("a b c", "a b c d e f g", False),
        ("Wrong!", "How do points freeze?", True),
        ("Nochmal bitte", "Wie frieren Weichen ein?", True),
        ("Thanks, that was right", "How do points freeze?", False),
        ("", "", False),
    ],
)
def test_what_asks_again(prompt: str, before: str, again: bool) -> None:
    assert says_again(prompt, before) is again


async def test_calls_that_were_broken_off_are_marked_as_billed_by_estimate(journal: Journal) -> None:
    models = [a_model(model, first_token_s=0.001) for model in (SMALL, "west/small")]
    policy = a_policy(hedging=Hedging(max_share=1.0, min_s=0.01))
    line = a_line(journal, {SMALL: [(Never(),)], "west/small": [says("West.")]}, policy, models=models)
    await line.ask(ask("Who is quicker?", chat_id="c"))
    line = a_line(journal, {LARGE: [(Never(),)]}, a_policy(a_route(a_rung("large"))))
    line.router._numbers = iter(range(10, 20))
    turn = line.router.start(ask("Never mind.", chat_id="c"))
    async for event in turn.events():
        if isinstance(event, ev.AttemptStarted):
            await asyncio.sleep(0)
            turn.cancel()
    found = money(journal)
    assert (found.estimated.cut, found.estimated.stopped) == (1, 1)
    assert found.estimated.cut_nusd == parts(found)["hedges"] > 0
    assert found.estimated.stopped_nusd == parts(found)["stopped"]


async def test_what_a_crash_left_is_known_as_reserved(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Yes.")]})
    events = [event for event in await line.ask(ask("Well?", chat_id="c")) if event.type != "TurnFinished"]
    at = next(place for place, event in enumerate(events) if event.type == "Reserved")
    store = Store(journal.store.path.parent / "other.db")
    other = Journal(store, "s-9")
    store.write_now(lambda db: db.execute("INSERT INTO session VALUES ('s-9', 'test', 'balanced', ?, NULL)", (NOON,)))
    begun = [replace(event, session="s-9") if hasattr(event, "session") else event for event in events[: at + 2]]
    assert await other.reserve(begun[:at], begun[at:], limits=(), credit_nusd=10**12) is None
    before = summarise_session(store, "s-9").real
    assert (before.held_nusd, before.spend_nusd, before.known) == (events[at].amount_nusd, 0, ())
    recover(store, FakeClock())
    after = summarise_session(store, "s-9").real
    assert [(one.basis, one.spend_nusd) for one in after.known] == [("reserved", events[at].amount_nusd)]
    assert parts(after) == {"interrupted": events[at].amount_nusd}
    store.close()


async def test_what_a_stand_in_charges_more_than_the_first_is_a_hedges_cost(journal: Journal) -> None:
    dearer = Price(300_000_000, 500_000_000)
    models = [a_model(SMALL, first_token_s=0.001), a_model("west/small", price=dearer, quality=0.3)]
    policy = a_policy(hedging=Hedging(max_share=1.0, min_s=0.01))
    usage = Usage(1_000, 100, reported=True)
    line = a_line(journal, {SMALL: [(Never(),)], "west/small": [says("West.", usage=usage)]}, policy, models=models)
    events = await line.ask(ask("Who is quicker?", chat_id="c"))
    lost, won = (event.spend_nusd for event in only(events, ev.Settled))
    assert won == 300_000 + 50_000
    assert parts(money(journal)) == {"answers": 100_000 + 40_000, "hedges": lost + 200_000 + 10_000}


def test_a_call_beside_another_does_not_hide_what_came_after_it() -> None:
    first = a_call(outcome="server_error", basis="estimated")
    hedge = replace(first, id="t.2", n=2, model=SOUTH, role="hedge")
    retry = replace(first, id="t.3", n=3, role="retry", outcome="finished")
    turn = (first, hedge, retry)
    assert [part_of(turn, at, Told()) for at in range(3)] == ["retries", "hedges", "answers"]
    elsewhere = (first, hedge, replace(retry, model=MID, role="failover"))
    assert part_of(elsewhere, 0, Told()) == "failed calls"


# ---------------------------------------------------------------- successes, savings, quality
async def _turns(journal: Journal, count: int) -> list[list[Any]]:
    scripts = {SMALL: [says("Yes.", score=0.9), says("No.", score=0.5)], MID: [says("Fine.", score=0.8)]}
    line = a_line(journal, scripts, a_policy(ROUTE), models=[*map(a_model, (SMALL, MID, LARGE))])
    line.providers["north"]._scripts["small"] = [says("Yes.", score=0.9 - 0.1 * (n % 5)) for n in range(count)]
    return [await line.ask(ask(f"word{n}", chat_id=f"c{n}")) for n in range(count)]


async def test_a_success_costs_all_that_was_spent(journal: Journal) -> None:
    turns = await _turns(journal, 8)
    ends = [events[-1] for events in turns]
    spend = sum(event.spend_nusd for events in turns for event in only(events, ev.Settled))
    successes = sum(end.confidence for end in ends if end.status == "answered")
    found = money(journal)
    assert found.success.turns == 8
    assert found.success.successes == pytest.approx(successes)
    assert found.success.nusd == round(spend / successes)
    assert found.saved_nusd == sum(end.baseline_nusd for end in ends) - spend
    escalated = sum(bool(only(events, ev.Escalated)) for events in turns)
    assert (found.escalated.count, found.escalated.of) == (escalated, 8)
    assert found.escalated.low is not None
    assert found.escalated.high is not None
    assert 0 < found.escalated.low < escalated / 8 < found.escalated.high < 1


async def test_beside_a_saving_stands_the_difference_of_quality(journal: Journal) -> None:
    turns = await _turns(journal, 8)
    differences = []
    for events in turns:
        decided = only(events, ev.RouteDecided)[0].decision
        largest = next(one for one in decided.candidates if one.model == LARGE)
        differences.append(events[-1].confidence - largest.quality)
    found = money(journal).quality
    middle = sum(differences) / 8
    spread = math.sqrt(sum((one - middle) ** 2 for one in differences) / 7 / 8)
    assert found.difference.n == 8
    assert found.difference.value == pytest.approx(middle)
    assert found.difference.low == pytest.approx(middle - 1.96 * spread)
    assert found.difference.high == pytest.approx(middle + 1.96 * spread)
    assert found.given is not None
    assert found.premium is not None
    assert found.given - found.premium == pytest.approx(middle)


async def test_of_four_turns_nothing_is_told(journal: Journal) -> None:
    await _turns(journal, 4)
    found = money(journal)
    assert (found.success.nusd, found.quality.difference.value, found.quality.given) == (None, None, None)
    assert found.quality.difference.n == 4


# ---------------------------------------------------------------- other ledgers
async def test_what_context_economy_saved(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Yes.")]})
    events = await line.ask(ask("Well?", chat_id="c"))
    (started,) = only(events, ev.AttemptStarted)
    spared = replace(started, saved_tokens=70, saved_nusd=7_000)
    journal.store.write_now(lambda db: project(db, spared))
    found = money(journal).economy
    assert (found.calls, found.tokens, found.nusd) == (1, 70, 7000)


async def test_raised_caps_are_listed(journal: Journal) -> None:
    raises = [("2026-11-19", 0, 10, "old"), ("2026-11-20", 1, 20, "a demo")]
    journal.store.write_now(lambda db: db.executemany("INSERT INTO raised VALUES (?, ?, ?, ?, 1.0, 's1')", raises))
    assert [one.reason for one in report_spend(journal.store).raises] == ["old", "a demo"]
    (found,) = report_spend(journal.store, "2026-11-20").raises
    assert (found.simulated, found.amount_nusd) == (True, 20)


def test_a_ledger_from_before_roles_and_routes_still_reports(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "ledger.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(FIRST + TURN_PURPOSE + STRUCTURED_AND_ATTACHED)
        db.execute("PRAGMA user_version = 3")
        db.execute("INSERT INTO session VALUES ('s1', 'test', 'balanced', 1.0, 2.0)")
        db.execute(
            "INSERT INTO turn (n, id, chat, session, profile, started_s, status, prompt, prompt_newlines, model, "
            "confidence, baseline_nusd) VALUES (1, 't', 'c', 's1', 'balanced', 1.0, 'answered', 'x', 0, 'a/b', .9, 50)"
        )
        rows = [("t.1", 1, "superseded", "reported", 10), ("t.2", 2, "finished", "estimated", 30)]
        for id_, n, outcome, basis, spend in rows:
            db.execute(
                "INSERT INTO attempt (id, turn, n, model, simulated, day, reserved_nusd, spend_nusd, basis, outcome) "
                "VALUES (?, 't', ?, 'a/b', 0, '2026-11-20', 40, ?, ?, ?)",
                (id_, n, spend, basis, outcome),
            )
        db.commit()
    store = Store(path)
    book = keep_book(store, Scope())
    assert parts(book.real) == {"answers": 30, "superseded drafts": 10}
    assert [(one.basis, one.spend_nusd) for one in book.real.known] == [("reported", 10), ("estimated", 30)]
    assert (book.real.saved_nusd, [one.name for one in book.by_route]) == (10, ["not kept"])
    store.close()


async def test_the_calls_of_a_turn_over_midnight_are_told_apart_by_day(journal: Journal) -> None:
    line: Line = a_line(journal, {SMALL: [says("Hm.", score=0.1)], MID: [says("Yes.")]}, a_policy(ROUTE))
    await line.ask(ask("Late?", chat_id="c"))
    journal.store.write_now(lambda db: db.execute("UPDATE attempt SET day = '2026-11-19' WHERE n = 1"))
    later = report_spend(journal.store, "2026-11-20").real
    whole = report_spend(journal.store).real
    assert later.spend_nusd == sum(part.spend_nusd for part in later.parts)
    assert {part.name for part in later.parts} <= {part.name for part in whole.parts}
    assert later.spend_nusd < whole.spend_nusd
