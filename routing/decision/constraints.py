"""The hard rules: each looks at one model and gives a reason against it, or none. All of them are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from routing.analysis.features import Features
from routing.decision.model import Candidate, Reason, Snapshot
from routing.policy.model import Route
from routing.registry.model import Model

_DETERMINISM = {"none": 0, "seed": 1, "strong": 2}


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule may look at."""

    features: Features
    route: Route
    snapshot: Snapshot
    model: Model
    candidate: Candidate
    aliases: tuple[tuple[str, str], ...]


def reasons_against(case: Case) -> tuple[Reason, ...]:
    """Every reason why the model may not be asked."""
    return tuple(reason for rule in RULES if (reason := rule(case)) is not None)


def time_s(features: Features, route: Route, snapshot: Snapshot) -> float:
    """Seconds that the turn may take: what the request leaves, within the route's budget; nobody waits for a batch,
    so it has as long as one attempt of its route."""
    left = snapshot.budget.time_left_s
    if features.latency == "batch":
        left = max(left, route.timeouts.total_s)
    return left if route.time_budget_s is None else min(left, route.time_budget_s)


def matches(pattern: str, model: Model, aliases: tuple[tuple[str, str], ...] = ()) -> bool:
    """Whether an id, a bare name, an alias or a glob names the model."""
    pattern = dict(aliases).get(pattern, pattern)
    return fnmatchcase(model.id, pattern) or fnmatchcase(model.name, pattern)


def _pin(case: Case) -> Reason | None:
    pin = case.snapshot.pin
    if pin is None or matches(pin, case.model, case.aliases):
        return None
    return Reason("pin", pin, case.model.id)


def _lifecycle(case: Case) -> Reason | None:
    allowed = case.route.require.lifecycle or ("managed", "experimental")
    pinned = case.snapshot.pin is not None and not case.route.require.lifecycle
    if pinned or case.model.lifecycle in allowed:
        return None
    return Reason("lifecycle", " or ".join(allowed), case.model.lifecycle)


def _tools(case: Case) -> Reason | None:
    return _lacks(case, "tools", case.features.needs.tools > 0)


def _json(case: Case) -> Reason | None:
    return _lacks(case, "json", case.features.needs.json)


def _vision(case: Case) -> Reason | None:
    return _lacks(case, "vision", case.features.needs.vision)


def _lacks(case: Case, capability: str, needed: bool) -> Reason | None:
    if not needed or capability in case.model.capabilities:
        return None
    return Reason("capability", capability, ", ".join(sorted(case.model.capabilities)) or "none")


def _context(case: Case) -> Reason | None:
    needed, window = case.features.needs.context_tokens, case.model.context_window
    return None if needed <= window else Reason("context", str(needed), str(window))


def _region(case: Case) -> Reason | None:
    for region in (case.features.needs.region, case.route.require.region):
        if region is not None and case.model.region != region and not case.model.local:
            return Reason("region", region, case.model.region or "unknown")
    return None


def _local(case: Case) -> Reason | None:
    needed = case.features.needs.local_only or case.route.require.local
    return Reason("local", "on this machine", case.model.provider) if needed and not case.model.local else None


def _determinism(case: Case) -> Reason | None:
    needed = case.route.require.determinism or ("strong" if case.features.needs.determinism else "none")
    if _DETERMINISM[case.model.determinism] >= _DETERMINISM[needed]:
        return None
    return Reason("determinism", needed, case.model.determinism)


def _retention(case: Case) -> Reason | None:
    if case.route.require.retention is None or case.model.retention == "none" or case.model.local:
        return None
    return Reason("retention", "none", case.model.retention)


def _gone(case: Case) -> Reason | None:
    return (
        Reason("gone", "a model that is there", case.model.id) if case.model.id in case.snapshot.health.gone else None
    )


def _breaker(case: Case) -> Reason | None:
    for closed in case.snapshot.health.closed:
        if closed.provider == case.model.provider:
            wait = "after a change of configuration" if closed.again_in_s is None else f"in {closed.again_in_s:.0f} s"
            return Reason("breaker", "a provider that answers", f"{closed.reason}; again {wait}")
    return None


def _credit(case: Case) -> Reason | None:
    credit = case.snapshot.budget.request_credit_nusd
    if case.route.credit_nusd is not None:
        credit = min(credit, case.route.credit_nusd)
    worst = case.candidate.worst_nusd
    return None if worst <= credit else Reason("request_credit", str(worst), str(credit))


def _day_cap(case: Case) -> Reason | None:
    budget, worst = case.snapshot.budget, case.candidate.worst_nusd
    left = budget.simulated_day_left_nusd if case.model.simulated else budget.day_left_nusd
    return None if left is None or worst == 0 or worst <= left else Reason("day_cap", str(worst), str(left))


def _time(case: Case) -> Reason | None:
    left, needed = time_s(case.features, case.route, case.snapshot), case.candidate.latency_s
    return None if needed <= left else Reason("time", f"{needed:.1f}", f"{left:.1f}")


RULES: tuple[Callable[[Case], Reason | None], ...] = (
    _pin,
    _lifecycle,
    _tools,
    _json,
    _vision,
    _context,
    _region,
    _local,
    _determinism,
    _retention,
    _gone,
    _breaker,
    _credit,
    _day_cap,
    _time,
)
