"""Every cap has the consequence that is stated of it, from the request to the last event."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.budget.raising import Raise
from routing.clock import local_day, until_midnight_s
from routing.ledger.journal import Journal
from routing.ledger.raising import write_raise
from routing.messages import Limits, Usage
from routing.policy.model import ClassCap, Policy, PremiumShare, ProfileCaps
from tests.fakes import (
    CASCADE,
    DOLLAR,
    HELLO,
    LARGE,
    MID,
    NOON,
    SMALL,
    FakeClock,
    Line,
    Script,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    days,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

TASK = "conversation"
SOUTH = "south/small"
SMALLS = a_route(a_rung("small"))


def worst_nusd(journal: Journal, model: str, policy: Policy | None = None) -> int:
    """What one call of the model reserves."""
    probe = a_line(journal, {model: [says("?")]}, policy or a_policy(a_route(a_rung(model.split("/")[1]))))
    return probe.router.explain(HELLO).decision.candidate(model).worst_nusd


def full(text: str, nusd: int, score: float = 0.95) -> Script:
    """An answer of a small model that costs so much: 400 nano-dollars are a token of its output."""
    return says(text, score=score, usage=Usage(0, nusd // 400, reported=True))


def caps_told(events: list[object]) -> list[tuple[str, str, str]]:
    return [(event.cap, event.name, event.model) for event in only(events, ev.CapReached)]


async def answered_by(line: Line, times: int = 1) -> list[str | None]:
    return [told(await line.ask(HELLO)).model for _ in range(times)]


def raised(journal: Journal, nusd: int, wall_s: float, *, simulated: bool = False) -> None:
    one = Raise(local_day(wall_s), simulated, nusd, "the report is due today", wall_s, "s1")
    journal.store.write_now(lambda db: write_raise(db, one))


# Of one message


async def test_the_credit_of_a_message_ends_the_climb_with_the_best_draft(journal: Journal) -> None:
    credit = worst_nusd(journal, MID)
    scripts = {SMALL: [says("A guess.", score=0.5)], MID: [says("no")]}
    events = await a_line(journal, scripts, a_policy(CASCADE, request_credit_nusd=credit)).ask(HELLO)
    assert (told(events).status, told(events).reply) == ("answered", "A guess.")
    assert caps_told(events) == [("request", "", MID)]


async def test_the_attempts_of_a_message_end_the_climb_with_the_best_draft(journal: Journal) -> None:
    scripts = {SMALL: [says("A guess.", score=0.5)], MID: [says("Better.", score=0.6)], LARGE: [says("no")]}
    events = await a_line(journal, scripts, a_policy(CASCADE, caps=ProfileCaps(attempts=2))).ask(HELLO)
    assert told(events).reply == "Better."
    assert caps_told(events) == [("attempts", "", LARGE)]
    assert len(only(events, ev.AttemptStarted)) == 2


async def test_attempts_count_failures_too(journal: Journal) -> None:
    scripts = {SMALL: [fails("server_error")], SOUTH: [fails("server_error")], "west/small": [says("Here.")]}
    policy = a_policy(a_route(a_rung("small"), retries=0), caps=ProfileCaps(attempts=2))
    events = await a_line(journal, scripts, policy).ask(HELLO)
    assert (told(events).status, len(only(events, ev.AttemptStarted))) == ("degraded", 2)


async def test_the_seconds_of_a_message_end_the_climb_with_the_best_draft(journal: Journal) -> None:
    scripts = {SMALL: [(Wait(7.0), *says("A guess.", score=0.5))], MID: [says("no")]}
    models = [a_model(SMALL), a_model(MID, first_token_s=5.0)]
    events = await a_line(journal, scripts, a_policy(CASCADE, request_s=10.0), models=models).ask(HELLO)
    assert told(events).reply == "A guess."
    assert caps_told(events) == [("seconds", "", MID)]


# Of a day, a session


async def test_the_cap_of_a_day_leaves_what_is_free(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    scripts = {SMALL: [full("Paid.", worst)], "home/local": [says("Free.")]}
    line = a_line(journal, scripts, a_policy(CASCADE), caps=Caps(worst))
    assert await answered_by(line, 3) == [SMALL, "home/local", "home/local"]


async def test_a_session_has_a_cap_that_another_session_does_not_share(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(SMALLS, caps=ProfileCaps(session_nusd=worst))
    scripts = {SMALL: [full("Paid.", worst)]}
    line = a_line(journal, scripts, policy)
    assert await answered_by(line) == [SMALL]
    events = await line.ask(HELLO)
    assert told(events).status == "degraded"
    assert caps_told(events) == [("session", "", SMALL)]
    assert await answered_by(a_line(Journal(journal.store, "s2"), scripts, policy)) == [SMALL]


# Of a part of a day


async def test_a_provider_that_has_taken_its_part_leaves_and_the_other_answers(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(SMALLS, caps=ProfileCaps(providers=(("north", worst),)))
    line = a_line(journal, {SMALL: [full("North.", worst)], SOUTH: [says("South.")]}, policy)
    assert await answered_by(line, 3) == [SMALL, SOUTH, SOUTH]


async def test_large_models_may_take_a_share_and_the_first_turn_of_a_day_is_not_locked_out(journal: Journal) -> None:
    worst = worst_nusd(journal, LARGE)
    route = a_route(a_rung("large"), a_rung("mid"))
    cap = 16 * worst  # a quarter of a quarter of it: one call of the large model
    policy = a_policy(route, caps=ProfileCaps(premium=PremiumShare(0.25, 0.25)))
    dear = says("Large.", usage=Usage(0, worst // 20_000, reported=True))
    line = a_line(journal, {LARGE: [dear], MID: [says("Mid.")]}, policy, caps=Caps(cap))
    assert await answered_by(line, 3) == [LARGE, MID, MID]


async def test_the_share_of_large_models_grows_with_what_the_others_take(journal: Journal) -> None:
    """Half of what is taken, and nothing beforehand: a call of the large model waits for ten of the middle one, of
    which each holds and costs a fifth of it."""
    worst = worst_nusd(journal, LARGE)
    route = a_route(a_rung("large"), a_rung("mid"))
    policy = a_policy(route, caps=ProfileCaps(premium=PremiumShare(0.5, 0.0)))
    mid = says("Mid.", usage=Usage(0, worst // 20_000 + 1, reported=True))
    line = a_line(journal, {LARGE: [says("Large.", usage=Usage(0, 1))], MID: [mid]}, policy, caps=Caps(DOLLAR))
    assert await answered_by(line, 11) == [MID] * 10 + [LARGE]


@pytest.mark.parametrize("named", [{"tier": "large"}, {"model": LARGE}, {"model": "large"}])
async def test_a_kind_of_task_has_its_cap_with_what_it_names(journal: Journal, named: dict[str, str]) -> None:
    worst = worst_nusd(journal, LARGE)
    caps = ProfileCaps(classes=(ClassCap(TASK, worst, **named), ClassCap("code", 0)))
    dear = says("Large.", usage=Usage(0, worst // 20_000, reported=True))
    policy = a_policy(a_route(a_rung("large"), a_rung("mid")), caps=caps)
    line = a_line(journal, {LARGE: [dear], MID: [says("Mid.")]}, policy)
    assert line.router.explain(HELLO).features.task == TASK
    assert await answered_by(line, 2) == [LARGE, MID]


async def test_a_kind_of_task_alone_caps_every_paid_model(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(CASCADE, caps=ProfileCaps(classes=(ClassCap(TASK, worst),)))
    scripts = {SMALL: [full("Paid.", worst)], "home/local": [says("Free.")]}
    assert await answered_by(a_line(journal, scripts, policy), 2) == [SMALL, "home/local"]


async def test_a_route_has_a_quota_of_its_own(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    other = a_route(a_rung("small"), name="other")
    main = a_route(a_rung("small"), day_nusd=worst)
    policy = a_policy(main, routes=(main, other))
    line = a_line(journal, {SMALL: [full("Paid.", worst)]}, policy)
    assert await answered_by(line) == [SMALL]
    events = await line.ask(HELLO)
    assert caps_told(events) == [("route", "main", SMALL)]
    elsewhere = replace(policy, default_route="other")
    assert await answered_by(a_line(Journal(journal.store, "s2"), {SMALL: [says("a")]}, elsewhere)) == [SMALL]


# Both kinds of money, exact fits, two at once


async def test_real_and_simulated_money_never_meet(journal: Journal) -> None:
    """Each cap is taken to its end by its own kind, and says nothing of the other."""
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(SMALLS, caps=ProfileCaps(session_nusd=worst, providers=(("north", worst), ("sim", worst))))
    caps = Caps(worst, worst)
    real = a_line(journal, {SMALL: [full("Real.", worst)]}, policy, caps=caps)
    pretended = a_line(
        Journal(journal.store, "s2"),
        {"sim/small": [full("Simulated.", worst)]},
        policy,
        models=[a_model("sim/small", simulated=True)],
        caps=caps,
    )
    for line in (real, pretended):
        assert [told(await line.ask(HELLO)).status for _ in range(2)] == ["answered", "degraded"]
    found = days(journal.store)
    today = local_day(NOON)
    assert {kind: spent <= worst for (_, kind), (spent, _) in found.items()} == {False: True, True: True}
    assert found[today, False][0] == found[today, True][0] > 0


@pytest.mark.parametrize(("fits", "count"), [(0, 1), (0, 3), (1, 3), (3, 3), (4, 3)])
async def test_an_exact_fit_is_admitted_and_nothing_more(journal: Journal, fits: int, count: int) -> None:
    """Turns that begin together: as many as the cap holds are answered, whoever comes first."""
    worst = worst_nusd(journal, SMALL)
    line = a_line(journal, {SMALL: [full("a", worst)]}, a_policy(SMALLS), caps=Caps(fits * worst))
    turns = await asyncio.gather(*(line.ask(HELLO) for _ in range(count)))
    assert sorted(told(events).status for events in turns) == sorted(
        ["answered"] * min(fits, count) + ["degraded"] * (count - min(fits, count))
    )


async def test_one_nano_dollar_short_is_no_fit(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(SMALLS), caps=Caps(worst - 1))
    (reached,) = only(await line.ask(HELLO), ev.CapReached)
    assert (reached.needed_nusd, reached.left_nusd) == (worst, worst - 1)


async def test_of_two_caps_both_bind(journal: Journal) -> None:
    """North has taken its part and the large tier its share: what is left is south's small model."""
    worst = worst_nusd(journal, SMALL)
    caps = ProfileCaps(providers=(("north", worst),), premium=PremiumShare(0.0, 0.0))
    policy = a_policy(a_route(a_rung("large"), a_rung("small")), caps=caps)
    scripts = {LARGE: [says("no")], "south/large": [says("no")], SMALL: [full("N.", worst)], SOUTH: [says("S.")]}
    line = a_line(journal, scripts, policy)
    assert await answered_by(line, 2) == [SMALL, SOUTH]
    (decided,) = only(await line.ask(HELLO), ev.RouteDecided)
    against = {one.model: {reason.kind for reason in one.reasons} for one in decided.decision.excluded}
    assert against[LARGE] == {"premium_cap"} or against[LARGE] == {"provider_cap"}
    assert against["south/large"] == {"premium_cap"}
    assert against[SMALL] == {"provider_cap"}


