"""What users say of answers, beside the confidence that was shown with them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from routing import events as ev
from routing.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer that was rated, or asked about. `shown` is the confidence that was shown with it; `propensity` the
    share of turns that are asked about, None: the user said it unasked; `good` None: asked, and not answered."""

    attempt: str
    model: str
    task: str
    shown: float
    propensity: float | None
    good: bool | None
    wall_s: float


def note_asked(db: sqlite3.Connection, event: ev.RatingAsked) -> None:
    db.execute(
        f"{_INSERT} ON CONFLICT DO UPDATE SET propensity = excluded.propensity",
        {"attempt": event.attempt, "propensity": event.propensity, "good": None, "wall_s": event.wall_s},
    )


def note_rated(db: sqlite3.Connection, event: ev.Rated) -> None:
    """The last word replaces those before it."""
    db.execute(
        f"{_INSERT} ON CONFLICT DO UPDATE SET good = excluded.good, wall_s = excluded.wall_s",
        {"attempt": event.attempt, "propensity": None, "good": int(event.good), "wall_s": event.wall_s},
    )


def read_ratings(store: Store) -> tuple[Rating, ...]:
    """Every rating and every question, the oldest first."""
    query = "SELECT attempt, model, task, shown, propensity, good, wall_s FROM rating ORDER BY wall_s, attempt"
    rows = store.read(lambda db: db.execute(query).fetchall())
    return tuple(
        Rating(attempt, model, task, shown, propensity, None if good is None else bool(good), wall_s)
        for attempt, model, task, shown, propensity, good, wall_s in rows
    )


_INSERT = """
    INSERT INTO rating (attempt, turn, model, task, shown, propensity, good, wall_s)
    SELECT attempt.id, attempt.turn, attempt.model, COALESCE(turn.task, ''), (
        SELECT json_extract(body, '$.score') FROM event
        WHERE turn = attempt.turn AND type = 'ConfidenceMeasured' AND json_extract(body, '$.attempt') = attempt.id
        ORDER BY seq DESC LIMIT 1
    ), :propensity, :good, :wall_s
    FROM attempt JOIN turn ON turn.id = attempt.turn
    WHERE attempt.id = :attempt
"""
