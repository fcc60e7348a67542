"""Who is using the ledger: a row for each run, and a lock that ends with its process.

A session's lock file is held for as long as the process lives, however it ends. So a session without an end whose
lock can be taken was killed, and what it left open can be settled at once, while other programs go on.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

from routing.ledger.store import Store

if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


_END = "UPDATE session SET ended_s = MAX(?, started_s) WHERE id = ?"
"""A clock that was put back meanwhile makes no session shorter than nothing."""


class Session:
    """One run of a program on the ledger."""

    def __init__(self, store: Store, session_id: str, program: str, profile: str, wall_s: float) -> None:
        self.store = store
        self.id = session_id
        self._fd = _take(_lock_file(store, session_id))
        begin = "INSERT INTO session (id, program, profile, started_s) VALUES (?, ?, ?, ?)"
        try:
            store.write_now(lambda db: db.execute(begin, (session_id, program, profile, wall_s)))
        except BaseException:
            self._let_go()
            raise

    def end(self, wall_s: float) -> None:
        """Mark the end; a session in which nothing was asked leaves no row."""

        def job(db: sqlite3.Connection) -> None:
            db.execute(_END, (wall_s, self.id))
            db.execute(
                "DELETE FROM session WHERE id = ? AND NOT EXISTS (SELECT 1 FROM turn WHERE session = ?)",
                (self.id, self.id),
            )

        try:
            self.store.write_now(job)
        finally:  # where this cannot be written, the next start ends the session, which it must find unlocked
            self._let_go()
        _lock_file(self.store, self.id).unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def dead_sessions(store: Store) -> list[str]:
    """Sessions that have no end, or a turn that has none, and whose process is gone."""
    unfinished = """
        SELECT id FROM session
        WHERE ended_s IS NULL OR EXISTS (SELECT 1 FROM turn WHERE session = session.id AND status IS NULL)
    """
    open_ones = store.read(lambda db: [row[0] for row in db.execute(unfinished)])
    dead = []
    for session_id in open_ones:
        fd = _take(_lock_file(store, session_id))
        if fd is not None:
            os.close(fd)
            dead.append(session_id)
    return dead


def bury(store: Store, session_id: str, wall_s: float) -> None:
    """The session is settled: give it its end."""
    store.write_now(lambda db: db.execute(f"{_END} AND ended_s IS NULL", (wall_s, session_id)))
    _lock_file(store, session_id).unlink(missing_ok=True)


def in_use(folder: Path) -> bool:
    """Whether a session on the ledger in this folder runs."""
    for lock in (folder / "sessions").glob("*.lock"):
        fd = _take(lock)
        if fd is None:
            return True
        os.close(fd)
    return False


def _lock_file(store: Store, session_id: str) -> Path:
    return store.path.parent / "sessions" / f"{session_id}.lock"


def _take(path: Path) -> int | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(fd)
    except OSError:
        os.close(fd)
        return None
    return fd
