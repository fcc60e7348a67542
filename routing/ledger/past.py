"""Past requests with the answers that they got, for whatever learns from them. What stands in deleted chats is out."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from routing.learned.grams import MOST_CHARACTERS
from routing.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model gave: `kept` as the turn's answer, or left behind as a draft, where no later sign (see
    `routing.ledger.signs`) says otherwise; `good` None: it was not rated."""

    model: str
    kept: bool
    good: bool | None


@dataclass(frozen=True, slots=True)
class PastTurn:
    """`text` is what the user wrote, the beginning of it where it is long; `answers` stand in the order in which they
    came."""

    id: str
    text: str
    answers: tuple[Answer, ...]


def newest(store: Store) -> int:
    """The number of the newest turn; 0 where there is none."""
    return store.read(lambda db: int(db.execute("SELECT COALESCE(MAX(n), 0) FROM turn").fetchone()[0]))


def numbered(store: Store, first: int, last: int, since_s: float = 0.0) -> list[PastTurn]:
    """Of the turns of these numbers, both included, those that ended and began at `since_s` or later (Unix seconds),
    the newest first."""
    where = "turn.n BETWEEN ? AND ? AND turn.started_s >= ?"
    return store.read(lambda db: _read(db, where, (first, last, since_s)))


def past_turns(store: Store, turns: Iterable[str]) -> list[PastTurn]:
    """Of these turns those that ended."""
    named = json.dumps(list(turns))
    return store.read(lambda db: _read(db, "turn.id IN (SELECT value FROM json_each(?))", (named,)))


def followed(store: Store, turns: Iterable[str]) -> list[str]:
    """The turns of whose answers these are a sign: they go on from them, or ask again."""
    query = """
        SELECT DISTINCT sign.turn FROM turn JOIN sign ON sign.wall_s = turn.started_s
        WHERE turn.id IN (SELECT value FROM json_each(?))
    """
    return store.read(lambda db: [row[0] for row in db.execute(query, (json.dumps(list(turns)),))])


def turns_in(store: Store, chat: str) -> list[str]:
    """Every turn of a chat that the user wrote, whether the chat is deleted or not."""
    query = "SELECT id FROM turn WHERE chat = ? AND purpose = 'answer' ORDER BY n"
    return store.read(lambda db: [row[0] for row in db.execute(query, (chat,))])


def _read(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[PastTurn]:
    turns = db.execute(
        f"""
        SELECT turn.id, substr(turn.prompt, 1, {MOST_CHARACTERS}) FROM turn JOIN chat ON chat.id = turn.chat
        WHERE {where} AND turn.purpose = 'answer' AND turn.status IS NOT NULL AND chat.deleted_s IS NULL
            AND trim(turn.prompt, ' ' || char(9, 10, 13)) <> ''
        ORDER BY turn.n DESC
        """,
        values,
    ).fetchall()
    answers = _answers(db, [turn for turn, _ in turns])
    return [PastTurn(turn, text, tuple(answers[turn])) for turn, text in turns]


def _answers(db: sqlite3.Connection, turns: Sequence[str]) -> defaultdict[str, list[Answer]]:
    rows = db.execute(
        """
        SELECT attempt.turn, attempt.model, COALESCE((
            SELECT good FROM sign WHERE sign.attempt = attempt.id AND good IS NOT NULL
            ORDER BY kind = 'compared' DESC, good LIMIT 1
        ), attempt.outcome = 'finished' AND turn.status = 'answered'), rating.good
        FROM attempt JOIN turn ON turn.id = attempt.turn LEFT JOIN rating ON rating.attempt = attempt.id
        WHERE attempt.turn IN (SELECT value FROM json_each(?)) AND attempt.outcome IN ('finished', 'superseded')
        ORDER BY attempt.turn, attempt.n
        """,
        (json.dumps(turns),),
    )
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for turn, model, kept, good in rows:
        found[turn].append(Answer(model, bool(kept), None if good is None else bool(good)))
    return found
