"""The tables that are read often, made again from the events, which are the truth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from routing import events as ev
from routing.ledger import projections
from routing.ledger.journal import index

_NO_LIMIT = 2**62
SUMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pattern": (("model", "kind", "subject"), ("seen", "of_")),
    "usual": (("model", "name", "code"), ("answers", "x", "y", "xx", "xy")),
    "tally": (("period", "scope", "simulated"), ("spent_nusd",)),
}
"""Tables that add up what events say, also of turns that are no longer kept: their keys, and what they count."""
_KEPT_APART = ("event", "piece", "turn", "attempt", "rating", "sign", "embedding", *SUMS)


def replay(db: sqlite3.Connection, events: Iterable[ev.Event]) -> None:
    """Project one turn's events again. What was reserved then is held again, whatever the caps say now."""
    for event in events:
        if isinstance(event, ev.Reserved):
            projections.reserve(db, event, (), _NO_LIMIT)
        projections.project(db, event)


def stored_events(db: sqlite3.Connection, turn: str) -> list[ev.Event]:
    """The turn's events without its text. Raises ValueError when one cannot be read."""
    return [ev.load(row[0]) for row in db.execute("SELECT body FROM event WHERE turn = ? ORDER BY seq", (turn,))]


def other_tables(db: sqlite3.Connection) -> list[str]:
    """The tables whose rows come from no event and are not about one turn alone: sessions, chats, policies …, in an
    order that is always the same."""
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if name not in _KEPT_APART and not name.startswith(("sqlite_", "search"))]


def columns_of(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def insert_new(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> bool:
    """Add the row unless one with its key is there, or, in a table without keys, the same one. Whether it was added.
    Raises sqlite3.Error for a value that the column does not take."""
    values = ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO {table} ({', '.join(row)}) SELECT {values} WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE "
    keys = [one[1] for one in db.execute(f"PRAGMA table_info({table})") if one[5]] or list(row)
    return db.execute(statement + " AND ".join(f"{key} IS :{key}" for key in keys) + ")", row).rowcount == 1


def keep_sum(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """What was counted is never forgotten: of a sum that was kept and the one that the events give, the larger stays.
    Raises KeyError for a row without a column."""
    keys, counted = SUMS[table]
    larger = ", ".join(f"{name} = MAX({name}, excluded.{name})" for name in counted)
    values = ", ".join(f":{name}" for name in (*keys, *counted))
    db.execute(
        f"INSERT INTO {table} ({', '.join((*keys, *counted))}) VALUES ({values})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {larger}",
        {name: row[name] for name in (*keys, *counted)},
    )


def replay_turns(db: sqlite3.Connection, turns: Iterable[str]) -> list[str]:
    """Replay stored turns, in this order, while chats keep what they are; returns those that cannot be told, of which
    nothing was done: their beginning is missing, or an event contradicts another."""
    chats = [dict(row) for row in db.execute("SELECT * FROM chat")]
    untold = []
    for turn in turns:
        db.execute("SAVEPOINT turn")
        try:
            events = stored_events(db, turn)
            if not isinstance(events[0], ev.TurnStarted):
                raise ValueError("no beginning")
            replay(db, events)
        except (ValueError, OverflowError, sqlite3.IntegrityError):
            db.execute("ROLLBACK TO turn")
            untold.append(turn)
        db.execute("RELEASE turn")
    for chat in chats:
        names = ", ".join(f"{name} = :{name}" for name in chat if name != "id")
        db.execute(f"UPDATE chat SET {names} WHERE id = :id", chat)
    return untold


def index_all(db: sqlite3.Connection) -> None:
    """Bring the search index up to date."""
    while db.execute("SELECT 1 FROM turn WHERE indexed = 0 AND status IS NOT NULL LIMIT 1").fetchone():
        index(db)
