"""python -m tests.chaos.caps: sixteen processes spend under one cap, through the ledger and by check-then-spend.

Told as JSON. Ends with 1 when more was granted than a cap allows, or less than exactly fits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import Any

from routing import events as ev
from routing.budget.caps import Limit
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.messages import Usage
from tests.chaos.witness import acts, install

PROCESSES = 16
CALL_NUSD = 1_000_000
DAY = "2026-11-20"
WIDE_NUSD = 1_000 * CALL_NUSD
_THINK_S = 0.002
"""Between looking and spending, where somebody does the one and then the other."""
_CLOSE_ENOUGH = 4

Body = Callable[[Path, int, Barrier], None]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.caps", description="Many processes under one cap.")
    parser.add_argument("--asks", type=int, default=30, help="of each process")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    report = contest(args.asks, args.seed)
    print(json.dumps(report, indent=2))
    return 1 if report["broken"] else 0


def contest(asks: int, seed: int, fits: Sequence[int] = (1, 7, 15, 16, 20)) -> dict[str, Any]:
    cap = PROCESSES * asks * CALL_NUSD // 5
    with tempfile.TemporaryDirectory(prefix="pointsman-caps-") as name:
        folder = Path(name)
        reserved = _reserve(folder / "reserve" / "ledger.db", cap, asks, seed)
        naive = _check_then_spend(folder / "naive.db", cap, asks, seed)
        exact = [
            _exact(folder / f"{kind}-{fit}" / "ledger.db", kind, fit) for kind in ("day", "provider") for fit in fits
        ]
    broken = [f"{one['cap']}: {one['admitted']} admitted, {one['must']} fit" for one in exact if _differs(one)]
    if reserved["most_taken_nusd"] > cap:
        broken.append("the reservations passed the cap")
    if reserved["most_taken_nusd"] < cap - _CLOSE_ENOUGH * CALL_NUSD:
        broken.append("the cap was never reached, so nothing is shown")
    return {
        "processes": PROCESSES,
        "asks_of_each": asks,
        "cap_nusd": cap,
        "reserve_then_settle": reserved,
        "check_then_spend": naive,
        "exact_fit": exact,
        "broken": broken,
    }


def _differs(exact: dict[str, Any]) -> bool:
    return bool(exact["admitted"] != exact["must"])


# ---------------------------------------------------------------- through the ledger
def _reserve(ledger: Path, cap: int, asks: int, seed: int) -> dict[str, Any]:
    """Random amounts are held, and settled at less; the sums are taken from what was noted at each commit."""
    Store(ledger).close()
    install(ledger)

    async def spend(journal: Journal, number: int) -> None:
        rng = Random(f"{seed}/{number}")
        for n in range(asks):
            amount = rng.randint(1, 2 * CALL_NUSD)
            if await _hold(journal, f"{number}.{n}", amount, (Limit("day", "", "all", cap),)):
                await asyncio.sleep(rng.uniform(0, _THINK_S))
                await _settle(journal, f"{number}.{n}", rng.randint(0, amount))

    took = _race(_in_journal(spend), ledger)
    taken = most = granted = above = 0
    for act in acts(ledger):
        held = act.kind == "hold"
        taken += act.reserved_nusd if held else (act.after_nusd or 0) - act.reserved_nusd
        granted += held
        most = max(most, taken)
        above += taken > cap
    return {
        "asked": PROCESSES * asks,
        "granted": granted,
        "most_taken_nusd": most,
        "spent_nusd": taken,
        "holds_above_the_cap": above,
        "took_s": took,
    }


def _exact(ledger: Path, kind: str, fit: int) -> dict[str, Any]:
    """Every process asks once, all at the same moment, for what the cap holds exactly so many times."""
    Store(ledger).close()
    day = Limit("day", "", "all", fit * CALL_NUSD)
    provider = Limit("provider", "a", "provider:a", fit * CALL_NUSD)
    wide = Limit("day", "", "all", WIDE_NUSD)
    limits = (day,) if kind == "day" else (wide, provider)

    async def once(journal: Journal, number: int) -> None:
        await _hold(journal, f"{number}.1", CALL_NUSD, limits)

    _race(_in_journal(once), ledger)
    with closing(sqlite3.connect(ledger)) as db:
        (admitted,) = db.execute("SELECT COUNT(*) FROM attempt").fetchone()
    return {"cap": kind, "fits": fit, "asked": PROCESSES, "admitted": admitted, "must": min(PROCESSES, fit)}


async def _hold(journal: Journal, attempt: str, nusd: int, limits: Sequence[Limit]) -> bool:
    """Whether the ledger took it."""
    held = ev.Reserved(
        turn=attempt,
        seq=1,
        at_s=0.0,
        wall_s=0.0,
        attempt=attempt,
        amount_nusd=nusd,
        day=DAY,
        simulated=False,
        session=journal.session,
        scopes=("all", "provider:a"),
    )
    return await journal.reserve((), (held,), limits=limits, credit_nusd=WIDE_NUSD) is None


async def _settle(journal: Journal, attempt: str, nusd: int) -> None:
    stamp: dict[str, Any] = {"turn": attempt, "seq": 2, "at_s": 0.0, "wall_s": 0.0}
    await journal.commit([ev.Settled(**stamp, attempt=attempt, spend_nusd=nusd, basis="reported", usage=Usage())])


# ---------------------------------------------------------------- by looking first
def _check_then_spend(file: Path, cap: int, asks: int, seed: int) -> dict[str, Any]:
    """What is often written: read the sum, find that there is room, spend."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE spend (nusd INTEGER NOT NULL)")

    def spend(file: Path, number: int, start: Barrier) -> None:
        rng = Random(f"{seed}/{number}")
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as db:
            start.wait()
            for _ in range(asks):
                amount = rng.randint(1, 2 * CALL_NUSD)
                (spent,) = db.execute("SELECT COALESCE(SUM(nusd), 0) FROM spend").fetchone()
                if spent + amount <= cap:
                    time.sleep(rng.uniform(0, _THINK_S))
                    db.execute("INSERT INTO spend VALUES (?)", (amount,))

    took = _race(spend, file)
    with closing(sqlite3.connect(file)) as db:
        granted, spent = db.execute("SELECT COUNT(*), SUM(nusd) FROM spend").fetchone()
    return {
        "asked": PROCESSES * asks,
        "granted": granted,
        "spent_nusd": spent,
        "above_the_cap_nusd": max(0, spent - cap),
        "above_the_cap_share": round(max(0, spent - cap) / cap, 4),
        "took_s": took,
    }


# ---------------------------------------------------------------- processes
def _in_journal(body: Callable[[Journal, int], Any]) -> Body:
    """A process that spends through a journal of its own."""

    def run(ledger: Path, number: int, start: Barrier) -> None:
        store = Store(ledger)
        start.wait()
        asyncio.run(body(Journal(store, f"s{number}"), number))
        store.close()

    return run


def _race(body: Body, file: Path) -> float:
    """Seconds that all processes together took; they begin at the same moment. Raises RuntimeError if one failed."""
    processes = multiprocessing.get_context("fork")
    start = processes.Barrier(PROCESSES)
    began = time.monotonic()
    running = [processes.Process(target=body, args=(file, number, start)) for number in range(PROCESSES)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    if any(one.exitcode for one in running):
        raise RuntimeError("a process failed")
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    sys.exit(main())
