"""The ledger, opened for a command that only looks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.settings import Paths
    from routing.ledger.store import Store


@contextlib.contextmanager
def open_ledger(paths: Paths) -> Iterator[Store]:
    """Open it, settle what a killed program left open, and close it. Raises StorageError."""
    from routing.clock import SystemClock
    from routing.ledger.recovery import recover
    from routing.ledger.store import Store

    store = Store(paths.ledger)
    try:
        recover(store, SystemClock())
        yield store
    finally:
        store.close()
