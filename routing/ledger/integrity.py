"""Whether the file is whole.

Opening looks at the header and the names of the tables alone, which costs the same for every size. To read every page
takes time by size, so it is done where nobody waits for it (after a session that ended badly), and before a
migration, which copies every page anyway. A killed program damages nothing; a failing disk does, and is met at the
first read of a bad page at the latest: that too is told as damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from routing.ledger.faults import damaged

if TYPE_CHECKING:
    from routing.ledger.store import Store

_STEPS = 10_000
"""Instructions of SQLite's machine, some 0.1 ms, after which it is asked whether to go on."""


def check(store: Store, go_on: Callable[[], bool]) -> None:
    """Read every page of the ledger, for as long as `go_on` says so. Raises StorageError when one is damaged, or when
    it was not to go on."""

    def query(db: sqlite3.Connection) -> None:
        db.set_progress_handler(lambda: not go_on(), _STEPS)
        try:
            require_whole(db, store.path)
        finally:
            db.set_progress_handler(None, 0)

    store.read(query)


def require_whole(db: sqlite3.Connection, path: Path) -> None:
    """Raises StorageError, or SQLite's own error, when a page of the open file is damaged."""
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, " ".join(str(found).removeprefix("*** in database main ***").split()))
