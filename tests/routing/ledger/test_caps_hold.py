"""Every cap, under any order of asking and settling by two programs, against books that the test keeps itself.

The oracle knows calls, not sums: it reads each rule out of the list of all calls, and shares no code with the product.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.budget.caps import day_limit, profile_limits
from routing.budget.scopes import scopes_of
from routing.ledger.journal import Journal
from routing.ledger.projections import CapExceededError
from routing.ledger.recovery import recover
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import Usage, ask
from routing.policy.model import ClassCap, Policy, PremiumShare, ProfileCaps
from routing.registry.model import Model
from tests.fakes import FakeClock, a_model, a_policy, a_route, a_rung

CALL = 100
"""One call's worth: caps are small multiples of it, so that exact fits and near misses are the rule."""
DAYS = ("2026-11-20", "2026-11-21")
TASKS = ("code", "faq")
ROUTES = ("main", "side")
MODELS = (
    a_model("north/small"),
    a_model("north/large"),
    a_model("south/large"),
    a_model("south/mid"),
    a_model("north/mid", simulated=True),
)
ENDLESS = 10**12


@dataclass
class Booked:
    """One call, as the test knows it."""

    id: str
    turn: str
    session: str
    day: str
    model: Model
    task: str
    route: str
    amount: int
    spent: int | None = None

    @property
    def taken(self) -> int:
        return self.amount if self.spent is None else self.spent


def refused_by(call: Booked, books: list[Booked], policy: Policy, day_cap: int | None, credit: int) -> dict[str, int]:
    """What forbids the call, with what it leaves: read off the documents' words, one rule after the other."""
    found: dict[str, int] = {}
    kind = [one for one in books if one.model.simulated == call.model.simulated]
    today = [one for one in kind if one.day == call.day]

    def rule(name: str, most: int, calls: list[Booked]) -> None:
        used = sum(one.taken for one in calls)
        if used + call.amount > most:
            found[name] = max(0, most - used)

    caps = policy.caps
    if day_cap is not None:
        rule("simulated_day" if call.model.simulated else "day", day_cap, today)
    if caps.session_nusd is not None:
        rule("session", caps.session_nusd, [one for one in kind if one.session == call.session])
    for provider, most in caps.providers:
        if call.model.provider == provider:
            rule("provider", most, [one for one in today if one.model.provider == provider])
    if caps.premium is not None and call.model.tier == "large":
        at_first = policy.request_credit_nusd if day_cap is None else caps.premium.floor * day_cap
        most = max(caps.premium.most * at_first, caps.premium.most * sum(one.taken for one in today))
        rule("premium", int(most), [one for one in today if one.model.tier == "large"])
    for cap in caps.classes:
        if call.task == cap.task and meant_by(cap, call.model):
            rule("class", cap.day_nusd, [one for one in today if one.task == cap.task and meant_by(cap, one.model)])
    quota = {route.name: route.day_nusd for route in policy.routes}[call.route]
    if quota is not None:
        rule("route", quota, [one for one in today if one.route == call.route])
    rule("request", credit, [one for one in kind if one.turn == call.turn])
    return {} if call.amount == 0 else found


def meant_by(cap: ClassCap, model: Model) -> bool:
    return cap.tier in (None, model.tier) and (cap.model is None or fnmatchcase(model.id, cap.model))


class Program:
    """One process with the ledger open; `kill` ends it as kill -9 would."""

    def __init__(self, path: Path, name: str) -> None:
        self.store, self.name = Store(path), name
        recover(self.store, FakeClock())
        self.session = Session(self.store, name, "test", "balanced", 0.0)
        self.journal = Journal(self.store, name)
        self._seq: dict[str, int] = {}

    def kill(self) -> None:
        assert self.session._fd is not None
        os.close(self.session._fd)  # as the system does for a process that dies
        self.store.close()

    def _stamp(self, turn: str) -> dict[str, Any]:
        self._seq[turn] = self._seq.get(turn, 0) + 1
        return {"turn": turn, "seq": self._seq[turn], "at_s": 0.0, "wall_s": 0.0}

    async def start(self, turn: str) -> None:
        request = ask("Hello", chat_id="c")
        started = ev.TurnStarted(**self._stamp(turn), chat="c", session=self.name, profile="p", request=request)
        await self.journal.commit([started])

    async def reserve(self, call: Booked, policy: Policy, day_cap: int | None, credit: int) -> CapExceededError | None:
        before, model = dict(self._seq), call.model
        reserved = ev.Reserved(
            **self._stamp(call.turn),
            attempt=call.id,
            amount_nusd=call.amount,
            day=call.day,
            simulated=model.simulated,
            session=call.session,
            scopes=scopes_of(model, call.task, policy.id, call.route),
        )
        started = ev.AttemptStarted(
            **self._stamp(call.turn),
            attempt=call.id,
            n=1,
            rung=0,
            try_=1,
            purpose="answer",
            provider=model.provider,
            model=model.id,
            tier=model.tier,
            simulated=model.simulated,
        )
        own = profile_limits(policy, call.route, call.task, model, day_cap)
        limits = (*day_limit(day_cap, model.simulated), *own)
        refusal = await self.journal.reserve([], [reserved, started], limits=limits, credit_nusd=credit)
        if refusal is not None:
            self._seq = before
        return refusal

    async def settle(self, call: Booked, spend: int) -> None:
        fields = {"attempt": call.id, "spend_nusd": spend, "basis": "reported", "usage": Usage()}
        await self.journal.commit([ev.Settled(**self._stamp(call.turn), **fields)])


