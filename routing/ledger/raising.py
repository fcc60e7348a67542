"""The raises of daily caps, as the ledger keeps them."""

from __future__ import annotations

import sqlite3

from routing.budget.raising import Raise


def write_raise(db: sqlite3.Connection, one: Raise) -> None:
    """Keep a raise: from the next turn on, of any program on this ledger, there is so much more to spend."""
    db.execute(
        "INSERT INTO raised (day, simulated, amount_nusd, reason, wall_s, session) VALUES (?, ?, ?, ?, ?, ?)",
        (one.day, int(one.simulated), one.amount_nusd, one.reason, one.wall_s, one.session),
    )


def read_raised(db: sqlite3.Connection, day: str) -> tuple[int, int]:
    """By how many nano-dollars the day's caps were raised: real, simulated."""
    raised = db.execute("SELECT simulated, SUM(amount_nusd) FROM raised WHERE day = ? GROUP BY simulated", (day,))
    by_kind = {bool(row[0]): int(row[1]) for row in raised}
    return by_kind.get(False, 0), by_kind.get(True, 0)


def read_raises(db: sqlite3.Connection, since_day: str = "") -> tuple[Raise, ...]:
    """Every raise from a local day on, in order."""
    rows = db.execute("SELECT * FROM raised WHERE day >= ? ORDER BY wall_s, rowid", (since_day,))
    return tuple(
        Raise(row["day"], bool(row["simulated"]), row["amount_nusd"], row["reason"], row["wall_s"], row["session"])
        for row in rows
    )
