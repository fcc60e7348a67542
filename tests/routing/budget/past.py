"""A ledger with a past: turns of one call each, as the looks at the pace of spend find them."""

from __future__ import annotations

import sqlite3

from routing.clock import local_day
from routing.ledger.store import Store
from tests.fakes import NOON, FakeClock

DAY_S = 86_400.0


class Still(FakeClock):
    TICK_S = 0.0


def spent(
    store: Store,
    at_s: float,
    nusd: int | None,
    *,
    simulated: bool = False,
    status: str | None = "answered",
    confidence: float | None = 0.8,
    policy: str = "h",
) -> None:
    """A turn of one call."""

    def job(db: sqlite3.Connection) -> None:
        count = db.execute("SELECT COUNT(*) FROM turn").fetchone()[0]
        db.execute(
            """INSERT INTO turn (id, chat, session, profile, started_s, status, prompt, prompt_newlines, confidence,
               route, policy, simulated) VALUES (?, 'c', 's', 'p', ?, ?, '', 0, ?, 'main', ?, ?)""",
            (f"t{count}", at_s, status, confidence, policy, int(simulated)),
        )
        db.execute(
            "INSERT INTO attempt (id, turn, n, simulated, day, reserved_nusd, spend_nusd) VALUES (?, ?, 1, ?, ?, 9, ?)",
            (f"a{count}", f"t{count}", int(simulated), local_day(at_s), nusd),
        )
        db.execute(
            """INSERT INTO tally VALUES (?, 'all', ?, ?, 0)
               ON CONFLICT DO UPDATE SET spent_nusd = spent_nusd + excluded.spent_nusd""",
            (local_day(at_s), int(simulated), nusd or 0),
        )

    store.write_now(job)


def usual_days(store: Store, nusd: int, *, days: int = 5) -> None:
    for day in range(1, days + 1):
        spent(store, NOON - day * DAY_S, nusd)
