"""What reports read: sessions with their turns and calls, and spend by day."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from routing.ledger.rows import AttemptRow, SessionRow, TurnRow, build, columns
from routing.ledger.store import Store

_SESSION = f"""
    SELECT {columns(SessionRow, "session")}, (
        SELECT COUNT(*) FROM turn WHERE turn.session = session.id AND purpose = 'answer'
    ) AS turns FROM session
"""


@dataclass(frozen=True, slots=True)
class SpendRow:
    """The calls of one day to one model for one purpose. `held_nusd` is reserved and not settled yet."""

    day: str
    provider: str
    model: str
    tier: str
    purpose: str
    simulated: bool
    calls: int
    input_tokens: int
    output_tokens: int
    spend_nusd: int
    held_nusd: int


def read_sessions(store: Store, *, limit: int = 100) -> list[SessionRow]:
    """Runs in which something was asked, the newest first."""
    query = f"{_SESSION} WHERE turns > 0 ORDER BY started_s DESC, rowid DESC LIMIT ?"
    return store.read(lambda db: [build(SessionRow, row) for row in db.execute(query, (limit,))])


def read_session(store: Store, session: str) -> SessionRow | None:
    def query(db: sqlite3.Connection) -> SessionRow | None:
        row = db.execute(f"{_SESSION} WHERE id = ?", (session,)).fetchone()
        return None if row is None else build(SessionRow, row)

    return store.read(query)


def session_turns(store: Store, session: str) -> list[TurnRow]:
    query = f"SELECT {columns(TurnRow, 'turn')} FROM turn WHERE session = ? AND purpose = 'answer' ORDER BY n"
    return store.read(lambda db: [build(TurnRow, row) for row in db.execute(query, (session,))])


def session_attempts(store: Store, session: str) -> list[AttemptRow]:
    query = f"""
        SELECT {columns(AttemptRow, "attempt")} FROM attempt JOIN turn ON turn.id = attempt.turn
        WHERE turn.session = ? ORDER BY turn.n, attempt.n
    """
    return store.read(lambda db: [build(AttemptRow, row) for row in db.execute(query, (session,))])


def count_events(store: Store, session: str, type_: str) -> int:
    """How many events of a type the session's turns have."""
    query = """
        SELECT COUNT(*) FROM turn JOIN event ON event.turn = turn.id WHERE turn.session = ? AND event.type = ?
    """
    return store.read(lambda db: int(db.execute(query, (session, type_)).fetchone()[0]))


def read_spend(store: Store, since_day: str | None = None) -> list[SpendRow]:
    """Every call's money and tokens, from a local day (`2026-11-20`) on."""
    query = """
        SELECT day, provider, model, tier, purpose, simulated, COUNT(*) AS calls,
               SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
               COALESCE(SUM(spend_nusd), 0) AS spend_nusd,
               COALESCE(SUM(reserved_nusd) FILTER (WHERE spend_nusd IS NULL), 0) AS held_nusd
        FROM attempt WHERE day >= ? GROUP BY day, provider, model, tier, purpose, simulated
        ORDER BY day, simulated, model, purpose
    """
    return store.read(lambda db: [build(SpendRow, row) for row in db.execute(query, (since_day or "",))])
