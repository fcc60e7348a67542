"""What users say of answers, beside the confidence that was shown with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from routing import events as ev
from routing.confidence import trust
from routing.confidence.calibration import Label
from routing.ledger.signs import MEASURED, WEIGHTS, Sign
from routing.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer that was rated, or asked about. `shown` is the confidence that was shown with it, `measured` its
    log-odds before ratings moved them; `propensity` the
    share of turns that are asked about, None: the user said it unasked; `good` None: asked, and not answered."""

    attempt: str
    model: str
    task: str
    shown: float
    measured: float
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
    query = (
        "SELECT attempt, model, task, shown, measured, propensity, good, wall_s FROM rating ORDER BY wall_s, attempt"
    )
    rows = store.read(lambda db: db.execute(query).fetchall())
    return tuple(
        Rating(attempt, model, task, shown, measured, propensity, None if good is None else bool(good), wall_s)
        for attempt, model, task, shown, measured, propensity, good, wall_s in rows
    )


def labels(ratings: Iterable[Rating], signs: Iterable[Sign] = ()) -> list[Label]:
    """What the calibration learns from: ratings, and signs of answers that have none."""
    given = [
        Label(one.model, one.task, one.measured, float(one.good), solicited=one.propensity is not None)
        for one in ratings
        if one.good is not None
    ]
    weak = [
        Label(one.model, one.task, one.measured, float(one.good), WEIGHTS[one.kind])
        for one in signs
        if one.good is not None
    ]
    return [*given, *weak]


def coverage(ratings: Iterable[Rating], answered: int) -> float:
    """Of the answers that nobody asked about, the share that was rated; `answered` counts all there are."""
    given = list(ratings)
    asked = sum(one.propensity is not None for one in given)
    return min(1.0, (len(given) - asked) / max(1, answered - asked))


def counted(ratings: Iterable[Rating], signs: Iterable[Sign]) -> str:
    """What `labels` are made of: `31 ratings (5 asked for), 4 comparisons, 120 signs`, or nothing."""
    rated = [one for one in ratings if one.good is not None]
    asked = sum(one.propensity is not None for one in rated)
    weak = [one for one in signs if one.good is not None]
    compared = len({frozenset((one.attempt, one.other)) for one in weak if one.kind == "compared"})
    told = [_several(len(rated), "rating") + (f" ({asked} asked for)" if asked else "")] if rated else []
    told += [_several(compared, "comparison")] if compared else []
    other = sum(one.kind != "compared" for one in weak)
    return ", ".join([*told, *([_several(other, "sign")] if other else [])])


def judged(ratings: Iterable[Rating]) -> list[trust.Rating]:
    """What the confidence is judged by: each score as it was shown."""
    return [trust.Rating(one.shown, one.good, one.propensity is not None) for one in ratings if one.good is not None]


def _several(n: int, name: str) -> str:
    return f"{n} {name}{'s' * (n != 1)}"


_INSERT = f"""
    INSERT INTO rating (attempt, turn, model, task, shown, measured, propensity, good, wall_s)
    SELECT attempt.id, attempt.turn, attempt.model, COALESCE(turn.task, ''), (
        SELECT json_extract(body, '$.score') FROM event
        WHERE turn = attempt.turn AND type = 'ConfidenceMeasured' AND json_extract(body, '$.attempt') = attempt.id
        ORDER BY seq DESC LIMIT 1
    ), {MEASURED}, :propensity, :good, :wall_s
    FROM attempt JOIN turn ON turn.id = attempt.turn
    WHERE attempt.id = :attempt
"""
