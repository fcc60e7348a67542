"""One model at several places: who of them is asked first, in proportion to weight over latency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from routing.decision.model import Health
from routing.registry.model import Model

T = TypeVar("T")
_LEAST_S = 0.05


def balanced(ordered: Sequence[T], model_of: Callable[[T], Model], health: Health, draw: float) -> list[T]:
    """The members in order, but of each model's deployments the drawn one first and the others behind it.

    `draw`, in [0, 1), picks one with probability weight / seconds to the first token, as measured here or else as
    expected. Who may not be asked is not among the members.
    """
    if draw == 0 or not any(model_of(one).deployment_of for one in ordered):
        return list(ordered)
    groups: dict[str, list[T]] = {}
    for one in ordered:
        groups.setdefault(model_of(one).deployment_of or model_of(one).id, []).append(one)
    measured = dict(health.first_token_s)
    return [one for group in groups.values() for one in _drawn_first(group, model_of, measured, draw)]


def _drawn_first(group: list[T], model_of: Callable[[T], Model], measured: dict[str, float], draw: float) -> list[T]:
    if len(group) == 1:
        return group
    shares = [_share(model_of(one), measured) for one in group]
    left = draw * sum(shares)
    for place, share in enumerate(shares):
        left -= share
        if left < 0:
            return [group[place], *group[:place], *group[place + 1 :]]
    return group


def _share(model: Model, measured: dict[str, float]) -> float:
    return model.weight / max(measured.get(model.id, model.first_token_s), _LEAST_S)
