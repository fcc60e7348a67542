"""How likely a model is to get a prompt right, before it was asked.

Two opinions on each model, made from one reading of the prompt: a logistic regression on its grams and its shape, and
one on the shape alone, which is an ensemble of trees where there was enough to train it on. What they know is mostly
where a prompt comes from, so they hold for prompts like those of the training, and little beyond.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from routing.learned.grams import MOST_CHARACTERS, buckets, weighed
from routing.learned.prompt_shape import prompt_shape
from routing.learned.scoring import Logistic, Standard, Trees, logit, sigmoid

LIMIT = 3.0
"""The most standard deviations that a number of the shape counts for."""

_SURE = 0.99


@dataclass(frozen=True, slots=True)
class Skill:
    """What is known of one model: by the wording with the shape, and by the shape alone."""

    wording: Logistic
    shape: Trees | Logistic


@dataclass(frozen=True, slots=True)
class Prior:
    """`card` says on what it was trained and what it is worth; `length_weight` is how much a longer prompt gains from
    the stronger model whatever else is known: in `gain`, for each unit of ln(characters)."""

    card: Mapping[str, object]
    idf: array[float]
    standard: Standard
    skills: Mapping[str, Skill]
    length_weight: float

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.skills)

    def p(self, prompt: str, model: str) -> float:
        """The probability that the model's answer is right: of the mean of both opinions' log-odds, each kept between
        .01 and .99. Raises KeyError for a model that is not one of `models`."""
        _, *opinions = self._opinions(prompt, model)
        return sigmoid(sum(logit(max(1 - _SURE, min(_SURE, opinion))) for opinion in opinions) / len(opinions))

    def gain(self, prompt: str, weak: str, strong: str) -> float:
        """How much better the strong model is to do: for the order of prompts, without a unit. Raises KeyError."""
        length, *by_weak = self._opinions(prompt, weak)
        _, *by_strong = self._opinions(prompt, strong)
        return sum(by_strong) - sum(by_weak) + self.length_weight * length

    def _opinions(self, prompt: str, model: str) -> tuple[float, float, float]:
        """The length of the prompt as a logarithm, and both opinions."""
        skill = self.skills[model]
        counted, shape = _read(prompt[:MOST_CHARACTERS])
        standard = self.standard.score(shape, LIMIT)
        by_wording = sigmoid(skill.wording.score(weighed(counted, self.idf), standard))
        if isinstance(skill.shape, Trees):
            return shape[0], by_wording, skill.shape.score(shape)
        return shape[0], by_wording, sigmoid(skill.shape.score({}, standard))


@lru_cache(maxsize=4)  # all models are asked about one prompt, one after another
def _read(prompt: str) -> tuple[Mapping[int, float], tuple[float, ...]]:
    return buckets(prompt), prompt_shape(prompt)
