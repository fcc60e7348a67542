"""Models whose true skill is known: each says its answers in a few tones, and is right in each with a known
probability, whatever it sounds like."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

SURE, WAVERING, LOST = "sure", "wavering", "lost"
_TONES = {
    SURE: "It is {value}. Every survey of {place} since the first one agrees on that, and so do the maps.",
    WAVERING: "I think it is probably {value}; most surveys of {place} might say so, or maybe a little more.",
    LOST: "I am not sure. Perhaps it is {value}, but what the surveys of {place} say I don't know.",
}
_PLACES = (
    *("Aberdeen", "Bergen", "Cadiz", "Dundee", "Esbjerg", "Faro", "Genoa", "Haarlem", "Izmir", "Jaffa", "Kiel"),
    *("Lorient", "Malmo", "Narvik", "Oban", "Porto", "Quimper", "Riga", "Split", "Trieste", "Uppsala", "Varna"),
    *("Wismar", "Yalta", "Zadar"),
)
_ASKS = (
    "How many islands lie off {}?",
    "In which year did the port of {} open?",
    "How deep is the old harbour of {}?",
    "How high is the lighthouse at {}?",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt with its answer, which is right with probability `p`, and whether it is."""

    prompt: str
    text: str
    p: float
    right: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """`tones`: how often it speaks in each, and how often it is right then."""

    name: str
    tones: Mapping[str, tuple[float, float]]

    @property
    def skill(self) -> float:
        """The share of its answers that are right."""
        return sum(share * p for share, p in self.tones.values())

    def answers(self, count: int, generator: random.Random) -> list[Told]:
        """To so many prompts, each another one; at most 100."""
        prompts = generator.sample(list(product(_ASKS, _PLACES)), count)
        return [self._answer(asked.format(place), place, generator) for asked, place in prompts]

    def _answer(self, prompt: str, place: str, generator: random.Random) -> Told:
        (tone,) = generator.choices(list(self.tones), [share for share, _ in self.tones.values()])
        p = self.tones[tone][1]
        value = generator.randrange(2, 2_000)
        return Told(prompt, _TONES[tone].format(value=value, place=place), p, generator.random() < p)


OVER_SURE = Voice("too sure", {SURE: (0.7, 0.5), WAVERING: (0.3, 0.35)})
UNDER_SURE = Voice("too unsure", {WAVERING: (0.5, 0.97), LOST: (0.5, 0.9)})
