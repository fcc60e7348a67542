"""The strategies that a policy may name, ready for the router; the trained one is read when it is first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from app.settings import Paths
from app.strategies import load_learned
from routing.clock import Clock
from routing.strategies.classifier.classifier import Classifier
from routing.strategies.contract import Ask, Question, Strategy, Word
from routing.strategies.neighbours.memory import Memory
from routing.strategies.neighbours.strategy import Neighbours


class OnDemand:
    """A strategy out of a file, read once, at its first question. `tell` is told, from any thread, what is wrong with
    the file."""

    def __init__(self, load: Callable[[], tuple[Strategy | None, str | None]], tell: Callable[[str], None]) -> None:
        self._load = load
        self._tell = tell
        self._loading = threading.Lock()
        self._loaded: Strategy | None = None
        self._done = False

    def known(self, question: Question) -> Word | None:
        strategy = self._ready()
        return None if strategy is None else strategy.known(question)

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        strategy = self._loaded if self._done else await asyncio.to_thread(self._ready)
        return None if strategy is None else await strategy.advise(question, ask)

    def _ready(self) -> Strategy | None:
        with self._loading:
            if not self._done:
                self._loaded, problem = self._load()
                self._done = True
                if problem is not None:
                    self._tell(problem)
            return self._loaded


def advisers(paths: Paths, clock: Clock, memory: Memory, tell: Callable[[str], None]) -> Mapping[str, Strategy]:
    """By the name that a policy calls each by."""
    learned = OnDemand(lambda: load_learned(paths), tell)
    return {"classifier": Classifier(clock), "learned": learned, "neighbours": Neighbours(memory, learned)}
