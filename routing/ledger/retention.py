"""What the ledger no longer keeps: turns that grew old, and chats that are erased.

A turn goes with its events, text, calls and index; then what only it held goes as well: its chat, its session, its
policy. The sums of money by day stay. Everything is done in short steps, so that programs that ask meanwhile wait for
one step at most.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from routing.errors import StorageError
from routing.ledger.embeddings import forget_text
from routing.ledger.store import Store

_STEP = 50
"""Turns that one transaction erases: some 10 ms of it."""
_ENDED = "status IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attempt WHERE turn = turn.id AND spend_nusd IS NULL)"
_A_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_OLD = f"SELECT id FROM turn WHERE started_s < ? AND {_ENDED} ORDER BY n"
_HASHES = "policy_hash", "registry_hash", "acceptance_hash"


@dataclass(frozen=True, slots=True)
class Gone:
    """What turns of a local day cost that are no longer kept: erased, or lost with a damaged file."""

    day: str
    simulated: bool
    spend_nusd: int


def older_than(store: Store, before_s: float) -> int:
    """How many turns began before a moment (Unix seconds) and have ended."""
    return store.read(lambda db: int(db.execute(f"SELECT COUNT(*) FROM ({_OLD})", (before_s,)).fetchone()[0]))


def prune(store: Store, before_s: float, go_on: Callable[[], bool] = lambda: True) -> int:
    """Erase every turn that began before a moment and has ended; returns how many. Stops after a step when `go_on`
    says so: the next call goes on. Raises StorageError."""
    return _erase(store, f"{_OLD} LIMIT {_STEP}", (before_s,), go_on)


def leaves_nothing(store: Store, before_s: float) -> bool:
    """Whether `prune` would erase something, and no turn that somebody asked for would stay."""
    stays = f"SELECT 1 FROM turn WHERE purpose = 'answer' AND NOT (started_s < ? AND {_ENDED})"
    query = f"SELECT EXISTS ({_OLD}) AND NOT EXISTS ({stays})"
    return store.read(lambda db: bool(db.execute(query, (before_s, before_s)).fetchone()[0]))


def read_gone(store: Store, since: str = "") -> tuple[Gone, ...]:
    """By day, from a local day on: what the day's sum counts beyond the calls that the ledger still has."""
    query = """
        SELECT period, simulated, spent_nusd - (
            SELECT COALESCE(SUM(spend_nusd), 0) FROM attempt WHERE day = period AND attempt.simulated = tally.simulated
        ) AS gone
        FROM tally WHERE scope = 'all' AND period GLOB ? AND period >= ? AND gone > 0 ORDER BY simulated, period
    """
    rows = store.read(lambda db: db.execute(query, (_A_DAY, since)).fetchall())
    return tuple(Gone(day, bool(simulated), nusd) for day, simulated, nusd in rows)


def erase_chat(store: Store, chat: str) -> int:
    """Erase a chat so that no word of it is left in the file; returns how many turns it had. Raises StorageError, also
    while a turn of it runs: then nothing is erased."""
    running = f"SELECT 1 FROM turn WHERE chat = ? AND NOT ({_ENDED})"
    if store.read(lambda db: db.execute(running, (chat,)).fetchone()):
        raise StorageError("A turn of this chat still runs: wait for its end, or stop it, and erase the chat then.")
    of_chat = "SELECT id FROM turn WHERE chat = ?1 OR id IN (SELECT turn FROM summary WHERE chat = ?1)"
    erased = _erase(store, f"{of_chat} ORDER BY n LIMIT {_STEP}", (chat,))
    store.write_now(lambda db: db.execute("DELETE FROM summary WHERE chat = ?", (chat,)).rowcount)
    store.write_now(lambda db: db.execute("DELETE FROM chat WHERE id = ?", (chat,)).rowcount)
    store.maintain(_compact)
    return erased


