"""The strategies that a policy may name, ready for the router; each is loaded when it is first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from app.settings import Paths
from routing.clock import Clock
from routing.strategies.contract import Ask, Question, Strategy, Word
from routing.strategies.neighbours.memory import Memory
from routing.strategies.neighbours.strategy import Neighbours


class OnDemand:
    """A strategy that is made at its first question: out of a file, or of much code. `tell` is told, from any thread,
    what is wrong with it."""

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

    def trained() -> tuple[Strategy | None, str | None]:
        from app.strategies import load_learned

        return load_learned(paths)

    def classifier() -> tuple[Strategy | None, str | None]:
        from routing.strategies.classifier.classifier import Classifier

        return Classifier(clock), None

    learned = OnDemand(trained, tell)
    return {
        "classifier": OnDemand(classifier, tell),
        "learned": learned,
        "neighbours": Neighbours(memory, learned),
    }