@pytest.mark.parametrize("tighter", ["day", "session"])
async def test_the_stricter_of_two_caps_holds(journal: Journal, tighter: str) -> None:
    worst = worst_nusd(journal, SMALL)
    day, session = (worst, 2 * worst) if tighter == "day" else (2 * worst, worst)
    line = a_line(
        journal,
        {SMALL: [full("a", worst)]},
        a_policy(SMALLS, caps=ProfileCaps(session_nusd=session)),
        caps=Caps(day),
    )
    assert [told(await line.ask(HELLO)).status for _ in range(2)] == ["answered", "degraded"]
    assert tighter in {cap for cap, _, _ in caps_told(await line.ask(HELLO))}


# Raises


async def test_a_raise_lets_the_next_turn_through_and_ends_at_midnight(journal: Journal) -> None:
    worst, clock = worst_nusd(journal, SMALL), FakeClock()
    line = a_line(journal, {SMALL: [full("a", worst)]}, a_policy(SMALLS), caps=Caps(0), clock=clock)
    assert told(await line.ask(HELLO)).status == "degraded"
    raised(journal, 2 * worst, clock.wall(), simulated=True)
    assert told(await line.ask(HELLO)).status == "degraded", "simulated money lifts no cap on real money"
    raised(journal, worst, clock.wall())
    assert told(await line.ask(HELLO)).status == "answered"
    assert told(await line.ask(HELLO)).status == "degraded"
    raised(journal, worst, clock.wall())
    clock.set_wall(clock.wall() + until_midnight_s(clock.wall()) + 1)
    assert told(await line.ask(HELLO)).status == "degraded", "what was left of it ended with its day"


