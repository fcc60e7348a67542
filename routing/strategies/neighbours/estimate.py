"""What the nearest past requests say of a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from routing.strategies.neighbours.index import Near

_MEAN_COUNTS = 1.0


def novelty(near: Sequence[Near]) -> float:
    """1 − the best likeness; 1 where nothing is alike."""
    return 1.0 - max((one.likeness for one in near), default=0.0)


def estimate(near: Sequence[Near], mean: Mapping[str, float], models: Iterable[str]) -> dict[str, float]:
    """The chance, 0 to 1, that each model's answer would be accepted.

    p = (Σ w·y + κ·mean) / (Σ w + κ) over the neighbours that the model answered: w = weight · likeness², y how far its
    answer was accepted, κ = 1. It is a kernel estimate (Nadaraya 1964, Watson 1964) drawn to `mean`, which has every
    model in it; without neighbours it is the mean.
    """
    found = {}
    for model in models:
        answered = [(one.weight * one.likeness**2, one.outcomes[model]) for one in near if model in one.outcomes]
        accepted = sum(weight * score for weight, score in answered)
        total = sum(weight for weight, _ in answered)
        found[model] = (accepted + _MEAN_COUNTS * mean[model]) / (total + _MEAN_COUNTS)
    return found