def sums(books: list[Booked], profile: str) -> dict[tuple[str, str, bool], tuple[int, int]]:
    """Spent and held by period, scope and kind of money, as the test's books have it."""
    found: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for one in books:
        model, task = one.model, f"task:{one.task}"
        counted = [(one.session, "all")]
        counted += [(one.day, scope) for scope in ("all", f"provider:{model.provider}", f"tier:{model.tier}")]
        counted += [(one.day, f"route:{profile}/{one.route}")]
        counted += [(one.day, scope) for scope in (task, f"{task}/tier:{model.tier}", f"{task}/model:{model.id}")]
        for period, scope in counted:
            spent, held = found.get((period, scope, model.simulated), (0, 0))
            more = (0, one.amount) if one.spent is None else (one.spent, 0)
            found[period, scope, model.simulated] = spent + more[0], held + more[1]
    return found


def tally(store: Store) -> dict[tuple[str, str, bool], tuple[int, int]]:
    rows = store.read(
        lambda db: db.execute("SELECT period, scope, simulated, spent_nusd, held_nusd FROM tally").fetchall()
    )
    return {(row[0], row[1], bool(row[2])): (row[3], row[4]) for row in rows}


BINDING = ("day", "session", "provider", "premium", "class", "route", "request")
STEPS = 30


class Script:
    """One or two caps that bind, and what two programs do. Drawn from a seed: what shrinks best is its length."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.pick = self._random.choice
        self.binding = frozenset(self._random.sample(BINDING, self.pick([1, 1, 2])))
        self.day_cap = self.cap("day")
        if "premium" in self.binding and self.day_cap is None:
            self.day_cap = self.pick([None, 4 * CALL, 12 * CALL])
        self.credit = self.pick([CALL, 2 * CALL, 2 * CALL + 1]) if "request" in self.binding else ENDLESS
        self.policy = self._policy()

    def cap(self, which: str) -> int | None:
        """Just so many calls, or a nano-dollar more or less."""
        return max(0, self.pick([0, 1, 2, 3]) * CALL + self.pick([-1, 0, 0, 1])) if which in self.binding else None

    def _policy(self) -> Policy:
        session, provider, task, quota = (self.cap(which) for which in ("session", "provider", "class", "route"))
        which = self.pick([(None, None), ("large", None), (None, "north/*"), (None, "south/large")])
        share = self.pick([PremiumShare(0.5), PremiumShare(0.25, 1.0), PremiumShare(0.75, 0.5)])
        caps = ProfileCaps(
            session_nusd=session,
            providers=() if provider is None else (("north", provider), ("south", provider + CALL)),
            premium=share if "premium" in self.binding else None,
            classes=() if task is None else (ClassCap("code", task, *which), ClassCap("faq", task + CALL)),
        )
        routes = (a_route(a_rung("small"), day_nusd=quota), a_route(a_rung("small"), name="side"))
        return a_policy(routes=routes, caps=caps, request_credit_nusd=4 * CALL)

    def step(self) -> tuple[Any, ...]:
        kind = self.pick(["ask"] * 12 + ["settle"] * 6 + ["crash"])
        if kind == "crash":
            return "crash", self.pick([0, 1])
        if kind == "settle":
            return "settle", self.pick(range(STEPS)), self.pick([0, 1, 50, 100, 200])
        amount = self.pick([0, 1, CALL - 1, *[CALL] * 6])
        asked = (self.pick(DAYS), self.pick(MODELS), self.pick(TASKS), self.pick(ROUTES), amount)
        return "ask", self.pick([0, 1]), *asked, self.pick([True, False, False])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**40), st.integers(1, STEPS))
def test_a_call_is_made_exactly_when_every_cap_leaves_room_for_it(seed: int, length: int) -> None:
    script = Script(seed)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder) / "pointsman.db", script.policy, script.day_cap, script.credit)
        asyncio.run(run.play([script.step() for _ in range(length)]))


class Run:
    """Two programs, one file, and the test's books."""

    def __init__(self, path: Path, policy: Policy, day_cap: int | None, credit: int) -> None:
        self.path, self.policy, self.day_cap, self.credit = path, policy, day_cap, credit
        self.numbers = itertools.count(1)
        self.programs = [Program(path, "a0"), Program(path, "b0")]
        self.turns = ["", ""]
        self.books: list[Booked] = []

    async def play(self, steps: list[Any]) -> None:
        for step, *words in steps:
            await getattr(self, f"_{step}")(*words)
            expected = sums(self.books, self.policy.id)
            found = tally(self.programs[0].store)
            assert {key: found.get(key, (0, 0)) for key in expected} == expected
            assert all(key in expected for key in found)
        for program in self.programs:
            program.kill()

    async def _ask(self, at: int, day: str, model: Model, task: str, route: str, amount: int, new_turn: bool) -> None:
        program = self.programs[at]
        if new_turn or not self.turns[at]:
            self.turns[at] = f"{program.name}.{next(self.numbers)}"
            await program.start(self.turns[at])
        turn = self.turns[at]
        call = Booked(f"{turn}.{next(self.numbers)}", turn, program.name, day, model, task, route, amount)
        forbidden = refused_by(call, self.books, self.policy, self.day_cap, self.credit)
        refusal = await program.reserve(call, self.policy, self.day_cap, self.credit)
        if refusal is None:
            assert forbidden == {}
            self.books.append(call)
        else:
            assert refusal.cap in forbidden
            if refusal.cap != "class":  # there may be two
                assert refusal.left_nusd == forbidden[refusal.cap]

    async def _settle(self, which: int, share: int) -> None:
        """Also a second time, which changes nothing, and on a later day than it was reserved."""
        if not self.books:
            return
        call = self.books[which % len(self.books)]
        program = next((one for one in self.programs if one.name == call.session), None)
        if program is not None:
            spend = call.amount * share // 100
            await program.settle(call, spend)
            call.spent = spend if call.spent is None else call.spent

    async def _crash(self, at: int) -> None:
        """What the killed program left open settles at what it had reserved, when the next one starts."""
        killed = self.programs[at]
        killed.kill()
        self.programs[at], self.turns[at] = Program(self.path, f"{killed.name[0]}{next(self.numbers)}"), ""
        for call in self.books:
            if call.session == killed.name and call.spent is None:
                call.spent = call.amount


