"""Caps as limits on sums: which of them a call counts against, and how much each leaves.

The decision asks it of a snapshot, the reservation asks it again inside its transaction: one rule, two moments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from routing.budget.scopes import ALL, Period, Sum, Taken, provider_scope, route_scope, sum_of, task_scope, tier_scope
from routing.policy.model import ClassCap, Policy, Route
from routing.registry.model import Model

CapKind = Literal["day", "simulated_day", "session", "provider", "premium", "class", "route"]
PREMIUM = "large"


@dataclass(frozen=True, slots=True)
class Caps:
    """This machine's hard caps for one local day, in nano-dollars. None: no cap."""

    day_nusd: int | None = None
    simulated_day_nusd: int | None = None

    def of(self, simulated: bool) -> int | None:
        return self.simulated_day_nusd if simulated else self.day_nusd


@dataclass(frozen=True, slots=True)
class Limit:
    """What the period may take in one scope, which may be a glob: `hard_nusd`, or `share` of all that the period has
    taken, whichever is more."""

    cap: CapKind
    name: str
    scope: str
    hard_nusd: int
    period: Period = "day"
    share: float = 0.0

    def most_nusd(self, taken: Taken) -> int:
        return max(self.hard_nusd, int(self.share * sum_of(taken, self.period, ALL)))

    def taken_nusd(self, taken: Taken) -> int:
        return sum_of(taken, self.period, self.scope)

    def left_nusd(self, taken: Taken) -> int:
        """Never below zero: a cap that was lowered leaves nothing."""
        return max(0, self.most_nusd(taken) - self.taken_nusd(taken))


def day_limit(cap_nusd: int | None, simulated: bool) -> tuple[Limit, ...]:
    """The hard cap of the day on one kind of money."""
    if cap_nusd is None:
        return ()
    return (Limit("simulated_day" if simulated else "day", "", ALL, cap_nusd),)


def day_cap_nusd(caps: Caps, policy: Policy, simulated: bool, raised_nusd: int = 0) -> int | None:
    """The machine's cap or the profile's where that is stricter, and by how much it was raised until midnight."""
    found = [cap for cap in (caps.of(simulated), policy.day_cap_nusd) if cap is not None]
    return min(found) + raised_nusd if found else None


def profile_limits(policy: Policy, route: str, task: str, model: Model, day_nusd: int | None) -> tuple[Limit, ...]:
    """The profile's own limits that a call of this model counts against; `day_nusd` is the cap of the day."""
    caps, found = policy.caps, list(_session_limit(policy))
    found += [_provider_limit(name, nusd) for name, nusd in caps.providers if name == model.provider]
    if model.tier == PREMIUM:
        found += _premium_limit(policy, day_nusd)
    found += [_class_limit(one, policy) for one in caps.classes if one.task == task and covers(one, model, policy)]
    found += _route_limit(policy, policy.route(route))
    return tuple(found)


def limits_in_force(policy: Policy, day_nusd: int | None, simulated: bool) -> tuple[Limit, ...]:
    """Every limit on sums of one kind of money under a profile, whichever calls count against it."""
    return (
        *day_limit(day_nusd, simulated),
        *_session_limit(policy),
        *(_provider_limit(name, nusd) for name, nusd in policy.caps.providers),
        *_premium_limit(policy, day_nusd),
        *(_class_limit(one, policy) for one in policy.caps.classes),
        *(limit for route in policy.routes for limit in _route_limit(policy, route)),
    )


def _session_limit(policy: Policy) -> tuple[Limit, ...]:
    nusd = policy.caps.session_nusd
    return () if nusd is None else (Limit("session", "", ALL, nusd, "session"),)


def _provider_limit(name: str, nusd: int) -> Limit:
    return Limit("provider", name, provider_scope(name), nusd)


def _premium_limit(policy: Policy, day_nusd: int | None) -> tuple[Limit, ...]:
    premium = policy.caps.premium
    if premium is None:
        return ()
    floor = premium.floor * day_nusd if day_nusd is not None else policy.request_credit_nusd
    return (Limit("premium", PREMIUM, tier_scope(PREMIUM), int(premium.most * floor), share=premium.most),)


def _class_limit(cap: ClassCap, policy: Policy) -> Limit:
    return Limit("class", class_name(cap), _class_scope(cap, policy), cap.day_nusd)


def _route_limit(policy: Policy, route: Route) -> tuple[Limit, ...]:
    quota = route.day_nusd
    return () if quota is None else (Limit("route", route.name, route_scope(policy.id, route.name), quota),)


def watched(policy: Policy) -> tuple[tuple[Period, str], ...]:
    """The sums that the profile's limits look at."""
    caps = policy.caps
    found: list[tuple[Period, str]] = [("day", provider_scope(name)) for name, _ in caps.providers]
    if caps.session_nusd is not None:
        found.append(("session", ALL))
    if caps.premium is not None:
        found += [("day", ALL), ("day", tier_scope(PREMIUM))]
    found += [("day", _class_scope(one, policy)) for one in caps.classes]
    found += [("day", route_scope(policy.id, route.name)) for route in policy.routes if route.day_nusd is not None]
    return tuple(found)


def seen_by(policy: Policy, sums: Iterable[Sum]) -> tuple[Sum, ...]:
    """Those of the sums that the profile's limits look at."""
    looked_at = watched(policy)
    if not looked_at:
        return ()
    return tuple(
        one for one in sums if any(one.period == of and fnmatchcase(one.scope, pattern) for of, pattern in looked_at)
    )


def covers(cap: ClassCap, model: Model, policy: Policy) -> bool:
    if cap.tier is not None:
        return cap.tier == model.tier
    return cap.model is None or model.is_named(_unaliased(cap.model, policy))


def _class_scope(cap: ClassCap, policy: Policy) -> str:
    return task_scope(cap.task, cap.tier, None if cap.model is None else _unaliased(cap.model, policy))


def _unaliased(word: str, policy: Policy) -> str:
    return dict(policy.aliases).get(word, word)


def class_name(cap: ClassCap) -> str:
    """``code`` or ``code with large``."""
    which = cap.tier or cap.model
    return f"{cap.task} with {which}" if which else cap.task
