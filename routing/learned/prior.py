"""How likely a model is to get a prompt right, before it was asked.

Two opinions on each model, made from one reading of the prompt: a logistic regression on its grams and its shape, and
one on the shape alone, which is an ensemble of trees where there was enough to train it on. What they know is mostly
where a prompt comes from, so they hold for prompts like those of the training, and little beyond.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

from routing.learned.grams import MOST_CHARACTERS, buckets, weighed
from routing.learned.prompt_shape import prompt_shape
from routing.learned.scoring import Logistic, Standard, Trees, logit, sigmoid

LIMIT = 3.0
"""The most standard deviations that a number of the shape counts for."""

_SURE = 0.99


@dataclass(frozen=True, slots=True)
class Skill:
    """What is known of one model: by the wording with the shape, and by the shape alone. `usual` are its log-odds on
    average over the prompts of the training."""

    wording: Logistic
    shape: Trees | Logistic
    usual: float


@dataclass(frozen=True, slots=True)
class Prior:
    """`card` says on what it was trained and what it is worth; `length_weight` is how much harder a longer prompt is
    whatever else is known: in `gain` and `difficulty`, for each unit of ln(characters)."""

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
        return sigmoid(pooled(opinions))

    def ease(self, prompt: str, model: str) -> float:
        """How much likelier than on average over the training the model's answer is to be right: the difference in
        log-odds. Raises KeyError."""
        return pooled(self._opinions(prompt, model)[1:]) - self.skills[model].usual

    def difficulty(self, prompt: str) -> float:
        """How hard the prompt is for any model, in log-odds: 0 for one like most of the training. It is −`ease` on
        average over the models, and the length that is more than usual."""
        _, shape = _read(prompt[:MOST_CHARACTERS])
        longer = shape[0] - self.standard.mean[0]
        return self.length_weight * longer - fmean(self.ease(prompt, model) for model in self.skills)

    def gain(self, prompt: str, weak: str, strong: str) -> float:
        """How much likelier the strong model's answer is to be right: the mean difference of both opinions and, for a
        prompt longer than usual, half the length weight. Raises KeyError."""
        length, *by_weak = self._opinions(prompt, weak)
        _, *by_strong = self._opinions(prompt, strong)
        longer = length - self.standard.mean[0]
        return (sum(by_strong) - sum(by_weak) + self.length_weight * longer) / 2

    def _opinions(self, prompt: str, model: str) -> tuple[float, float, float]:
        """The length of the prompt as a logarithm, and both opinions."""
        skill = self.skills[model]
        counted, shape = _read(prompt[:MOST_CHARACTERS])
        standard = self.standard.score(shape, LIMIT)
        by_wording = sigmoid(skill.wording.score(weighed(counted, self.idf), standard))
        if isinstance(skill.shape, Trees):
            return shape[0], by_wording, skill.shape.score(shape)
        return shape[0], by_wording, sigmoid(skill.shape.score({}, standard))


def pooled(opinions: Sequence[float]) -> float:
    """The mean of their log-odds, each kept between .01 and .99."""
    return sum(logit(max(1 - _SURE, min(_SURE, opinion))) for opinion in opinions) / len(opinions)


@lru_cache(maxsize=4)  # all models are asked about one prompt, one after another
def _read(prompt: str) -> tuple[Mapping[int, float], tuple[float, ...]]:
    return buckets(prompt), prompt_shape(prompt)
