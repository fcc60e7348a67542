"""What this user asked before, and what became of the answers: filled from the ledger in short steps, then kept up.

What is not rated counts for less than what is. Most people rate little, and an answer that was kept is good far more
often than not, but sometimes it was merely put up with: `KEPT`. A draft looked weak, which is often wrong, and was left
behind or shown with a warning; so was an answer after which the same was asked again: `LEFT_BEHIND`. A call that failed
says nothing of what the model can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Event, RLock
from typing import TYPE_CHECKING

from routing.ledger.embeddings import read_meanings
from routing.ledger.past import Answer, PastTurn, followed, newest, numbered, past_turns, turns_in
from routing.ledger.store import Store
from routing.registry.model import Model
from routing.strategies.neighbours.estimate import novelty
from routing.strategies.neighbours.index import Index, Near
from routing.strategies.neighbours.signs import Meaning
from routing.strategies.neighbours.vectors import Vectors

if TYPE_CHECKING:
    from routing.strategies.neighbours.library import Example
    from routing.strategies.neighbours.meanings import Meanings

GOOD, BAD = 1.0, 0.0
KEPT = 0.8
LEFT_BEHIND = 0.3
NEAREST = 100
FEW = 50
"""Texts: with fewer everything would be called new."""
MOST = 100_000
"""Turns, the newest: a look-up among them is quick."""
MOST_MEANT = 50_000
"""Of these, the newest, are compared by what they mean as well."""
_STEP = 64
"""Turns of one step: some 10 ms."""


class Memory:
    """Past requests and the user's examples, to be looked up by any thread. What reads the ledger raises StorageError
    and belongs off the event loop."""

    def __init__(self, meanings: Meanings | None = None) -> None:
        """With `meanings`, requests are compared by what they mean as well as by their words."""
        self.meanings = meanings
        self._index = Index()
        self._vectors = Vectors()
        self._changing = RLock()
        self._filled = Event()

    def __len__(self) -> int:
        return len(self._index)

    def near(self, text: str, meaning: Meaning | None = None) -> tuple[Near, ...]:
        """The hundred requests that are most like it, the most alike first: by what they mean where that is known of
        both, else by their words."""
        by_words = self._index.near(text, NEAREST)
        alike = self._vectors.near(meaning) if meaning is not None else None
        if meaning is None or alike is None:
            return by_words
        others = (one for one in by_words if not self._vectors.has(one.turn, meaning.space))
        found = (*self._index.of(alike), *others)
        return tuple(sorted(found, key=lambda one: (-one.likeness, one.turn))[:NEAREST])

    def novelty(self, text: str) -> float | None:
        """0 (asked before) to 1 (like nothing before). None: too little was asked to call anything new."""
        return None if len(self) < FEW else novelty(self._index.near(text, 1))

    def fill(self, store: Store, since_s: float, go_on: Callable[[], bool]) -> None:
        """Read what was asked since a moment (Unix seconds), the newest first, as long as `go_on` says so, which is
        asked between two steps and may take its time."""
        try:
            last = newest(store)
            oldest = max(0, last - MOST)
            while last > oldest and go_on():
                with self._changing:  # what is forgotten meanwhile must not come back
                    self._add(store, numbered(store, max(oldest, last - _STEP) + 1, last, since_s), MOST_MEANT)
                last -= _STEP
        finally:
            self._filled.set()

    def wait(self, patience_s: float) -> None:
        """Until it was filled, or for so long."""
        self._filled.wait(patience_s)

    def take(self, store: Store, turns: Iterable[str]) -> None:
        """Turns that ended, were rated or came back, as the ledger has them now, and those before them of which they
        are a sign; what it has no more goes."""
        turns = tuple(turns)
        with self._changing:
            meant = {*turns, *followed(store, turns)}
            found = past_turns(store, meant)
            self._add(store, found)
            for gone in meant - {turn.id for turn in found}:
                self._index.forget(gone)
                self._vectors.forget(gone)

    def take_chat(self, store: Store, chat: str) -> None:
        """Every turn of a chat that was deleted or brought back."""
        self.take(store, turns_in(store, chat))

    def add_examples(self, examples: Iterable[Example], models: Iterable[Model]) -> None:
        """The user's own, in place of earlier ones of the same number."""
        from routing.registry.terms import TIERS
        from routing.strategies.neighbours.library import add_examples

        add_examples(self._index, examples, models, TIERS)

    def _add(self, store: Store, turns: Sequence[PastTurn], most_meant: int | None = None) -> None:
        for turn in turns:
            self._index.add(turn.id, turn.text, outcomes(turn.answers))
        if self.meanings is not None and (most_meant is None or len(self._vectors) < most_meant):
            for turn_id, meaning in read_meanings(store, self.meanings.model, {turn.id: turn.text for turn in turns}):
                self._vectors.add(turn_id, meaning)


def outcomes(answers: Sequence[Answer]) -> dict[str, float]:
    """By model, how far its answer was accepted. Of several answers of one model the last that was rated counts, else
    the last."""
    found = {answer.model: KEPT if answer.kept else LEFT_BEHIND for answer in answers}
    return found | {answer.model: GOOD if answer.good else BAD for answer in answers if answer.good is not None}
