"""What reports read: sessions with their turns, and counts of events."""

from __future__ import annotations

import sqlite3

from routing.ledger.rows import SessionRow, TurnRow, build, columns
from routing.ledger.store import Store

_SESSION = f"""
    SELECT {columns(SessionRow, "session")}, (
        SELECT COUNT(*) FROM turn WHERE turn.session = session.id AND purpose = 'answer'
    ) AS turns FROM session
"""


def read_sessions(store: Store, *, limit: int = 100) -> list[SessionRow]:
    """Runs in which something was asked, the newest first."""
    query = f"{_SESSION} WHERE turns > 0 ORDER BY rowid DESC LIMIT ?"
    return store.read(lambda db: [build(SessionRow, row) for row in db.execute(query, (limit,))])


def read_session(store: Store, session: str) -> SessionRow | None:
    def query(db: sqlite3.Connection) -> SessionRow | None:
        row = db.execute(f"{_SESSION} WHERE id = ?", (session,)).fetchone()
        return None if row is None else build(SessionRow, row)

    return store.read(query)


def session_turns(store: Store, session: str) -> list[TurnRow]:
    query = f"SELECT {columns(TurnRow, 'turn')} FROM turn WHERE session = ? AND purpose = 'answer' ORDER BY n"
    return store.read(lambda db: [build(TurnRow, row) for row in db.execute(query, (session,))])


def call_purposes(store: Store) -> frozenset[str]:
    """What the calls of the ledger were made for."""
    return store.read(lambda db: frozenset(row[0] for row in db.execute("SELECT DISTINCT purpose FROM attempt")))


def count_events(store: Store, session: str, type_: str) -> int:
    """How many events of a type the session's turns have."""
    query = """
        SELECT COUNT(*) FROM turn JOIN event ON event.turn = turn.id WHERE turn.session = ? AND event.type = ?
    """
    return store.read(lambda db: int(db.execute(query, (session, type_)).fetchone()[0]))
