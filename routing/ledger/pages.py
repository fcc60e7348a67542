"""A chat as a long page is read: first how long each message is, then the text of those that come into view."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from routing import events as ev
from routing.ledger.store import Store
from routing.messages import Part

Channel = Literal["text", "reasoning"]


@dataclass(frozen=True, slots=True)
class TurnSize:
    """A turn before its texts are read; counts are characters and line breaks. `status` None: it runs. `attached` has a
    line for each file and image."""

    id: str
    parent: str | None
    started_s: float
    status: str | None
    prompt_characters: int
    prompt_newlines: int
    reply_characters: int
    reply_newlines: int
    attached: str = ""


@dataclass(frozen=True, slots=True)
class DraftSize:
    """An attempt that was superseded, and how much it had said."""

    turn: str
    attempt: str
    characters: int


def turn_sizes(store: Store, chat: str) -> list[TurnSize]:
    """Every turn of the chat in order, branches included."""
    query = """
        SELECT id, parent, started_s, status, length(prompt), prompt_newlines, length(reply),
            reply_newlines, attached
        FROM turn WHERE chat = ? ORDER BY n
    """
    return store.read(lambda db: [TurnSize(*row) for row in db.execute(query, (chat,))])


def draft_sizes(store: Store, chat: str) -> list[DraftSize]:
    """Superseded drafts with text, in order."""
    query = """
        SELECT attempt.turn, attempt.id, SUM(length(piece.text))
        FROM turn JOIN attempt ON attempt.turn = turn.id AND attempt.outcome = 'superseded'
            JOIN piece ON piece.attempt = attempt.id AND piece.channel = 'text'
        WHERE turn.chat = ? GROUP BY attempt.id ORDER BY turn.n, attempt.n
    """
    return store.read(lambda db: [DraftSize(*row) for row in db.execute(query, (chat,))])


def texts_of(store: Store, turn: str) -> tuple[str, str]:
    """The prompt and the reply. Raises LookupError for a turn that does not exist."""

    def query(db: sqlite3.Connection) -> tuple[str, str]:
        row = db.execute("SELECT prompt, reply FROM turn WHERE id = ?", (turn,)).fetchone()
        if row is None:
            raise LookupError(turn)
        return str(row[0]), str(row[1])

    return store.read(query)


def content_of(store: Store, turn: str) -> tuple[Part, ...]:
    """What was asked, with the files and images that went with it. Raises LookupError when there is no such turn."""

    def query(db: sqlite3.Connection) -> str | None:
        row = db.execute("SELECT body FROM event WHERE turn = ? AND type = 'TurnStarted'", (turn,)).fetchone()
        return None if row is None else str(row[0])

    body = store.read(query)
    started = None if body is None else ev.load(body)
    if not isinstance(started, ev.TurnStarted):
        raise LookupError(turn)
    return started.request.content


def said(store: Store, attempt: str, channel: Channel) -> str:
    """All that an attempt said itself; what it went on from is another's."""
    query = "SELECT text FROM piece WHERE attempt = ? AND channel = ? ORDER BY seq"
    return store.read(lambda db: "".join(row[0] for row in db.execute(query, (attempt, channel))))


def earlier_prompts(store: Store, limit: int = 200) -> list[str]:
    """What was asked last, in any chat, the latest first, each once."""
    query = (
        "SELECT prompt FROM (SELECT prompt, n FROM turn WHERE purpose = 'answer' ORDER BY n DESC LIMIT ?)"
        " GROUP BY prompt ORDER BY MAX(n) DESC"
    )
    return store.read(lambda db: [row[0] for row in db.execute(query, (limit,))])
