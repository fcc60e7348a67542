"""The hard rules that speak against a model's price alone: the request's credit, caps, and spikes of spend."""

from __future__ import annotations

from collections.abc import Callable

from routing.budget.caps import PREMIUM, profile_limits, watched
from routing.budget.scopes import taken
from routing.decision.case import Case, Check
from routing.decision.model import Candidate, Reason, Snapshot
from routing.policy.model import Route
from routing.registry.model import Model

MONEY = frozenset(
    {"request_credit", "day_cap", "session_cap", "provider_cap", "premium_cap", "class_cap", "route_cap", "throttle"}
)
"""Kinds of reasons that speak against no model but its price."""


def credit_nusd(route: Route, snapshot: Snapshot) -> int:
    """What the request may spend in all, within the route's credit."""
    credit = snapshot.budget.request_credit_nusd
    return credit if route.credit_nusd is None else min(credit, route.credit_nusd)


def _credit(case: Case) -> Check:
    credit = credit_nusd(case.route, case.snapshot)

    def check(_: Model, candidate: Candidate) -> Reason | None:
        worst = candidate.worst_nusd
        return None if worst <= credit else Reason("request_credit", str(worst), str(credit))

    return check


def _day_cap(case: Case) -> Check:
    budget = case.snapshot.budget

    def check(model: Model, candidate: Candidate) -> Reason | None:
        left, worst = budget.simulated_day_left_nusd if model.simulated else budget.day_left_nusd, candidate.worst_nusd
        return None if left is None or worst == 0 or worst <= left else Reason("day_cap", str(worst), str(left))

    return check


def _profile_caps(case: Case) -> Check | None:
    """The profile's own caps: the session's, a provider's share, the large tier's, the task's, the route's."""
    policy, budget, task = case.world.policy, case.snapshot.budget, case.features.task
    if not watched(policy):
        return None
    sums = {kind: taken(budget.taken, kind) for kind in (False, True)}
    days = {False: budget.day_cap_nusd, True: budget.simulated_day_cap_nusd}

    def check(model: Model, candidate: Candidate) -> Reason | None:
        worst, kind = candidate.worst_nusd, model.simulated
        for limit in profile_limits(policy, case.route.name, task, model, days[kind]) if worst else ():
            left = limit.left_nusd(sums[kind])
            if worst > left:
                return Reason(f"{limit.cap}_cap", str(worst), str(left), limit.name)
        return None

    return check


NO_PREMIUM, FREE_ONLY = 4, 5
"""The last two steps in which a spike of spend is slowed."""


def _throttle(case: Case) -> Check | None:
    step = case.snapshot.budget.throttle
    if step < NO_PREMIUM:
        return None

    def check(model: Model, candidate: Candidate) -> Reason | None:
        if candidate.worst_nusd == 0 or (step < FREE_ONLY and model.tier != PREMIUM):
            return None
        return Reason("throttle", "a model that costs nothing" if step >= FREE_ONLY else "a cheaper tier", model.tier)

    return check


MONEY_RULES: tuple[Callable[[Case], Check | None], ...] = (_credit, _day_cap, _profile_caps, _throttle)