Which = Literal["day", "session", "provider", "premium", "class", "route"]


def a_policy_with(cap: Which, amount: int) -> tuple[Policy, int | None]:
    """A profile on which that one cap leaves so much, and the day's."""
    caps = {
        "session": ProfileCaps(session_nusd=amount),
        "provider": ProfileCaps(providers=(("north", amount),)),
        "premium": ProfileCaps(premium=PremiumShare(0.5, 1.0)),
        "class": ProfileCaps(classes=(ClassCap("code", amount, model="*large"),)),
    }.get(cap, ProfileCaps())
    route = a_route(a_rung("large"), day_nusd=amount if cap == "route" else None)
    day = {"day": amount, "premium": 2 * amount}.get(cap)
    return a_policy(route, caps=caps), day


@pytest.mark.parametrize("cap", ["day", "session", "provider", "premium", "class", "route"])
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 5), st.integers(1, 8), st.sampled_from([0, 0, 1, CALL - 1]))
def test_a_cap_that_fits_k_calls_admits_exactly_k_of_n_that_start_together(
    cap: Which, fits: int, asking: int, spare: int
) -> None:
    """Two programs, unless the cap is one program's own; every call the same."""
    policy, day_cap = a_policy_with(cap, fits * CALL + spare)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pointsman.db"
        programs = [Program(path, name) for name in (("a",) if cap == "session" else ("a", "b"))]

        async def one(number: int) -> str | None:
            program = programs[number % len(programs)]
            turn = f"{program.name}.{number}"
            await program.start(turn)
            call = Booked(f"{turn}.1", turn, program.name, DAYS[0], a_model("north/large"), "code", "main", CALL)
            refusal = await program.reserve(call, policy, day_cap, ENDLESS)
            return None if refusal is None else refusal.cap

        async def together() -> list[str | None]:
            return list(await asyncio.gather(*(one(number) for number in range(asking))))

        answers = asyncio.run(together())
        assert answers.count(None) == min(fits, asking)
        if day_cap is None or day_cap >= CALL:  # else the day's own cap forbids it first
            assert set(answers) <= {None, cap}
        for program in programs:
            program.kill()


def test_what_costs_nothing_is_made_though_more_was_spent_than_held(tmp_path: Path) -> None:
    """A provider's own count may be above what was held; that forbids nothing that is free."""
    program = Program(tmp_path / "pointsman.db", "a")

    async def overspent() -> list[str | None]:
        await program.start("a.1")
        calls = [
            Booked(f"a.1.{n}", "a.1", "a", DAYS[0], MODELS[0], "code", "main", amount)
            for n, amount in enumerate((CALL, 0, 1))
        ]
        refusals = [await program.reserve(calls[0], a_policy(), CALL, CALL)]
        await program.settle(calls[0], 3 * CALL)
        refusals += [await program.reserve(call, a_policy(), CALL, CALL) for call in calls[1:]]
        return [None if one is None else one.cap for one in refusals]

    assert asyncio.run(overspent()) == [None, None, "day"]
    program.kill()
