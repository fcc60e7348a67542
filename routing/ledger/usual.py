"""How sure the tokens of each model usually are, counted in the ledger answer by answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from routing.confidence.usual import LogprobStatistic, Sums, UsualLogprobs, fit, summed
from routing.ledger.store import Store


def note_logprobs(db: sqlite3.Connection, model: str, statistics: Iterable[LogprobStatistic]) -> None:
    """Add one answer to the sums of its model, in the transaction that is open."""
    db.executemany(
        """
        INSERT INTO usual (model, name, code, answers, x, y, xx, xy) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (model, name, code) DO UPDATE SET answers = answers + excluded.answers,
            x = x + excluded.x, y = y + excluded.y, xx = xx + excluded.xx, xy = xy + excluded.xy
        """,
        [
            (one.model, one.name, int(one.code), one.answers, one.x, one.y, one.xx, one.xy)
            for one in summed(model, statistics)
        ],
    )


def read_usual(store: Store) -> tuple[UsualLogprobs, ...]:
    """The line of each model and statistic, in a fixed order. Raises StorageError."""
    rows = store.read(lambda db: db.execute("SELECT model, name, code, answers, x, y, xx, xy FROM usual").fetchall())
    return fit(Sums(model, name, bool(code), *sums) for model, name, code, *sums in rows)
