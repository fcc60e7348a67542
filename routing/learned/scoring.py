"""The arithmetic of learned models: standard scores, logistic regressions and boosted trees, in plain Python."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_STEEPEST = 30.0


def sigmoid(log_odds: float) -> float:
    """The probability of the log-odds; beyond 30 either way nothing changes."""
    return 1 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, log_odds))))


def logit(probability: float) -> float:
    """The log-odds of a probability above 0 and below 1."""
    return math.log(probability / (1 - probability))


@dataclass(frozen=True, slots=True)
class Standard:
    """What a shape is compared with. A number that never differed in training has `sd` 0 and says nothing."""

    mean: array[float]
    sd: array[float]

    def score(self, shape: Sequence[float], limit: float) -> list[float]:
        """Each number's distance from the mean in standard deviations, at most `limit` either way."""
        return [
            max(-limit, min(limit, (value - mean) / sd)) if sd else 0.0
            for value, mean, sd in zip(shape, self.mean, self.sd, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression on the weighed grams of a text (none, where `grams` is empty) and on a standard shape."""

    intercept: float
    grams: array[float]
    shape: array[float]

    def score(self, weighed: Mapping[int, float], standard: Sequence[float]) -> float:
        """The log-odds."""
        said = sum(self.grams[bucket] * value for bucket, value in weighed.items()) if self.grams else 0.0
        shown = sum(weight * value for weight, value in zip(self.shape, standard, strict=True))
        return self.intercept + said + shown


@dataclass(frozen=True, slots=True)
class Split:
    """A shape goes `below` where its number `feature` is at most the threshold, else `above`; a leaf is its value."""

    feature: int
    threshold: float
    below: Split | float
    above: Split | float


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted regression trees (Friedman 2001): the sum of `base` and of one leaf of each tree."""

    base: float
    trees: tuple[Split | float, ...]

    def score(self, shape: Sequence[float]) -> float:
        return self.base + sum(_leaf(tree, shape) for tree in self.trees)


def _leaf(node: Split | float, shape: Sequence[float]) -> float:
    while isinstance(node, Split):
        node = node.below if shape[node.feature] <= node.threshold else node.above
    return node
