"""From a path to a connection that may be worked with: the place is fit, the file is ours, its tables are of today.

What is looked at takes the same time however large the file is; see `routing.ledger.integrity` for the rest.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from routing.errors import StorageError
from routing.ledger.backups import back_up
from routing.ledger.faults import damaged
from routing.ledger.places import MOUNTS, make_private, refuse_network
from routing.ledger.schema import MIGRATIONS

BUSY_S = 10.0
_PAUSE_S = 0.005
_OURS = frozenset({"session", "chat", "blob", "event", "piece", "turn", "attempt"})
"""Tables that every version has had."""
_TABLES = re.compile(r"(CREATE|DROP)(?: VIRTUAL)? TABLE (\w+)")


def prepare(path: Path, mounts: Path = MOUNTS) -> sqlite3.Connection:
    """Make the file if there is none, bring its tables up to date, and give a connection that writes. Raises
    StorageError for a place or a file that cannot be used, and what SQLite and the system raise."""
    refuse_network(path, mounts)
    make_private(path)
    connection = connect(path)
    try:
        connection.execute("PRAGMA secure_delete=ON")  # what is removed is not left to be read in the file
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        _keep_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the tables. Raises StorageError when they are newer than this program: it must not write."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > len(MIGRATIONS):
        raise StorageError(
            f"The ledger {path} was written by a newer Pointsman (version {found}, this one knows {len(MIGRATIONS)}): "
            "update Pointsman, or name another folder with --data-dir."
        )
    return found


def _keep_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. That takes the whole file, and SQLite does not wait for it as it does for other locks:
    of programs that start together all but one would fail."""
    for left in range(int(BUSY_S / _PAUSE_S), -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if left == 0 or "locked" not in str(error):
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Forward only; a copy of the file is made before a version changes, and each step commits with its version. A new
    file is one step: a program that starts at the same time must not take it for an old one."""
    if _found(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    found = check_version(connection, path)  # another program may have been quicker
    connection.execute("COMMIT")
    if 0 < found < len(MIGRATIONS):
        back_up(connection, path, found)
    for step in [range(len(MIGRATIONS))] if found == 0 else [range(n, n + 1) for n in range(found, len(MIGRATIONS))]:
        connection.execute("BEGIN IMMEDIATE")
        if check_version(connection, path) == step.start:
            for statement in _statements("".join(MIGRATIONS[step.start : step.stop])):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step.stop}")
        connection.execute("COMMIT")


def _found(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file that is a ledger, 0 of an empty one. Raises StorageError for one that is none of ours."""
    connection.execute("BEGIN")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.execute("COMMIT")
    if tables and not tables & _OURS:
        raise StorageError(
            f"The file {path} is a database of another program: move it away and Pointsman begins a ledger there, "
            "or name another folder with --data-dir."
        )
    check_version(connection, path)
    if version < 0 or (tables and version == 0) or not tables >= _tables_of(version):
        raise damaged(path, "its version or some of its tables are missing")
    return version


def _tables_of(version: int) -> set[str]:
    """What the migrations up to a version have left."""
    tables: set[str] = set()
    for verb, name in _TABLES.findall("".join(MIGRATIONS[:version])):
        (tables.add if verb == "CREATE" else tables.discard)(name)
    return tables


def _statements(script: str) -> Iterator[str]:
    """`executescript` would commit by itself: one statement at a time keeps a migration in its transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
