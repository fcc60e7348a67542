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
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from routing.ledger.faults import damaged, storage_errors
from routing.ledger.opening import check_version, connect, prepare
from routing.ledger.places import MOUNTS

T = TypeVar("T")
_READER_CACHE_KIB = 512
"""Each thread that reads has a connection: with SQLite's 2 MB for each, memory grows with the file."""


class Store:
    """The file, its writer thread, and connections for readers. Raises StorageError, in one sentence, when the
    file cannot be opened, is damaged, lies on another host, or belongs to a newer Pointsman. `mounts` tells what is
    mounted where."""

    def __init__(self, path: Path, mounts: Path = MOUNTS) -> None:
        self.path = path
        with storage_errors(path):
            connection = prepare(path, mounts)
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
        return self._wait(lambda connection: self._transact(connection, job))

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query on this thread's own connection."""
        with storage_errors(self.path):
            connection = getattr(self._readers, "connection", None)
            if connection is None:
                connection = self._readers.connection = connect(self.path)
                connection.execute(f"PRAGMA cache_size=-{_READER_CACHE_KIB}")
                self._reading.append(connection)
            try:
                return query(connection)
            except sqlite3.Error:
                check_version(connection, self.path)  # tables that a newer program has changed explain the failure
                raise
            except ValueError as error:  # JSON that is none: only damage writes it
                raise damaged(self.path, "a row cannot be read") from error

    async def read_later(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """`read`, in a thread, for the event loop."""
        return await asyncio.to_thread(self.read, query)

    def maintain(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """`write_now` outside any transaction: for work on the file as a whole."""
        return self._wait(lambda connection: self._outside(connection, job))

    def close(self) -> None:
        """Finish what is queued and close."""
        self._jobs.put(None)
        self._writer.join()
        for connection in self._reading:
            connection.close()

    def _wait(self, run: Callable[[sqlite3.Connection], T]) -> T:
        done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work(connection: sqlite3.Connection) -> None:
            try:
                done.put((True, run(connection)))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                done.put((False, error))

        self._jobs.put(work)
        succeeded, result = done.get()
        if not succeeded:
            raise result
        value: T = result
        return value

    def _outside(self, connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T]) -> T:
        with storage_errors(self.path):
            check_version(connection, self.path)
            return job(connection)

    def _transact(self, connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T]) -> T:
        with storage_errors(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                check_version(connection, self.path)  # a newer program may have come since
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
