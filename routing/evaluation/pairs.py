"""Which two models a router chooses between."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from routing.evaluation.costs import known
from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import Array
from routing.evaluation.rows import DataError, shown


def choose(data: Dataset, weak: str | None, strong: str | None) -> tuple[str, str]:
    """The named pair, or of what is not named the one with the largest gap in quality, on the prompts that both
    answered. Where costs are known the strong model is the dearer one, too.

    Raises DataError where a model is not in the data, and where no pair has a gap.
    """
    if weak is not None and strong is not None:
        return weak, strong
    for named in (weak, strong):
        if named is not None and named not in data.models:
            raise DataError(
                f"{data.name}: there is no model {shown(named)}; there are {', '.join(map(shown, data.models))}"
            )
    gaps = {
        pair: _gap(data, *pair)
        for pair in permutations(data.models, 2)
        if weak in (None, pair[0]) and strong in (None, pair[1])
    }
    best = max(gaps, key=lambda pair: gaps[pair], default=None)
    if best is None or gaps[best] <= 0:
        raise DataError(f"{data.name}: there are no two models of which one is the better one; a router needs them")
    return best


def scores(data: Dataset, model: str) -> Array:
    """How good each answer of the model was; every prompt must have one. Raises DataError where all are the same."""
    found = np.array([outcome.score for outcome in data.outcomes[model] if outcome is not None], dtype=np.float64)
    if len(found) != len(data.prompts):
        raise DataError(f"{data.name}: {shown(model)} did not answer every prompt that the other models did")
    if (found == found[0]).all():
        raise DataError(
            f"{data.name}: every answer of {shown(model)} has the score {found[0]:g}; "
            "good and bad ones are needed to tell them apart"
        )
    return found


def answered_by_all(data: Dataset, *models: str) -> Dataset:
    """The prompts that all of the models answered. Raises DataError as `Dataset.pair`."""
    weak, *others = models
    for other in others:
        data = data.pair(weak, other)
    return data


def _gap(data: Dataset, weak: str, strong: str) -> float:
    """−∞ where they share no prompt, and where the weak model is known to cost more."""
    pairs = zip(data.outcomes[weak], data.outcomes[strong], strict=True)
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not both:
        return -np.inf
    saved = sum((other.cost_usd or 0) - (one.cost_usd or 0) for one, other in both)
    if saved <= 0 and known(data, weak, strong):
        return -np.inf
    return sum(other.score - one.score for one, other in both) / len(both)