def _erase(store: Store, query: str, values: tuple[object, ...], go_on: Callable[[], bool] = lambda: True) -> int:
    erased, hashes = 0, set[str]()

    def step(db: sqlite3.Connection) -> int:
        turns = [row[0] for row in db.execute(query, values).fetchall()]
        for turn in turns:
            hashes.update(_named(db, turn))
            _erase_turn(db, turn)
        return len(turns)

    while go_on() and (done := store.write_now(step)):
        erased += done
    if erased:
        store.write_now(_tidy)
        _forget_worlds(store, hashes)
        _merge_index(store)
    return erased


def _erase_turn(db: sqlite3.Connection, turn: str) -> None:
    """With the turns of their own that were carried out for it: they have its text as well."""
    for (prompt,) in db.execute("SELECT prompt FROM turn WHERE id = ?", (turn,)).fetchall():
        for asked in (*forget_text(db, prompt), *_asides(db, turn)):
            _erase_turn(db, asked)
    db.execute("DELETE FROM piece WHERE attempt IN (SELECT id FROM attempt WHERE turn = ?)", (turn,))
    db.execute("DELETE FROM search WHERE rowid = (SELECT n FROM turn WHERE id = ? AND indexed = 1)", (turn,))
    for table in ("rating", "sign", "attempt", "event", "summary"):
        db.execute(f"DELETE FROM {table} WHERE turn = ?", (turn,))
    db.execute("DELETE FROM turn WHERE id = ?", (turn,))


def _asides(db: sqlite3.Connection, turn: str) -> list[str]:
    """Those that read its prompt, its chat or its answer: to classify, to sum up, to hear an opinion."""
    query = "SELECT id FROM turn WHERE parent = ? AND purpose <> 'answer'"
    return [row[0] for row in db.execute(query, (turn,)).fetchall()]


def _tidy(db: sqlite3.Connection) -> None:
    """Chats and ended sessions of which nothing is left, and the sums of these sessions. A draft is something."""
    db.execute(
        "DELETE FROM chat WHERE (draft = '' OR deleted_s IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM turn WHERE chat = chat.id)"
    )
    db.execute(
        "DELETE FROM session WHERE ended_s IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.session = session.id)"
    )
    db.execute("DELETE FROM tally WHERE period NOT GLOB ? AND period NOT IN (SELECT id FROM session)", (_A_DAY,))


def _named(db: sqlite3.Connection, turn: str | None = None) -> set[str]:
    """The hashes of policies, registries and records that decisions were made with: of one turn, or of all."""
    fields = ", ".join(f"json_extract(body, '$.snapshot.{name}')" for name in _HASHES)
    query = f"SELECT DISTINCT {fields} FROM event WHERE type = 'RouteDecided'"
    rows = db.execute(f"{query} AND turn = ?", (turn,)) if turn is not None else db.execute(query)
    return {hash_ for row in rows for hash_ in row if hash_ is not None}


def _forget_worlds(store: Store, hashes: set[str]) -> None:
    """Of what the erased turns were decided with, what no other turn names. The long look is a read; where a turn
    began meanwhile, it may name anything, and all is kept."""
    newest = "SELECT COALESCE(MAX(n), 0) + COUNT(*) FILTER (WHERE status IS NULL) FROM turn"
    before, used = store.read(lambda db: (db.execute(newest).fetchone()[0], _named(db)))

    def job(db: sqlite3.Connection) -> None:
        if db.execute(newest).fetchone()[0] == before:
            db.executemany("DELETE FROM blob WHERE hash = ?", [(hash_,) for hash_ in sorted(hashes - used)])

    store.write_now(job)


def _merge_index(store: Store) -> None:
    """FTS5 only marks what is deleted; the words go when its segments are merged, a part in each step."""

    def merge(pages: int) -> bool:
        def job(db: sqlite3.Connection) -> bool:
            before = db.total_changes
            db.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
            return db.total_changes - before > 1  # else there was nothing left to merge

        return store.write_now(job)

    merge(-_MERGED)
    while merge(_MERGED):
        pass


_MERGED = 200
"""Pages of the index that one step merges."""


def _compact(db: sqlite3.Connection) -> None:
    """Write the file anew without its unused parts, and empty the journal beside it."""
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
