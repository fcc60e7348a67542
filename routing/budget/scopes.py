"""The sums that every call counts in. A scope is a word of the ledger: caps name it, panels and reports read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from routing.registry.model import Model

Period = Literal["day", "session"]
Taken = Mapping[tuple[Period, str], int]
"""Nano-dollars of one kind of money that are spent or held, by period and scope."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Sum:
    """What a local day, or a session, has taken in one scope: nano-dollars spent or held."""

    period: Period
    scope: str
    simulated: bool
    nusd: int


def taken(sums: Iterable[Sum], simulated: bool) -> Taken:
    """The sums of one kind of money."""
    return {(one.period, one.scope): one.nusd for one in sums if one.simulated == simulated}


def scopes_of(model: Model, task: str, profile: str, route: str) -> tuple[str, ...]:
    """Where a call of this model for this task, on this route of this profile, counts."""
    return (
        ALL,
        provider_scope(model.provider),
        tier_scope(model.tier),
        route_scope(profile, route),
        task_scope(task),
        f"{task_scope(task)}/tier:{model.tier}",
        f"{task_scope(task)}/model:{model.id}",
    )


def provider_scope(provider: str) -> str:
    return f"provider:{provider}"


def tier_scope(tier: str) -> str:
    return f"tier:{tier}"


def route_scope(profile: str, route: str) -> str:
    return f"route:{profile}/{route}"


def task_scope(task: str, tier: str | None = None, model: str | None = None) -> str:
    """`model` may be a glob; without a provider in it, any provider's is meant."""
    if tier is not None:
        return f"task:{task}/tier:{tier}"
    if model is not None:
        return f"task:{task}/model:{model if '/' in model else f'*/{model}'}"
    return f"task:{task}"


def sum_of(sums: Taken, period: Period, pattern: str) -> int:
    """What the period has taken in the scopes that a pattern names."""
    if (period, pattern) in sums:
        return sums[period, pattern]
    return sum(nusd for (of, scope), nusd in sums.items() if of == period and fnmatchcase(scope, pattern))
