"""What prompts mean, asked of the embedding model that the user named: each text once, as a paid turn of its own.

What is private, or holds personal data, is asked of nobody but this machine's own models. While the model cannot be
asked, ever fewer prompts wait for it, and words alone are compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from routing.analysis.personal import find_personal
from routing.errors import StorageError
from routing.ledger.embeddings import from_text, latest_space, meant, read_meanings
from routing.ledger.store import Store
from routing.messages import Limits, ask
from routing.registry.model import Model
from routing.strategies.contract import Ask, Question
from routing.strategies.neighbours.signs import Meaning
from routing.trace import Trace

PATIENCE_S = 1.5
_SHARE = 0.25
"""Of a message's money and time, what this may take of its own."""
_LONGEST_REST = 64
"""Prompts that are not asked about after many failures in a row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found out, if anything was, and the turn that did."""

    meaning: Meaning | None = None
    turn: str = ""


class Meanings:
    """Asks a model and reads what was asked before from the ledger. `tell` is told what the user should know of it, in
    a sentence, once."""

    def __init__(self, embedder: Model, store: Store, tell: Callable[[str], None]) -> None:
        self._embedder = embedder
        self._store = store
        self._tell = tell
        self._space: str | None = None
        self._failures = 0
        self._rests = 0

    @property
    def model(self) -> str:
        """Its id."""
        return self._embedder.id

    async def of(self, question: Question, asking: Ask) -> Asked:
        """Never raises for what a server or a ledger may be like."""
        text = meant(question.request.written)
        if not text.strip():
            return Asked()
        try:
            known, stays = await asyncio.to_thread(self._looked_up, question, text)
        except StorageError:
            return Asked()  # who writes there next is told
        if known is not None or stays:
            return Asked(known)
        if self._rests:
            self._rests -= 1
            return Asked()
        budget = question.snapshot.budget
        limits = Limits(int(_SHARE * budget.request_credit_nusd), min(PATIENCE_S, _SHARE * budget.time_left_s))
        return self._understood(await asking(ask(text, profile=question.world.policy.id, limits=limits), "embedding"))

    def _looked_up(self, question: Question, text: str) -> tuple[Meaning | None, bool]:
        """What is known of the text, and whether it must stay here."""
        if self._space is None:
            self._space = latest_space(self._store, self.model)
        known = [meaning for _, meaning in read_meanings(self._store, self.model, {"": text})]
        private = question.features.needs.local_only or question.request.kept is not None
        stays = not self._embedder.local and (private or bool(find_personal(question.request.written)))
        return next((meaning for meaning in known if meaning.space == self._space), None), stays

    def _understood(self, trace: Trace) -> Asked:
        """What came of asking."""
        finished = trace.finished
        meaning = from_text(finished.reply) if finished is not None and finished.status == "answered" else None
        if meaning is None:
            self._failed("no answer came." if finished is None else finished.sentence)
        else:
            self._succeeded(meaning)
        return Asked(meaning, trace.turn)

    def _failed(self, sentence: str) -> None:
        if not self._failures:
            self._tell(f"What prompts mean could not be asked, so their words alone are compared: {sentence}")
        self._failures += 1
        self._rests = min(2**self._failures, _LONGEST_REST)

    def _succeeded(self, meaning: Meaning) -> None:
        if self._space and meaning.space != self._space:
            now, before = (space.rpartition(":")[2] for space in (meaning.space, self._space))
            self._tell(
                f"{self.model} gives {now} numbers for a text now, and gave {before} before: what was asked before "
                "is compared by its words alone."
            )
        self._space, self._failures = meaning.space, 0
