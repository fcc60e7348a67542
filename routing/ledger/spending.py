"""What has been spent and is held: the figures that caps and screens compare."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """Nano-dollars of one kind, real or simulated: settled in the session, settled and held on the day."""

    session_nusd: int
    day_nusd: int
    held_nusd: int


def read_money(db: sqlite3.Connection, session: str, day: str, simulated: bool) -> Money:
    """The session's attempts and the day's row, which every program on this ledger shares."""
    spent = db.execute(
        """
        SELECT COALESCE(SUM(attempt.spend_nusd), 0) FROM attempt JOIN turn ON turn.id = attempt.turn
        WHERE turn.session = ? AND attempt.simulated = ?
        """,
        (session, int(simulated)),
    ).fetchone()[0]
    row = db.execute(
        "SELECT spent_nusd, held_nusd FROM day WHERE day = ? AND simulated = ?", (day, int(simulated))
    ).fetchone()
    return Money(spent, row[0] if row else 0, row[1] if row else 0)
