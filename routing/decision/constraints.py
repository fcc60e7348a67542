"""The hard rules: each is prepared for a request and gives the check that models must pass, or None when it speaks
against nobody. A check gives its reason against a model, or None; all of them are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from routing.analysis.features import Features
from routing.budget.caps import PREMIUM, profile_limits, watched
from routing.budget.scopes import taken
from routing.decision.model import Candidate, Left, Reason, Snapshot, World
from routing.decision.prediction import room
from routing.policy.model import Route
from routing.registry.model import Model

Check = Callable[[Model, Candidate], Reason | None]
_DETERMINISM = {"none": 0, "seed": 1, "strong": 2}


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is prepared from; `pinned` tells the models that the request's pin names."""

    features: Features
    route: Route
    snapshot: Snapshot
    pinned: Callable[[Model], bool] | None
    world: World


def checks(case: Case) -> tuple[Check, ...]:
    """Every check that may speak against a model in this case."""
    return tuple(check for rule in RULES if (check := rule(case)) is not None)


def time_s(features: Features, route: Route, snapshot: Snapshot) -> float:
    """Seconds that the turn may take: what the request leaves, within the route's budget; nobody waits for a batch,
    so it has as long as one attempt of its route."""
    left = snapshot.budget.time_left_s
    if features.latency == "batch":
        left = max(left, route.timeouts.total_s)
    return left if route.time_budget_s is None else min(left, route.time_budget_s)


def credit_nusd(route: Route, snapshot: Snapshot) -> int:
    """What the request may spend in all, within the route's credit."""
    credit = snapshot.budget.request_credit_nusd
    return credit if route.credit_nusd is None else min(credit, route.credit_nusd)


def matches(pattern: str, model: Model, aliases: tuple[tuple[str, str], ...]) -> bool:
    """Whether an id, a bare name, an alias or a glob names the model."""
    return model.is_named(dict(aliases).get(pattern, pattern))


def pinned(pin: str | None, world: World) -> Callable[[Model], bool] | None:
    """What tells the models that a pin names: the one of that id if there is one, else all that it matches."""
    if pin is None:
        return None
    wanted = dict(world.policy.aliases).get(pin, pin)
    if world.registry.get(wanted) is not None:
        return lambda model: model.id == wanted
    return lambda model: model.is_named(wanted)


def determinism(features: Features, route: Route) -> str:
    """How far answers must repeat, as the request and its route want it: none, seed or strong."""
    needs = features.needs
    asked = "strong" if needs.determinism else "seed" if needs.seed else "none"
    return max(asked, route.require.determinism or "none", key=_DETERMINISM.__getitem__)


def _pin(case: Case) -> Check | None:
    pin, named = case.snapshot.pin, case.pinned
    if pin is None or named is None:
        return None
    return lambda model, _: None if named(model) else Reason("pin", pin, model.id)


def _lifecycle(case: Case) -> Check | None:
    allowed = case.route.require.lifecycle
    if case.snapshot.pin is not None and not allowed:
        return None
    allowed = allowed or ("managed", "experimental")
    needed = " or ".join(allowed)
    return lambda model, _: None if model.lifecycle in allowed else Reason("lifecycle", needed, model.lifecycle)


def _tools(case: Case) -> Check | None:
    return _capable(case, "tools") if case.features.needs.tools > 0 else None


def _json(case: Case) -> Check | None:
    return _capable(case, "json", "json_schema") if case.features.needs.json else None


def _vision(case: Case) -> Check | None:
    return _capable(case, "vision") if case.features.needs.vision else None


def _capable(case: Case, *capabilities: str) -> Check:
    """One of them is enough, when the provider has not refused it."""
    refused = frozenset(case.snapshot.health.refused)
    needed = " or ".join(capabilities)

    def check(model: Model, _: Candidate) -> Reason | None:
        if any(one in model.capabilities and (model.id, one) not in refused for one in capabilities):
            return None
        if any((model.id, one) in refused for one in capabilities):
            return Reason("capability", needed, f"refused by {model.provider}")
        return Reason("capability", needed, ", ".join(sorted(model.capabilities)) or "none")

    return check


def _context(case: Case) -> Check:
    needs = case.features.needs
    goes_in = needs.context_tokens - needs.answer_tokens

    def check(model: Model, _: Candidate) -> Reason | None:
        needed = goes_in + room(model, needs.answer_tokens)
        return None if needed <= model.context_window else Reason("context", str(needed), str(model.context_window))

    return check


