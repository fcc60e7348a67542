"""The strategy that looks at past requests like this one, and at how their answers were accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from routing.strategies.contract import Ask, Question, Strategy, Word
from routing.strategies.neighbours.estimate import estimate
from routing.strategies.neighbours.index import Near
from routing.strategies.neighbours.meanings import Asked
from routing.strategies.neighbours.memory import Memory
from routing.strategies.neighbours.signs import Meaning

ALIKE = 0.15
"""The least likeness that is one: between unlike requests of one user there are often some words in common."""
_WELL = 0.5
_PATIENCE_S = 0.3
"""For this long a prompt waits for a memory that is being filled: some thousand turns."""


class Neighbours:
    """Draws what neighbours say to the usual quality of each model in the plan; with a `base`, to what that strategy
    says of the request, of the models that it speaks of."""

    def __init__(self, memory: Memory, base: Strategy | None = None) -> None:
        self._memory = memory
        self._base = base

    def known(self, question: Question) -> Word | None:
        """See `Strategy.known`: by words alone. Where nothing is alike, what the base says."""
        return self._word(question, None)

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        """See `Strategy.advise`."""
        meanings = self._memory.meanings
        asked = Asked() if meanings is None else await meanings.of(question, ask)
        word = await asyncio.to_thread(self._looked_up, question, asked.meaning)
        return word and replace(word, turn=asked.turn)

    def _looked_up(self, question: Question, meaning: Meaning | None) -> Word | None:
        self._memory.wait(_PATIENCE_S)
        return self._word(question, meaning)

    def _word(self, question: Question, meaning: Meaning | None) -> Word | None:
        text, models = question.request.written, [candidate.model for candidate in question.plan.candidates]
        if not text.strip():
            return None
        near = self._memory.near(text, meaning)
        alike = [one for one in near if one.likeness >= ALIKE and not one.outcomes.keys().isdisjoint(models)]
        said = self._base.known(question) if self._base is not None else None
        if not alike:
            return None if said is None else replace(said, evidence=f"nothing like it before; {said.evidence}")
        mean = {candidate.model: candidate.quality for candidate in question.plan.candidates}
        mean |= said.quality if said is not None else {}
        spoken_of = {*(said.quality if said is not None else ()), *(model for one in near for model in one.outcomes)}
        quality = estimate(near, mean, [model for model in models if model in spoken_of])
        return Word(_evidence(alike, models), quality)


def _evidence(alike: Sequence[Near], models: Sequence[str]) -> str:
    """``12 like it, the nearest .83 alike; pebble did well in 9 of 10``: of the model that most of them know."""
    known = {model: [one.outcomes[model] for one in alike if model in one.outcomes] for model in models}
    model = max(models, key=lambda model: len(known[model]))
    well = sum(score > _WELL for score in known[model])
    nearest = f"{alike[0].likeness:.2f}".removeprefix("0")
    name = model.partition("/")[2] or model
    return f"{len(alike)} like it, the nearest {nearest} alike; {name} did well in {well} of {len(known[model])}"
