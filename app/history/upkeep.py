"""What a run of the program does for the ledger while nobody waits for it: look for damage, let old turns go."""

from __future__ import annotations

import asyncio
import threading

from routing.clock import Clock
from routing.errors import StorageError
from routing.ledger.integrity import check
from routing.ledger.retention import prune
from routing.ledger.store import Store

DAY_S = 86_400.0


class Upkeep:
    """Begins with the run and is stopped at its end, whether it is done or not: the next run goes on."""

    def __init__(self, store: Store, clock: Clock, keep_days: int | None, *, ended_badly: bool) -> None:
        """Every page is read only after a session that `ended_badly`: a machine that went down may leave damage, and
        an orderly end leaves none."""
        self._store = store
        self._before_s = None if keep_days is None else clock.wall() - keep_days * DAY_S
        self._ended_badly = ended_badly
        self._stopped = threading.Event()
        self._work = asyncio.create_task(asyncio.to_thread(self._run), name="upkeep")

    async def found(self) -> str | None:
        """What the user should know, in a sentence, once all is done."""
        return await asyncio.shield(self._work)

    async def stop(self) -> None:
        self._stopped.set()
        await asyncio.wait([self._work])

    def _run(self) -> str | None:
        try:
            if self._ended_badly:
                check(self._store, self._goes_on)
            if self._before_s is not None:
                prune(self._store, self._before_s, self._goes_on)
        except StorageError as error:
            return None if self._stopped.is_set() else str(error)
        return None

    def _goes_on(self) -> bool:
        return not self._stopped.is_set()
