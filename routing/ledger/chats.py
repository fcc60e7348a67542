"""Chats: listed, renamed, deleted and brought back, searched, and read along a branch."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from routing.ledger.rows import AttemptRow, ChatRow, TurnRow, build, columns
from routing.ledger.store import Store

_SPEND = """(SELECT COALESCE(SUM(attempt.spend_nusd), 0) FROM turn JOIN attempt ON attempt.turn = turn.id
    WHERE turn.chat = chat.id AND attempt.simulated = {simulated})"""
_CHAT = f"""
    SELECT {columns(ChatRow, "chat")}, (SELECT COUNT(*) FROM turn WHERE turn.chat = chat.id) AS turns,
        {_SPEND.format(simulated=0)} AS spend_nusd, {_SPEND.format(simulated=1)} AS simulated_nusd
    FROM chat
"""
_TURN = f"SELECT {columns(TurnRow, 'turn')} FROM turn"
_LAST_TURN = """COALESCE(
    (SELECT MAX(n) FROM turn WHERE turn.chat = chat.id),
    (SELECT n + 0.5 FROM turn WHERE turn.started_s <= chat.updated_s ORDER BY turn.started_s DESC LIMIT 1), 0)"""
"""When a chat was used, as the number of a turn: a clock that is put back changes no order. One in which nothing was
asked yet stands behind the turn that was the last when it was made."""
_SNIPPET_WORDS = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that was found, with the words around the match."""

    turn: str
    chat: str
    title: str
    started_s: float
    snippet: str


def list_chats(store: Store, *, limit: int = 1_000) -> list[ChatRow]:
    """Chats that are not deleted, the last used first."""
    query = f"{_CHAT} WHERE deleted_s IS NULL ORDER BY {_LAST_TURN} DESC, rowid DESC LIMIT ?"
    return store.read(lambda db: [build(ChatRow, row) for row in db.execute(query, (limit,))])


def find_chat(store: Store, chat: str, *, deleted: bool = False) -> ChatRow | None:
    """The chat of this id, or the only one whose id begins so; deleted ones are found only when told."""

    def query(db: sqlite3.Connection) -> list[ChatRow]:
        sql = f"{_CHAT} WHERE (?2 OR deleted_s IS NULL) AND substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1 LIMIT 2"
        return [build(ChatRow, row) for row in db.execute(sql, (chat, deleted))]

    found = store.read(query)
    return found[0] if found and (len(found) == 1 or found[0].id == chat) else None


def last_chat(store: Store) -> ChatRow | None:
    """The chat that was used last."""
    return next(iter(list_chats(store, limit=1)), None)


def unsent_chat(store: Store, session: str) -> ChatRow | None:
    """The chat that was used last, where nothing was asked yet and something waits to be sent. None while a session
    other than this one is open: it may be writing there."""
    others = "SELECT EXISTS (SELECT 1 FROM session WHERE ended_s IS NULL AND id <> ?)"
    if store.read(lambda db: db.execute(others, (session,)).fetchone()[0]):
        return None
    last = last_chat(store)
    return last if last is not None and last.draft and not last.turns else None


def rename_chat(store: Store, chat: str, title: str) -> None:
    _change(store, "UPDATE chat SET title = ?, titled_by_user = 1 WHERE id = ?", (title, chat))


def delete_chat(store: Store, chat: str, wall_s: float) -> None:
    """Take the chat off the list. Its turns stay, so that what was spent stays told."""
    _change(store, "UPDATE chat SET deleted_s = ? WHERE id = ?", (wall_s, chat))


def undelete_chat(store: Store, chat: str) -> None:
    _change(store, "UPDATE chat SET deleted_s = NULL WHERE id = ?", (chat,))


def keep_draft(store: Store, chat: str, text: str, wall_s: float) -> None:
    """What is typed and not sent, for the next time that the chat is opened. A chat begins with it, and one that holds
    nothing else ends without it. Waits for nothing."""

    def job(db: sqlite3.Connection) -> None:
        db.execute(
            """
            INSERT INTO chat (id, title, created_s, updated_s, draft) VALUES (?1, '', ?3, ?3, ?2)
            ON CONFLICT (id) DO UPDATE SET draft = ?2
            """,
            (chat, text, wall_s),
        )
        db.execute(
            "DELETE FROM chat WHERE id = ?1 AND draft = '' AND NOT EXISTS (SELECT 1 FROM turn WHERE chat = ?1)",
            (chat,),
        )

    store.write_soon(job)


def search(store: Store, words: str, *, limit: int = 50) -> list[Hit]:
    """Turns in which every word stands, the newest first; the last word may be the beginning of one."""
    pattern = match_pattern(words)
    if not pattern:
        return []
    # The full-text index runs backwards by row and stops at the limit, however many turns there are.
    query = f"""
        SELECT turn.id AS turn, turn.chat, chat.title, turn.started_s,
               snippet(search, -1, '', '', '…', {_SNIPPET_WORDS}) AS snippet
        FROM search CROSS JOIN turn ON turn.n = search.rowid CROSS JOIN chat ON chat.id = turn.chat
        WHERE search MATCH ? AND chat.deleted_s IS NULL ORDER BY search.rowid DESC LIMIT ?
    """
    return store.read(lambda db: [build(Hit, row) for row in db.execute(query, (pattern, limit))])


def match_pattern(words: str) -> str:
    """The words as FTS5 wants them: each quoted, so that no sign of its language is obeyed."""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words.replace("\0", " ").split()]
    return " ".join(quoted) + "*" if quoted else ""


def turns_of(store: Store, chat: str) -> list[TurnRow]:
    """Every turn of the chat, of all branches, in the order in which they began."""
    return store.read(
        lambda db: [build(TurnRow, row) for row in db.execute(f"{_TURN} WHERE chat = ? ORDER BY n", (chat,))]
    )


class Branching(Protocol):
    """A turn that knows which one it follows."""

    @property
    def id(self) -> str: ...

    @property
    def parent(self) -> str | None: ...


B = TypeVar("B", bound=Branching)


def branch(turns: Sequence[B], leaf: str | None = None) -> list[B]:
    """The path that leads to `leaf` (None: to the newest turn), oldest first."""
    by_id = {turn.id: turn for turn in turns}
    path: list[B] = []
    at = by_id.get(leaf) if leaf is not None else (turns[-1] if turns else None)
    while at is not None:
        path.append(by_id.pop(at.id))
        at = by_id.get(at.parent or "")
    return path[::-1]


def attempts_of(store: Store, turn: str) -> list[AttemptRow]:
    """Every call of the turn, in order."""
    query = f"SELECT {columns(AttemptRow, 'attempt')} FROM attempt WHERE turn = ? ORDER BY n"
    return store.read(lambda db: [build(AttemptRow, row) for row in db.execute(query, (turn,))])


def _change(store: Store, statement: str, values: tuple[object, ...]) -> None:
    store.write_now(lambda db: db.execute(statement, values).rowcount)
