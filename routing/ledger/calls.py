"""Every call of a stretch of days, by provider: how it ended and how soon it began to answer."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from routing.ledger.store import Store


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call; `outcome` None: it runs. `kept`: its answer is the one that its turn shows. `first_token_s` None: no
    token came."""

    provider: str
    purpose: str
    simulated: bool
    outcome: str | None
    first_token_s: float | None
    kept: bool


def read_calls(store: Store, since_day: str | None = None) -> list[CallRow]:
    """From a local day (`2026-11-20`) on."""
    query = """
        SELECT attempt.provider, attempt.purpose, attempt.simulated, attempt.outcome,
               json_extract(first.body, '$.first_token_s'),
               turn.status = 'answered' AND turn.model = attempt.model AND attempt.outcome = 'finished'
        FROM attempt JOIN turn ON turn.id = attempt.turn
        LEFT JOIN event AS first ON first.turn = attempt.turn AND first.type = 'FirstToken'
            AND json_extract(first.body, '$.attempt') = attempt.id
        WHERE attempt.day >= ? AND attempt.provider <> ''
    """

    def read(db: sqlite3.Connection) -> list[CallRow]:
        rows = db.execute(query, (since_day or "",))
        return [CallRow(row[0], row[1], bool(row[2]), row[3], row[4], bool(row[5])) for row in rows]

    return store.read(read)


def read_openings(store: Store, since_day: str | None = None) -> list[tuple[str, str | None]]:
    """Provider and model (None: the whole provider) of every breaker that opened from a local day on."""
    query = """
        SELECT json_extract(body, '$.provider'), json_extract(body, '$.model') FROM event
        WHERE type = 'BreakerChanged' AND json_extract(body, '$.state') = 'open'
            AND date(json_extract(body, '$.wall_s'), 'unixepoch', 'localtime') >= ?
    """
    return [(row[0], row[1]) for row in store.read(lambda db: db.execute(query, (since_day or "",)).fetchall())]
