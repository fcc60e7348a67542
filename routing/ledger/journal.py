"""The router's side of the ledger: commit events, reserve money, keep drafts, and give a turn's events back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from routing import events as ev
from routing.budget.accounts import Accounts
from routing.budget.caps import Limit
from routing.ledger import projections
from routing.ledger.afterwards import Afterword
from routing.ledger.projections import CapExceededError
from routing.ledger.spending import read_accounts
from routing.ledger.store import Store

W = TypeVar("W", bound=Afterword)
_CHANNELS = {ev.TextDelta: "text", ev.ReasoningDelta: "reasoning", ev.ToolCallDelta: "tool"}


class Journal:
    """Writes what a session does. Every method that writes raises StorageError when the file cannot be written."""

    def __init__(self, store: Store, session: str) -> None:
        self.store = store
        self.session = session

    def commit(self, events: Sequence[ev.Event], deltas: Sequence[ev.Delta] = ()) -> Awaitable[None]:
        """Store the events, and text that came before them, in one transaction."""
        rows, pieces = _rows(events), _pieces(deltas)

        def job(db: sqlite3.Connection) -> None:
            _insert(db, rows, pieces)
            for event in events:
                projections.project(db, event)

        return self.store.write(job)

    def reserve(
        self,
        before: Sequence[ev.Event],
        entering: Sequence[ev.Event],
        deltas: Sequence[ev.Delta] = (),
        *,
        limits: Sequence[Limit],
        credit_nusd: int,
    ) -> Awaitable[CapExceededError | None]:
        """Commit what came before, and its text; then hold the money of the one `Reserved` among `entering` and store
        them, or neither: the refusal is returned."""
        early, late, pieces = _rows(before), _rows(entering), _pieces(deltas)
        reserved = next(event for event in entering if isinstance(event, ev.Reserved))

        def job(db: sqlite3.Connection) -> CapExceededError | None:
            _insert(db, early, pieces)
            for event in before:
                projections.project(db, event)
            try:
                projections.reserve(db, reserved, limits, credit_nusd)
            except CapExceededError as refusal:
                return refusal
            _insert(db, late, ())
            for event in entering:
                projections.project(db, event)
            return None

        return self.store.write(job)

    def keep(self, deltas: Sequence[ev.Delta]) -> None:
        """Store a batch of text, waiting for nothing: a killed program loses at most the last batch."""
        pieces = _pieces(deltas)
        self.store.write_soon(lambda db: _insert(db, (), pieces))

    def keep_blob(self, hash_: str, kind: str, body: Callable[[], str]) -> None:
        """Store content under its hash, once."""

        def job(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM blob WHERE hash = ?", (hash_,)).fetchone() is None:
                db.execute("INSERT INTO blob VALUES (?, ?, ?)", (hash_, kind, body()))

        self.store.write_soon(job)

    def keep_summary(self, hash_: str, chat: str, turn: str, text: str) -> None:
        """Remember what a turn made of an old part of a chat, which `hash_` names."""
        row = (hash_, chat, turn, text)
        self.store.write_soon(lambda db: db.execute("INSERT OR IGNORE INTO summary VALUES (?, ?, ?, ?)", row))

    async def summary(self, hash_: str) -> str | None:
        """The summary that is known of it."""
        query = "SELECT text FROM summary WHERE hash = ?"
        row = await self.store.read_later(lambda db: db.execute(query, (hash_,)).fetchone())
        return None if row is None else str(row[0])

    def add_word(self, turn: str, word: Callable[[Sequence[ev.Event]], W | None]) -> Awaitable[W | None]:
        """Keep what the user says of a turn that has ended; `word` looks at all of its events. None: nothing is."""

        def job(db: sqlite3.Connection) -> W | None:
            said = word(turn_events(db, turn, deltas=False))
            if said is not None:
                _insert(db, _rows((said,)), ())
                projections.project(db, said)
            return said

        return self.store.write(job)

    def index(self) -> None:
        """Bring the search index up to date with finished turns, a few at a time."""
        self.store.write_soon(index)

    def blob(self, hash_: str) -> str | None:
        row = self.store.read(lambda db: db.execute("SELECT body FROM blob WHERE hash = ?", (hash_,)).fetchone())
        return None if row is None else str(row["body"])

    def events(self, turn: str, *, deltas: bool = True) -> list[ev.Event]:
        """Every event of a turn in order; its text deltas as they came, or left out."""
        return self.store.read(lambda db: turn_events(db, turn, deltas=deltas))

    async def accounts(self, day: str) -> Accounts:
        """How the money stands on a day and in this session."""
        return await self.store.read_later(lambda db: read_accounts(db, day, self.session))


def turn_events(db: sqlite3.Connection, turn: str, *, deltas: bool = True) -> list[ev.Event]:
    """A turn's events by sequence."""
    found = [ev.load(row["body"]) for row in db.execute("SELECT body FROM event WHERE turn = ? ORDER BY seq", (turn,))]
    if not deltas:
        return found
    started = {event.attempt for event in found if isinstance(event, ev.AttemptStarted)}
    wall_s = next((event.wall_s - event.at_s for event in found), 0.0)
    for attempt in sorted(started):
        for row in db.execute("SELECT channel, text, marks FROM piece WHERE attempt = ? ORDER BY seq", (attempt,)):
            found.extend(_deltas(turn, attempt, row, wall_s))
    return sorted(found, key=lambda event: event.seq)