def _region(case: Case) -> Check | None:
    wanted = [one for one in (case.features.needs.region, case.route.require.region) if one is not None]
    if not wanted:
        return None

    def check(model: Model, _: Candidate) -> Reason | None:
        missed = next((region for region in wanted if model.region != region), None)
        return None if missed is None or model.local else Reason("region", missed, model.region or "unknown")

    return check


def _local(case: Case) -> Check | None:
    if not (case.features.needs.local_only or case.route.require.local):
        return None
    return lambda model, _: None if model.local else Reason("local", "on this machine", model.provider)


def _determinism(case: Case) -> Check | None:
    needed = determinism(case.features, case.route)
    if needed == "none":
        return None
    refused = {model for model, one in case.snapshot.health.refused if one in ("temperature", "seed")}

    def check(model: Model, _: Candidate) -> Reason | None:
        if model.id in refused:
            return Reason("determinism", needed, f"refused by {model.provider}")
        enough = _DETERMINISM[model.determinism] >= _DETERMINISM[needed]
        return None if enough else Reason("determinism", needed, model.determinism)

    return check


def _retention(case: Case) -> Check | None:
    if case.route.require.retention is None:
        return None

    def check(model: Model, _: Candidate) -> Reason | None:
        kept = model.retention != "none" and not model.local
        return Reason("retention", "none", model.retention) if kept else None

    return check


def _gone(case: Case) -> Check | None:
    gone = case.snapshot.health.gone
    if not gone:
        return None
    return lambda model, _: Reason("gone", "a model that is there", model.id) if model.id in gone else None


def _breaker(case: Case) -> Check | None:
    resting = {(closed.provider, closed.model): closed for closed in reversed(case.snapshot.health.closed)}
    if not resting:
        return None

    def check(model: Model, _: Candidate) -> Reason | None:
        closed = resting.get((model.provider, None)) or resting.get((model.provider, model.id))
        if closed is None:
            return None
        wait = "after a change of configuration" if closed.again_in_s is None else f"in {closed.again_in_s:.0f} s"
        whose = "provider" if closed.model is None else "model"
        return Reason("breaker", f"a {whose} that answers", f"{closed.reason}; again {wait}")

    return check


def _pattern(case: Case) -> Check | None:
    """A model is passed over for what it is known to get wrong."""
    features = case.features
    subjects = {
        ("format", features.response_format),
        ("language", features.language),
        ("length", features.task),
        ("refusal", features.task),
    }
    known = {one.model: one for one in case.world.acceptance.patterns if (one.kind, one.subject) in subjects}
    if not known or case.snapshot.pin is not None:
        return None

    def check(model: Model, _: Candidate) -> Reason | None:
        one = known.get(model.id)
        return None if one is None else Reason("pattern", one.kind, f"{one.seen} of {one.of} ({one.subject})")

    return check


def short_limits(features: Features, limits: Iterable[Left]) -> Iterator[tuple[Left, int]]:
    """Rate limits that leave too little for the request (one of it, and the tokens that go in), with what it needs."""
    for left in limits:
        needed = features.input_tokens if left.kind in ("tokens", "input-tokens") else 1
        if left.remaining < needed:
            yield left, needed


def _rate_limit(case: Case) -> Check | None:
    """A provider is not asked for what it would have to refuse."""
    short: dict[str, Reason] = {}
    for left, needed in short_limits(case.features, case.snapshot.health.limits):
        found = f"{left.remaining} {left.kind} left; again in {left.again_in_s:.0f} s"
        short.setdefault(left.model, Reason("rate_limit", f"{needed} {left.kind}", found))
    return (lambda model, _: short.get(model.id)) if short else None


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


def _time(case: Case) -> Check:
    left = time_s(case.features, case.route, case.snapshot)

    def check(_: Model, candidate: Candidate) -> Reason | None:
        needed = candidate.latency_s
        return None if needed <= left else Reason("time", f"{needed:.1f}", f"{left:.1f}")

    return check


RULES: tuple[Callable[[Case], Check | None], ...] = (
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
    _rate_limit,
    _pattern,
    _credit,
    _day_cap,
    _profile_caps,
    _throttle,
    _time,
)
