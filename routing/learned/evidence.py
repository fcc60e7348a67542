"""How likely an answer is to be right, from its text: one logistic regression over the answers of many models.

All models share its weights; each that was trained on has a deviation from them of its own, and is compared with its
own usual answers. A model that was never seen has the shared weights alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from routing.learned.answer_shape import Answered, shape_of
from routing.learned.answers import read
from routing.learned.grams import buckets, weighed
from routing.learned.prior import LIMIT as LIMIT_OF_PROMPTS
from routing.learned.prompt_shape import prompt_shape
from routing.learned.scoring import Logistic, Standard

LIMIT = 4.0
"""The most standard deviations that a number of an answer's shape counts for."""


@dataclass(frozen=True, slots=True)
class Part:
    """How one text counts: the answer, with the standard of all models together, or the prompt."""

    idf: array[float]
    standard: Standard
    logistic: Logistic


@dataclass(frozen=True, slots=True)
class Own:
    """One model: its usual answers, and how the shape of its answers counts otherwise than that of all."""

    standard: Standard
    deviation: Logistic


@dataclass(frozen=True, slots=True)
class Evidence:
    """`card` says on what it was trained and what it is worth; `prompt` is None where only the answer counts."""

    card: Mapping[str, object]
    answer: Part
    prompt: Part | None
    own: Mapping[str, Own]

    @property
    def models(self) -> tuple[str, ...]:
        """Those that were trained on; others can be asked about too."""
        return tuple(self.own)

    def logit(self, answered: Answered, model: str) -> float:
        """The log-odds that the answer is right."""
        reading, own = read(answered), self.own.get(model)
        usual = own.standard if own else self.answer.standard
        standard = usual.score(shape_of(reading), LIMIT)
        total = self.answer.logistic.score(weighed(buckets(reading.text), self.answer.idf), standard)
        if own:
            total += own.deviation.score({}, standard)
        if self.prompt:
            asked = self.prompt.standard.score(prompt_shape(reading.prompt), LIMIT_OF_PROMPTS)
            total += self.prompt.logistic.score(weighed(buckets(reading.prompt), self.prompt.idf), asked)
        return total
