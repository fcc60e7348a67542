"""One SQLite file, one writer.

Writes go through a single thread, each in a transaction of its own, so the event loop never waits for the disk and
two programs that share the file only ever meet at `BEGIN IMMEDIATE`. Reads have connections of their own.
WAL with `synchronous=NORMAL`: a killed program loses nothing that was committed; a power cut may lose the last
commits, never the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from routing.errors import StorageError
from routing.ledger.schema import MIGRATIONS

T = TypeVar("T")
_BUSY_S = 10.0


class Store:
    """The file, its writer thread, and connections for readers. Raises StorageError, in one sentence, when the
    file cannot be opened, is damaged, or belongs to a newer Pointsman."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = _connect(path)
            try:
                _migrate(connection, path)
            except BaseException:
                connection.close()
                raise
        self._jobs: queue.SimpleQueue[Callable[[sqlite3.Connection], None] | None] = queue.SimpleQueue()
        self._readers = threading.local()
        self._reading: list[sqlite3.Connection] = []
        self._writer = threading.Thread(target=self._work, args=(connection,), name="pointsman-ledger", daemon=True)
        self._writer.start()

    def write(self, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Run `job` in a transaction on the writer's thread; raises what it raises, SQLite's errors as StorageError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def work(connection: sqlite3.Connection) -> None:
            try:
                answer = partial(_succeed, future, self._transact(connection, job))
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the one who waits
                answer = partial(_fail, future, error)
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                loop.call_soon_threadsafe(answer)

        self._jobs.put(work)
        return future

    def write_soon(self, job: Callable[[sqlite3.Connection], object]) -> None:
        """Run `job` in its turn, waiting for nothing. For work that may be done again: its errors are dropped."""

        def work(connection: sqlite3.Connection) -> None:
            with contextlib.suppress(Exception):
                self._transact(connection, job)

        self._jobs.put(work)

    def write_now(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` and wait for it without an event loop: for start-up, commands and shutdown."""
        done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work(connection: sqlite3.Connection) -> None:
            try:
                done.put((True, self._transact(connection, job)))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                done.put((False, error))

        self._jobs.put(work)
        succeeded, result = done.get()
        if not succeeded:
            raise result
        value: T = result
        return value

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query on this thread's own connection."""
        with _storage_errors(self.path):
            connection = getattr(self._readers, "connection", None)
            if connection is None:
                connection = self._readers.connection = _connect(self.path)
                self._reading.append(connection)
            return query(connection)

    async def read_later(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """`read`, in a thread, for the event loop."""
        return await asyncio.to_thread(self.read, query)

    def close(self) -> None:
        """Finish what is queued and close."""
        self._jobs.put(None)
        self._writer.join()
        for connection in self._reading:
            connection.close()

    def _transact(self, connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T]) -> T:
        with _storage_errors(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = job(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    def _work(self, connection: sqlite3.Connection) -> None:
        while (job := self._jobs.get()) is not None:
            job(connection)
        connection.close()


def _succeed(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Forward only; a copy of the file is made before a version changes, and each step commits with its version."""
    if _version(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    found = _version(connection, path)  # another program may have been quicker
    connection.execute("COMMIT")
    if 0 < found < len(MIGRATIONS):
        with contextlib.closing(sqlite3.connect(path.with_suffix(f".v{found}.backup"))) as copy:
            connection.backup(copy)
    for version in range(found, len(MIGRATIONS)):
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection, path) == version:
            for statement in _statements(MIGRATIONS[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > len(MIGRATIONS):
        raise StorageError(
            f"The ledger {path} was written by a newer Pointsman (version {found}, this one knows {len(MIGRATIONS)}): "
            "update Pointsman, or name another folder with --data-dir."
        )
    return found


def _statements(script: str) -> Iterator[str]:
    """`executescript` would commit by itself: one statement at a time keeps a migration in its transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StorageError(_sentence(path, str(error))) from error
    except OSError as error:
        raise StorageError(
            f"The data folder {path.parent} cannot be used ({error.strerror or error}): "
            "make it writable, or name another with --data-dir."
        ) from error


def _sentence(path: Path, words: str) -> str:
    low = words.lower()
    if "full" in low:
        return f"The disk is full, so the ledger {path} could not be written: free some space and try again."
    if "locked" in low or "busy" in low:
        return f"The ledger {path} is locked by another program: close it, or name another folder with --data-dir."
    if "not a database" in low or "malformed" in low or "corrupt" in low:
        return (
            f"The ledger {path} is damaged ({words}): move it away and Pointsman begins a new one, "
            "or put a backup in its place."
        )
    if "readonly" in low or "unable to open" in low:
        return f"The ledger {path} cannot be written: make its folder writable, or name another with --data-dir."
    return f"The ledger {path} could not be used: {words}."
