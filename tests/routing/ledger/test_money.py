"""Money in the ledger: whatever is reserved, settled or killed, and by however many programs, the cap holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from routing import events as ev
from routing.budget.caps import day_limit
from routing.ledger.journal import Journal
from routing.ledger.projections import CapExceededError
from routing.ledger.recovery import recover
from routing.ledger.schema import MIGRATIONS
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import Usage, ask
from tests.fakes import FakeClock, days

CALL = 100
"""One call's worth: caps are small multiples of it, so that exact fits and near misses are the rule."""
DAYS = ("2026-11-20", "2026-11-21")


@dataclass
class Attempt:
    """What the model of the test knows of a reservation."""

    id: str
    turn: str
    day: str
    simulated: bool
    reserved: int
    spent: int | None = None


@dataclass
class Program:
    """One process with the ledger open; `kill` ends it as kill -9 would."""

    path: Path
    name: str
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.store = Store(self.path)
        recover(self.store, self.clock)
        self.session = Session(self.store, self.name, "test", "balanced", 0.0)
        self.journal = Journal(self.store, self.name)
        self.seq: dict[str, int] = {}

    def stamp(self, turn: str) -> dict[str, Any]:
        self.seq[turn] = self.seq.get(turn, 0) + 1
        return {"turn": turn, "seq": self.seq[turn], "at_s": 0.0, "wall_s": 0.0}

    def kill(self) -> None:
        assert self.session._fd is not None
        os.close(self.session._fd)  # as the system does for a process that dies
        self.store.close()

    async def start(self, turn: str) -> None:
        started = ev.TurnStarted(
            **self.stamp(turn), chat="c", session=self.name, profile="p", request=ask("Hello", chat_id="c")
        )
        await self.journal.commit([started])

    async def reserve(
        self,
        attempt: Attempt,
        cap: int | None,
        credit: int,
        *,
        session: str = "",
        scopes: tuple[str, ...] = ("all",),
    ) -> CapExceededError | None:
        before = dict(self.seq)
        reserved = ev.Reserved(
            **self.stamp(attempt.turn),
            attempt=attempt.id,
            amount_nusd=attempt.reserved,
            day=attempt.day,
            simulated=attempt.simulated,
            session=session,
            scopes=scopes,
        )
        started = ev.AttemptStarted(
            **self.stamp(attempt.turn),
            attempt=attempt.id,
            n=1,
            rung=0,
            try_=1,
            purpose="answer",
            provider="p",
            model="p/m",
            tier="small",
            simulated=attempt.simulated,
        )
        limits = day_limit(cap, attempt.simulated)
        refusal = await self.journal.reserve([], [reserved, started], limits=limits, credit_nusd=credit)
        if refusal is not None:
            self.seq = before
        return refusal

    async def settle(self, attempt: Attempt, spend: int) -> None:
        settled = ev.Settled(
            **self.stamp(attempt.turn), attempt=attempt.id, spend_nusd=spend, basis="reported", usage=Usage()
        )
        await self.journal.commit([settled])


