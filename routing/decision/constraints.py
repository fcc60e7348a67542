"""The hard rules: each is prepared for a request and gives the check that models must pass, or None when it speaks
against nobody. A check gives its reason against a model, or None; all of them are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from routing.analysis.features import Features
from routing.decision.case import DETERMINISM, Case, Check, determinism, time_s
from routing.decision.model import Candidate, Left, Reason
from routing.decision.money import MONEY_RULES
from routing.decision.prediction import room
from routing.registry.model import Model


def checks(case: Case) -> tuple[Check, ...]:
    """Every check that may speak against a model in this case."""
    return tuple(check for rule in RULES if (check := rule(case)) is not None)


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
        enough = DETERMINISM[model.determinism] >= DETERMINISM[needed]
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
    *MONEY_RULES,
    _time,
)
