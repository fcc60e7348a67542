"""Caps of a profile, and what was taken under them: small multiples of what one call of some model reserves, at times a
nano-dollar off, so that exact fits and ties are common."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from routing.budget.scopes import Sum
from routing.policy.model import ClassCap, Policy, PremiumShare, ProfileCaps

T = TypeVar("T")
TASKS = ("code", "faq")
TIERS = ("small", "mid", "large")
CLASSES = ("a", "*", "north/*", "*/b", "home/b", "best")


class Purse:
    """Draws caps and sums in multiples of `unit_nusd`."""

    def __init__(self, random: Random, unit_nusd: int) -> None:
        self._random = random
        self._unit = unit_nusd

    def caps(self, providers: Sequence[str]) -> ProfileCaps:
        return ProfileCaps(
            attempts=self._pick([1, 2, 6]),
            session_nusd=self._sometimes(self.bound()),
            premium=self._sometimes(PremiumShare(self._pick([0.25, 0.5]), self._pick([0.0, 0.25]))),
            providers=tuple((name, self.bound()) for name in providers if self._random.random() < 0.2),
            classes=tuple(self._class_cap() for _ in range(self._pick([0, 0, 1, 2]))),
        )

    def bound(self) -> int:
        return max(0, self._unit * self._pick([0, 1, 2, 3, 5, 50]) + self._pick([0, 0, 0, -1, 1]))

    def quota(self) -> int | None:
        return self._sometimes(self.bound())

    def taken(self, policy: Policy, models: Sequence[str]) -> tuple[Sum, ...]:
        """Sums of both kinds of money, in every scope that a cap may look at."""
        scopes = ["all", *(f"tier:{tier}" for tier in TIERS)]
        scopes += sorted({f"provider:{model.split('/')[0]}" for model in models})
        scopes += [f"route:{policy.id}/{route.name}" for route in policy.routes]
        for task in TASKS:
            scopes += [f"task:{task}", *(f"task:{task}/tier:{tier}" for tier in TIERS)]
            scopes += [f"task:{task}/model:{model}" for model in models]
        kinds = [self._pick([False, True])] if self._random.random() < 0.5 else [False, True]
        wanted = [("day", scope) for scope in scopes] + [("session", "all")]
        return tuple(
            Sum(period, scope, kind, self._unit * self._pick([0, 1, 1, 2, 4]))
            for kind in kinds
            for period, scope in wanted
            if self._random.random() < 0.6
        )

    def _class_cap(self) -> ClassCap:
        tier, model = self._pick([(None, None), (self._pick(TIERS), None), (None, self._pick(CLASSES))])
        return ClassCap(self._pick(TASKS), self.bound(), tier, model)

    def _pick(self, pool: Sequence[T]) -> T:
        return self._random.choice(pool)

    def _sometimes(self, value: T) -> T | None:
        return value if self._random.random() < 0.2 else None
