"""What is known of answers that nobody rated: of two that were compared which is better, what was asked again, what the
user copied or went on from."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from routing import events as ev
from routing.analysis.reasks import asks_again
from routing.confidence.calibration import COMPARED_WEIGHT, KEPT_WEIGHT, REASK_WEIGHT
from routing.ledger.store import Store

Kind = Literal["compared", "asked again", "gone on", "copied"]
WEIGHTS: dict[Kind, float] = {
    "compared": COMPARED_WEIGHT,
    "asked again": REASK_WEIGHT,
    "gone on": KEPT_WEIGHT,
    "copied": KEPT_WEIGHT,
}
MOST = 300
"""So many signs, the latest, are learned from: more of them say no more, and take time."""
_PROMPT_CHARACTERS = 4_000

MEASURED = """(
    SELECT SUM(json_extract(part.value, '$.log_odds')) FROM json_each((
        SELECT json_extract(body, '$.parts') FROM event
        WHERE turn = attempt.turn AND type = 'ConfidenceMeasured' AND json_extract(body, '$.attempt') = attempt.id
        ORDER BY seq DESC LIMIT 1
    )) AS part
    WHERE json_extract(part.value, '$.name') NOT IN
        ('kept before', 'calibration', 'ceiling', 'broken off', 'agreement', 'judge')
)"""
"""The log-odds that an attempt's answer itself shows, in a query on `attempt`: without what ratings, the model's record
or a second opinion add."""


@dataclass(frozen=True, slots=True)
class Sign:
    """`measured` are the log-odds of the answer before ratings moved them; `good` None: neither of two was better, this
    one and the `other`."""

    attempt: str
    kind: Kind
    model: str
    task: str
    measured: float
    good: bool | None
    other: str = ""


@dataclass(frozen=True, slots=True)
class _Before:
    """A turn that a prompt may follow on."""

    id: str
    parent: str | None
    prompt: str
    ended_s: float


def note_follow_up(db: sqlite3.Connection, event: ev.TurnStarted) -> None:
    """What a prompt, whose turn is in its chat by now, says of the answers before it: of the one that it goes on from,
    and of the one in whose place another is wanted."""
    parent = event.request.parent_turn
    if event.purpose != "answer":
        return
    latest = _turn(db, "chat = ? AND id != ? ORDER BY n DESC LIMIT 1", event.chat, event.turn)
    beside = latest is not None and latest.id != parent and latest.parent == parent
    if latest is not None and beside and _again(event, latest):
        _note(db, "asked again", latest.id, event.wall_s)
    followed = _turn(db, "id = ?", parent) if parent is not None else None
    if followed is not None:
        _note(db, "asked again" if _again(event, followed) else "gone on", followed.id, event.wall_s)


def note_copied(db: sqlite3.Connection, event: ev.Copied) -> None:
    _insert(db, "copied", event.attempt, good=True, wall_s=event.wall_s)


def note_compared(db: sqlite3.Connection, event: ev.Compared) -> None:
    """A sign of each of the two. The last word replaces those before it."""
    for one, other in ((event.attempt, event.other), (event.other, event.attempt)):
        good = None if event.better is None else event.better == one
        _insert(db, "compared", one, good=good, wall_s=event.wall_s, other=other)


def read_signs(store: Store) -> tuple[Sign, ...]:
    """The latest `MOST` of answers that have no rating, the latest first."""
    query = """
        SELECT attempt, kind, model, task, measured, good, other FROM sign
        WHERE NOT EXISTS (SELECT 1 FROM rating WHERE rating.attempt = sign.attempt AND rating.good IS NOT NULL)
        ORDER BY wall_s DESC, attempt, kind, other LIMIT ?
    """
    rows = store.read(lambda db: db.execute(query, (MOST,)).fetchall())
    return tuple(
        Sign(attempt, kind, model, task, measured, None if good is None else bool(good), other)
        for attempt, kind, model, task, measured, good, other in rows
    )


def _again(event: ev.TurnStarted, before: _Before) -> bool:
    prompt = event.request.written[:_PROMPT_CHARACTERS]
    return asks_again(prompt, before.prompt, event.wall_s - before.ended_s)


def _turn(db: sqlite3.Connection, where: str, *values: object) -> _Before | None:
    row = db.execute(
        f"""
        SELECT id, parent, substr(prompt, 1, {_PROMPT_CHARACTERS}), started_s + COALESCE(latency_s, 0) FROM turn
        WHERE purpose = 'answer' AND {where}
        """,
        values,
    ).fetchone()
    return None if row is None else _Before(*row)


def _note(db: sqlite3.Connection, kind: Kind, turn: str, wall_s: float) -> None:
    """Of the answer that a turn gave, if it gave one."""
    query = """
        SELECT attempt.id FROM attempt JOIN turn ON turn.id = attempt.turn
        WHERE turn.id = ? AND turn.status = 'answered' AND attempt.outcome = 'finished' AND attempt.purpose = 'answer'
    """
    for (attempt,) in db.execute(query, (turn,)).fetchall():
        _insert(db, kind, attempt, good=kind == "gone on", wall_s=wall_s)


def _insert(
    db: sqlite3.Connection, kind: Kind, attempt: str, *, good: bool | None, wall_s: float, other: str = ""
) -> None:
    db.execute(
        f"""
        INSERT INTO sign (attempt, kind, other, turn, model, task, measured, good, wall_s)
        SELECT id, :kind, :other, turn, model, task, measured, :good, :wall_s FROM (
            SELECT attempt.id, attempt.turn, attempt.model, COALESCE(turn.task, '') AS task, {MEASURED} AS measured
            FROM attempt JOIN turn ON turn.id = attempt.turn WHERE attempt.id = :attempt
        ) WHERE measured IS NOT NULL
        ON CONFLICT DO UPDATE SET good = excluded.good, wall_s = excluded.wall_s
        """,
        {"attempt": attempt, "kind": kind, "other": other, "good": good, "wall_s": wall_s},
    )
