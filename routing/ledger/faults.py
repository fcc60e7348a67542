"""What SQLite and the system say when the ledger cannot be used, as one sentence with a way out."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from routing.errors import StorageError


class DamagedError(StorageError):
    """The file holds what is no ledger, or a broken one."""


_DAMAGE = ("not a database", "malformed", "corrupt", "decode", "disk i/o error")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Raises errors of SQLite and the system about the ledger at `path` as StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(path, error) from error
    except UnicodeDecodeError as error:  # SQLite's own words hold bytes of the file
        raise damaged(path, "its text is not UTF-8") from error
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(_full(path)) from error
        raise StorageError(
            f"The data folder {path.parent} cannot be used ({error.strerror or error}): "
            "make it writable, or name another with --data-dir."
        ) from error


def damaged(path: Path, words: str) -> DamagedError:
    """`words` is how it showed."""
    return DamagedError(
        f"The ledger {path} is damaged ({words}): `pointsman history repair` saves what can be read "
        "and keeps the damaged file beside it."
    )


def _told(path: Path, error: sqlite3.Error) -> StorageError:
    words = str(error).partition(" with text ")[0]  # what follows is what somebody wrote
    low = words.lower()
    if "full" in low:
        return StorageError(_full(path))
    if "locked" in low or "busy" in low:
        return StorageError(
            f"The ledger {path} is locked by another program: close it, or name another folder with --data-dir."
        )
    if any(sign in low for sign in _DAMAGE) and not _is_file_error(error):
        return damaged(path, words)
    if "readonly" in low or "unable to open" in low:
        return StorageError(
            f"The ledger {path} cannot be written: make its folder writable, or name another with --data-dir."
        )
    return StorageError(
        f"The ledger {path} could not be used ({words}): `pointsman history repair` tells whether it is damaged."
    )


def _is_file_error(error: sqlite3.Error) -> bool:
    """The disk failed, and not what stands on it. A read that ends too early is a file that was cut."""
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith("SQLITE_IOERR") and name not in ("SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS")


def _full(path: Path) -> str:
    return f"The disk is full, so the ledger {path} could not be written: free some space and try again."