def _deltas(turn: str, attempt: str, row: sqlite3.Row, began_s: float) -> Iterable[ev.Event]:
    at = 0
    for seq, at_ms, length in json.loads(row["marks"]):
        text = row["text"][at : at + length]
        at += length
        at_s = at_ms / 1000
        stamp = {"turn": turn, "seq": seq, "at_s": at_s, "wall_s": round(began_s + at_s, 3), "attempt": attempt}
        if row["channel"] == "tool":
            yield ev.load(json.dumps({**stamp, "type": "ToolCallDelta", "call": json.loads(text)}))
        else:
            kind = ev.TextDelta if row["channel"] == "text" else ev.ReasoningDelta
            yield kind(**stamp, text=text)


def _rows(events: Sequence[ev.Event]) -> list[tuple[str, int, str, str]]:
    return [(event.turn, event.seq, event.type, ev.dump(event).decode()) for event in events]


def _pieces(deltas: Sequence[ev.Delta]) -> list[tuple[str, int, str, str, str]]:
    """One row for each run of deltas of one attempt and channel."""
    pieces = []
    for (attempt, kind), run in groupby(deltas, key=lambda delta: (delta.attempt, type(delta))):
        batch = list(run)
        texts = [_delta_text(delta) for delta in batch]
        marks = [(delta.seq, round(delta.at_s * 1000), len(text)) for delta, text in zip(batch, texts, strict=True)]
        pieces.append((attempt, batch[0].seq, _CHANNELS[kind], "".join(texts), json.dumps(marks)))
    return pieces


def _delta_text(delta: ev.Delta) -> str:
    if isinstance(delta, ev.ToolCallDelta):
        call = delta.call
        return json.dumps({"index": call.index, "id": call.id, "name": call.name, "arguments": call.arguments})
    return delta.text


def _insert(
    db: sqlite3.Connection,
    rows: Sequence[tuple[str, int, str, str]],
    pieces: Sequence[tuple[str, int, str, str, str]],
) -> None:
    db.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", rows)
    db.executemany("INSERT INTO piece VALUES (?, ?, ?, ?, ?)", pieces)


def index(db: sqlite3.Connection) -> None:
    """Put finished turns into the search index, a hundred at a time."""
    turns = db.execute(
        "SELECT n, prompt, reply FROM turn WHERE indexed = 0 AND status IS NOT NULL ORDER BY n LIMIT 100"
    ).fetchall()
    db.executemany("INSERT OR REPLACE INTO search (rowid, prompt, reply) VALUES (?, ?, ?)", turns)
    db.executemany("UPDATE turn SET indexed = 1 WHERE n = ?", [(turn["n"],) for turn in turns])
