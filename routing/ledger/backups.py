"""A copy of the ledger before its tables change: whole or not there, private, and only the latest few."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from routing.errors import StorageError
from routing.ledger.faults import storage_errors
from routing.ledger.integrity import require_whole
from routing.ledger.places import make_private

KEPT = 3


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the open ledger to `NAME.vVERSION.backup` beside it. It gets its name when all of it is on the disk.

    Raises StorageError when there is no room, none may be made, or the ledger is damaged; then nothing is there that
    was not before.
    """
    target = path.with_suffix(f".v{version}.backup")
    partial = target.with_suffix(f".backup-{os.getpid()}")
    try:
        with storage_errors(path):
            partial.unlink(missing_ok=True)
            make_private(partial)
            with contextlib.closing(sqlite3.connect(partial)) as copy:
                connection.backup(copy)
                require_whole(copy, path)
            _sync(partial)
            partial.replace(target)
    except StorageError as error:
        raise StorageError(
            f"No backup could be made, so the ledger was left as it is, for an older Pointsman: {error}"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    _thin_out(path)
    return target


def backups_of(path: Path) -> list[Path]:
    """The copies that there are, of the newest version first."""
    numbered = ((_version(copy), copy) for copy in path.parent.glob(f"{path.stem}.v*.backup"))
    return [copy for version, copy in sorted(numbered, reverse=True) if version >= 0]


def _thin_out(path: Path) -> None:
    for old in backups_of(path)[KEPT:]:
        with contextlib.suppress(OSError):
            old.unlink()


def _version(copy: Path) -> int:
    number = copy.name.removesuffix(".backup").rpartition(".v")[2]
    return int(number) if number.isdecimal() else -1


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
