"""The memory of past requests while a program runs: filled beside everything else, then kept up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Paths, Settings
from routing.errors import ConfigurationError, StorageError
from routing.ledger.store import Store
from routing.registry.model import Model
from routing.strategies.neighbours.meanings import Meanings
from routing.strategies.neighbours.memory import Memory

if TYPE_CHECKING:
    from routing.strategies.neighbours.library import Example

_REST_S = 0.01
"""Between two steps of filling: the screen comes first."""


class Remembering:
    """Begins with the run and is stopped at its end, whether it is done or not: the ledger has it all. Where that
    cannot be read, the memory stays as it is."""

    def __init__(
        self,
        store: Store,
        tell: Callable[[str], None],
        *,
        since_s: float,
        library: Path | None,
        models: Sequence[Model],
        embedder: Model | None = None,
    ) -> None:
        """`tell` is told, from any thread, what the user should know, in a sentence. What began before `since_s` (Unix
        seconds) is not taken in. `library` is the user's file of examples, `models` are those that there are, and
        `embedder` says what a text means."""
        self.memory = Memory(None if embedder is None else Meanings(embedder, store, tell))
        self._store = store
        self._tell = tell
        self._models = models
        self._examples: tuple[Example, ...] = ()
        self._stopped = threading.Event()
        self._one_by_one = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        self._track(asyncio.to_thread(self.memory.fill, store, since_s, self._goes_on))
        if library is not None:
            self._in_turn(lambda: self._read(library))

    def remember(self, turn: str) -> None:
        """Take in a turn that ended or was rated. Waits for nothing."""
        self._in_turn(lambda: self.memory.take(self._store, (turn,)))

    def remember_chat(self, chat: str) -> None:
        """Take in that a chat was deleted, or brought back. Waits for nothing."""
        self._in_turn(lambda: self.memory.take_chat(self._store, chat))

    def compare(self, models: Sequence[Model]) -> None:
        """The models that there are now: what the examples say of each. Waits for nothing."""
        self._models = models
        self._in_turn(self._add_examples)

    async def settled(self) -> None:
        """All that was begun is done."""
        await asyncio.gather(*self._running)

    async def stop(self) -> None:
        self._stopped.set()
        await self.settled()

    def _read(self, library: Path) -> None:
        self._examples, problem = read_examples(library)
        if problem is not None:
            self._tell(problem)
        self._add_examples()

    def _add_examples(self) -> None:
        self.memory.add_examples(self._examples, self._models)

    def _in_turn(self, job: Callable[[], None]) -> None:
        """In a thread, after all that came before: the last word stays the last."""

        async def work() -> None:
            async with self._one_by_one:
                if not self._stopped.is_set():
                    await asyncio.to_thread(job)

        self._track(work())

    def _track(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(_leniently(work), name="memory")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _goes_on(self) -> bool:
        return not self._stopped.wait(_REST_S)


def library_of(paths: Paths, settings: Settings) -> Path | None:
    """The user's file of examples, where one is named: beside `config.yaml`, unless its path is whole."""
    return paths.config_dir / Path(settings.library).expanduser() if settings.library else None


def read_examples(library: Path | None) -> tuple[tuple[Example, ...], str | None]:
    """What is in the user's file, or what is wrong with it, in sentences."""
    from routing.registry.terms import TIERS
    from routing.strategies.neighbours.library import read_library

    try:
        return (() if library is None else read_library(library, TIERS)), None
    except ConfigurationError as error:
        return (), f"{error}\nThe examples are left out."


async def _leniently(work: Coroutine[None, None, None]) -> None:
    """A ledger that cannot be read is told by whoever needs it; nobody waits for this."""
    with contextlib.suppress(StorageError):
        await work