class Money(RuleBasedStateMachine):
    """Two programs on one file. The test keeps its own books; the ledger's must agree after every step."""

    turns = Bundle("turns")
    open_attempts = Bundle("open_attempts")
    settled = Bundle("settled")

    @initialize(calls=st.integers(0, 5), extra=st.sampled_from([-1, 0, 0, 1]), credit=st.sampled_from([1, 2, 3]))
    def begin(self, calls: int, extra: int, credit: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "pointsman.db"
        self.cap = max(0, calls * CALL + extra)
        self.credit = credit * CALL
        self.books: dict[str, Attempt] = {}
        self.numbers = 0
        self.programs = [Program(self.path, "a0"), Program(self.path, "b0")]

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def of_day(self, day: str, simulated: bool) -> tuple[int, int]:
        mine = [one for one in self.books.values() if (one.day, one.simulated) == (day, simulated)]
        spent = sum(one.spent for one in mine if one.spent is not None)
        return spent, sum(one.reserved for one in mine if one.spent is None)

    @rule(target=turns, at=st.integers(0, 1))
    def start_turn(self, at: int) -> tuple[str, str]:
        program = self.programs[at]
        turn = f"{program.name}.{self.number()}"
        asyncio.run(program.start(turn))
        return program.name, turn

    @rule(
        target=open_attempts,
        turn=turns,
        amount=st.sampled_from([0, 1, CALL - 1, CALL, CALL, CALL, 2 * CALL]),
        day=st.sampled_from(DAYS),
        simulated=st.sampled_from([False, False, True]),
    )
    def reserve(self, turn: tuple[str, str], amount: int, day: str, simulated: bool) -> Any:
        program = self.running(turn[0])
        if program is None:
            return multiple()
        attempt = Attempt(f"{turn[1]}.{self.number()}", turn[1], day, simulated, amount)
        spent, held = self.of_day(day, simulated)
        of_turn = [one for one in self.books.values() if (one.turn, one.simulated) == (turn[1], simulated)]
        used = sum(one.reserved if one.spent is None else one.spent for one in of_turn)
        refusal = asyncio.run(program.reserve(attempt, self.cap, self.credit))
        fits_day, fits_turn = spent + held + amount <= self.cap, used + amount <= self.credit
        if amount == 0 or (fits_day and fits_turn):
            assert refusal is None
            self.books[attempt.id] = attempt
            return attempt.id
        assert refusal is not None
        if fits_day:
            assert (refusal.cap, refusal.left_nusd) == ("request", max(0, self.credit - used))
        else:
            day_cap = "simulated_day" if simulated else "day"
            assert (refusal.cap, refusal.left_nusd) == (day_cap, max(0, self.cap - spent - held))
        return multiple()

    @rule(target=settled, attempt=consumes(open_attempts), share=st.sampled_from([0, 1, 50, 100]))
    def settle(self, attempt: str, share: int) -> Any:
        known = self.books[attempt]
        program = self.running(attempt.split(".")[0])
        if program is None or known.spent is not None:
            return multiple()
        known.spent = known.reserved * share // 100
        asyncio.run(program.settle(known, known.spent))
        return attempt

    @rule(attempt=settled, spend=st.sampled_from([0, CALL, 7 * CALL]))
    def settle_again(self, attempt: str, spend: int) -> None:
        program = self.running(attempt.split(".")[0])
        if program is not None:
            asyncio.run(program.settle(self.books[attempt], spend))

    @rule(at=st.integers(0, 1))
    def crash_and_start_again(self, at: int) -> None:
        """Everything that the killed program left open settles at what it had reserved."""
        killed = self.programs[at]
        killed.kill()
        self.programs[at] = Program(self.path, f"{killed.name[0]}{self.number()}")
        for attempt in self.books.values():
            if attempt.turn.split(".")[0] == killed.name and attempt.spent is None:
                attempt.spent = attempt.reserved

    def running(self, name: str) -> Program | None:
        return next((program for program in self.programs if program.name == name), None)

    @invariant()
    def the_ledger_agrees(self) -> None:
        if not hasattr(self, "programs"):
            return
        for program in self.programs:
            found = days(program.store)
            for (day, simulated), (spent, held) in found.items():
                assert spent + held <= self.cap
                assert (spent, held) == self.of_day(day, simulated)
            rows = program.store.read(lambda db: db.execute("SELECT id, spend_nusd FROM attempt").fetchall())
            assert {row["id"]: row["spend_nusd"] for row in rows} == {one.id: one.spent for one in self.books.values()}

    def teardown(self) -> None:
        if not hasattr(self, "programs"):
            return
        for program in self.programs:
            program.kill()
        last = Program(self.path, "last")
        assert all(held == 0 for _, held in days(last.store).values())
        open_turns = "SELECT COUNT(*) FROM turn WHERE status IS NULL"
        assert last.store.read(lambda db: db.execute(open_turns).fetchone()[0]) == 0
        assert last.store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
        last.session.end(1.0)
        last.store.close()
        self.folder.cleanup()


Money.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestMoney = Money.TestCase


@pytest.mark.soak
class TestMoneyForLong(Money.TestCase):
    settings = settings(max_examples=600, stateful_step_count=50, deadline=None)


@settings(max_examples=15, deadline=None)
@given(fits=st.integers(0, 6), asking=st.integers(1, 10), spare=st.sampled_from([0, 0, 1, CALL - 1]))
def test_a_cap_that_fits_k_calls_admits_exactly_k_of_n_that_start_together(fits: int, asking: int, spare: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        programs = [Program(Path(folder) / "pointsman.db", name) for name in ("a", "b")]

        async def one(n: int) -> bool:
            program = programs[n % 2]
            turn = f"{program.name}.{n}"
            await program.start(turn)
            attempt = Attempt(f"{turn}.1", turn, DAYS[0], False, CALL)
            return await program.reserve(attempt, fits * CALL + spare, CALL) is None

        async def together() -> list[bool]:
            return list(await asyncio.gather(*(one(n) for n in range(asking))))

        admitted = asyncio.run(together())
        assert sum(admitted) == min(fits, asking)
        assert days(programs[0].store).get((DAYS[0], False), (0, 0)) == (0, min(fits, asking) * CALL)
        for program in programs:
            program.kill()


def test_what_a_turn_holds_counts_against_its_credit(tmp_path: Path) -> None:
    program = Program(tmp_path / "pointsman.db", "a")

    async def three() -> list[bool]:
        await program.start("a.1")
        calls = [Attempt(f"a.1.{n}", "a.1", DAYS[0], False, CALL) for n in range(3)]
        return [await program.reserve(call, None, 2 * CALL) is None for call in calls]

    assert asyncio.run(three()) == [True, True, False]
    program.kill()


def sums(program: Program) -> list[tuple[int, int]]:
    """What each sum has spent and holds."""
    rows = program.store.read(lambda db: db.execute("SELECT spent_nusd, held_nusd FROM tally").fetchall())
    return [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize(("session", "scopes"), [("s", ("all", "tier:small", "all")), (DAYS[0], ("all",))])
def test_a_sum_that_is_named_twice_counts_once(tmp_path: Path, session: str, scopes: tuple[str, ...]) -> None:
    program = Program(tmp_path / "pointsman.db", "a")
    attempt = Attempt("a.1.1", "a.1", DAYS[0], False, CALL)

    async def call() -> None:
        await program.start("a.1")
        assert await program.reserve(attempt, None, CALL, session=session, scopes=scopes) is None
        assert {held for _, held in sums(program)} == {CALL}
        await program.settle(attempt, CALL)

    asyncio.run(call())
    assert set(sums(program)) == {(CALL, 0)}
    program.kill()


def test_a_sum_that_holds_too_little_keeps_no_call_from_its_end(tmp_path: Path) -> None:
    """Only damage makes it so; else the turn could never end, and no later start either."""
    program = Program(tmp_path / "pointsman.db", "a")
    attempt = Attempt("a.1.1", "a.1", DAYS[0], False, CALL)

    async def call() -> None:
        await program.start("a.1")
        await program.reserve(attempt, None, CALL)
        program.store.write_now(lambda db: db.execute("UPDATE tally SET held_nusd = 1"))
        await program.settle(attempt, CALL)

    asyncio.run(call())
    assert sums(program) == [(CALL, 0)]
    program.kill()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_money_of_an_older_ledger_stays_by_scope_and_what_it_held_is_settled(tmp_path: Path, version: int) -> None:
    path = tmp_path / "pointsman.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("".join(MIGRATIONS[:version]) + f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO session VALUES ('old', 'test', 'balanced', 1.0, NULL)")
        db.execute(
            "INSERT INTO turn (id, chat, session, profile, started_s, prompt, prompt_newlines)"
            " VALUES ('t', 'c', 'old', 'balanced', 1.0, 'Hello', 0)"
        )
        started = ev.TurnStarted(
            turn="t", seq=1, at_s=0.0, wall_s=1.0, chat="c", session="old", profile="p", request=ask("Hi", chat_id="c")
        )
        db.execute("INSERT INTO event VALUES ('t', 1, 'TurnStarted', ?)", (ev.dump(started).decode(),))
        for n, tier, spend in ((1, "small", 30), (2, "large", None)):
            db.execute(
                "INSERT INTO attempt (id, turn, n, provider, tier, simulated, day, reserved_nusd, spend_nusd)"
                " VALUES (?, 't', ?, 'north', ?, 0, '2026-11-20', 100, ?)",
                (f"t.{n}", n, tier, spend),
            )
        db.execute("INSERT INTO day VALUES ('2026-11-20', 0, 30, 100)")
        db.commit()
    store = Store(path)

    def by_scope() -> dict[str, tuple[int, int]]:
        rows = store.read(lambda db: db.execute("SELECT scope, spent_nusd, held_nusd FROM tally").fetchall())
        return {row[0]: (row[1], row[2]) for row in rows}

    both = {"all": (30, 100), "provider:north": (30, 100)}
    assert by_scope() == {**both, "tier:small": (30, 0), "tier:large": (0, 100)}
    assert recover(store, FakeClock()) == 1
    settled = {"all": (130, 0), "provider:north": (130, 0)}
    assert by_scope() == {**settled, "tier:small": (30, 0), "tier:large": (100, 0)}
    store.close()