async def test_a_raise_lifts_the_cap_of_the_day_alone(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(SMALLS, caps=ProfileCaps(providers=(("north", worst),)))
    line = a_line(journal, {SMALL: [full("a", worst)]}, policy, caps=Caps(worst))
    raised(journal, 10 * worst, NOON)
    assert await answered_by(line) == [SMALL]
    events = await line.ask(HELLO)
    assert caps_told(events) == [("provider", "north", SMALL)]


async def test_a_raise_without_a_cap_makes_none(journal: Journal) -> None:
    raised(journal, 1, NOON)
    assert await answered_by(a_line(journal, {SMALL: [says("a")]}, a_policy(SMALLS)), 2) == [SMALL, SMALL]


# Told of


async def test_a_cap_warns_once_for_each_share(journal: Journal) -> None:
    worst = worst_nusd(journal, SMALL)
    policy = a_policy(SMALLS, caps=ProfileCaps(warn_at=(0.24, 0.49)))
    line = a_line(journal, {SMALL: [full("a", worst)]}, policy, caps=Caps(4 * worst))
    found = [[(event.cap, event.share) for event in only(await line.ask(HELLO), ev.CapWarned)] for _ in range(5)]
    assert found == [[], [("day", 0.24)], [("day", 0.49)], [], []]


async def test_what_is_held_is_taken(journal: Journal) -> None:
    """A turn that has not settled yet holds its worst case, so another finds nothing left."""
    worst, reached, go_on = worst_nusd(journal, SMALL), asyncio.Event(), asyncio.Event()
    line = a_line(journal, {SMALL: [says("a")], SOUTH: [says("b")]}, a_policy(SMALLS), caps=Caps(worst))
    inner = line.providers["north"].stream

    async def held(*args: object) -> object:
        reached.set()
        await go_on.wait()
        async for chunk in inner(*args):
            yield chunk

    line.providers["north"].stream = held
    running = asyncio.create_task(line.ask(HELLO))
    await reached.wait()
    assert told(await line.ask(HELLO)).status == "degraded"
    go_on.set()
    assert told(await running).status == "answered"
    assert days(journal.store)[local_day(NOON), False][1] == 0


async def test_a_request_may_be_stricter_than_everything(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(SMALLS), caps=Caps(DOLLAR))
    events = await line.ask(replace(HELLO, limits=Limits(credit_nusd=1)))
    assert caps_told(events) == [("request", "", SMALL)]
