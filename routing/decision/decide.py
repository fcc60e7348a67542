"""`decide()`: pure and deterministic. The same inputs give the same decision, whatever the order of models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from routing.analysis.features import Features, Risk
from routing.budget.throttle import NO_EXTRAS
from routing.decision.case import Case, determinism, pinned, time_s
from routing.decision.constraints import checks
from routing.decision.gains import on_gain
from routing.decision.model import ENGINE, BudgetView, Decision, Exclusion, Reason, Snapshot, World
from routing.decision.money import MONEY, credit_nusd
from routing.decision.prediction import predict
from routing.decision.rungs import Judged, Plan, by_rank, first_asked, place_of, plan_rungs, selectors_of
from routing.policy.match import match
from routing.policy.model import Policy, Route, Selector
from routing.registry.model import UNRANKED, Model

_SHORTER = 3
"""The step in which a spike of spend is slowed from which on less is sent and answered."""
_SHORT_TOKENS = 256


def decide(features: Features, world: World, snapshot: Snapshot) -> Decision:
    """Choose the route, order the ladder, and say of every other model why not.

    Models stand on the first rung that selects them, by the selector's priority, then utility, then id; deployments
    of one model together, where the best of them would stand. When no rung selects a model that may be asked, one
    stand-in rung holds whatever may.
    """
    policy = world.policy
    route, rule = _route(features, policy, snapshot)
    max_output = _max_output(features, route, policy, snapshot)
    found, pruned, forgiven = _find(features, world, snapshot, route, max_output)
    judged, ranked = found.judged, found.ranked
    candidates = {one.model.id: one.candidate for one in judged}
    plan = on_gain(found.plan, candidates.__getitem__, route, policy, snapshot)
    chosen = plan.ladder[0].models[0] if plan.ladder else None
    return Decision(
        engine=ENGINE,
        policy_hash=policy.hash,
        registry_hash=world.registry.hash,
        route=route.name,
        rule=rule,
        mode=route.mode,
        ladder=plan.ladder,
        below=plan.below,
        candidates=tuple(one.candidate for one in judged),
        excluded=tuple(_exclusion(one, route) for one in judged if one.model.id not in plan.asked),
        runner_up=None if forgiven else first_asked(route, [one for one in ranked if one.model.id != chosen], snapshot),
        floor=route.floor,
        retries=route.retries,
        credit_nusd=credit_nusd(route, snapshot),
        time_s=time_s(features, route, snapshot),
        temperature=route.temperature if determinism(features, route) == "none" else 0.0,
        max_output_tokens=max_output,
        degraded_text=route.degraded_text,
        pruned=pruned,
        attempts=policy.caps.attempts,
        hedge_after_s=None if chosen is None else _hedge_after_s(features, world, snapshot, chosen),
        forgiven=forgiven,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """Every model in question, by id and by rank, and the rungs that they make."""

    judged: list[Judged]
    ranked: list[Judged]
    plan: Plan


def _find(
    features: Features, world: World, snapshot: Snapshot, route: Route, max_output: int
) -> tuple[_Found, bool, bool]:
    """Who may be asked; whether the chat must be cut for it, and whether something had to be overlooked."""
    whole = found = _seek(features, world, snapshot, route, max_output)
    if found.plan.asked:
        return found, False, False
    cut = whole
    if features.needs.history_tokens:
        cut = _seek(_without_history(features), world, snapshot, route, max_output)
        if cut.plan.asked:
            return cut, True, False
    for judged, pruned in ((whole, False), (cut, True)):
        forgiven = _forgive(judged.judged, snapshot)
        if forgiven is not None:
            return _arranged(forgiven, snapshot, route), pruned, True
    return cut, False, False


def _seek(features: Features, world: World, snapshot: Snapshot, route: Route, max_output: int) -> _Found:
    return _arranged(_judge(features, world, snapshot, route, max_output), snapshot, route)


def _arranged(judged: list[Judged], snapshot: Snapshot, route: Route) -> _Found:
    ranked = by_rank(judged, snapshot)
    return _Found(judged, ranked, plan_rungs(route, ranked, snapshot))


def _forgive(judged: list[Judged], snapshot: Snapshot) -> list[Judged] | None:
    """The same, without the reasons that pass where nobody is left without them. None: nothing can be overlooked."""
    opens = {(one.provider, one.model): None if one.announced else one.again_in_s for one in snapshot.health.closed}

    def again_s(one: Judged) -> float | None:
        places = ((one.model.provider, None), (one.model.provider, one.model.id))
        waits = [opens[place] for place in places if place in opens]
        return None if None in waits else max((wait for wait in waits if wait is not None), default=0.0)

    passing = [one for one in judged if {reason.kind for reason in one.reasons} <= {"pattern", "breaker"}]
    timed = [(wait, one.model.id) for one in passing if (wait := again_s(one)) is not None]
    if not timed:
        return None
    first, last_id = min(timed)
    again = {name for wait, name in timed if wait == 0} if first == 0 else {last_id}
    return [replace(one, reasons=()) if one.model.id in again else one for one in judged]


def _without_history(features: Features) -> Features:
    """The prompt alone must fit."""
    needs = features.needs
    shorter = replace(needs, context_tokens=needs.context_tokens - needs.history_tokens, history_tokens=0)
    return replace(features, needs=shorter)


def _route(features: Features, policy: Policy, snapshot: Snapshot) -> tuple[Route, str]:
    rule = match(policy.rules, features, snapshot.budget.time_left_s)
    if rule is None:
        return policy.route(policy.default_route), "default"
    return policy.route(rule.route), rule.name


def _max_output(features: Features, route: Route, policy: Policy, snapshot: Snapshot) -> int:
    """Room for twice what is expected: enough for a long answer, little enough to reserve. A route or the kind of task
    may allow less; while a spike is slowed, so does low risk."""
    asked = max(512, 2 * features.output_tokens)
    if shortens(features, snapshot.budget):
        asked = max(_SHORT_TOKENS, asked // 2)
    limits = (route.max_output_tokens, dict(policy.answer_tokens).get(features.task))
    return min([asked, *(limit for limit in limits if limit is not None)])


def shortens(features: Features, budget: BudgetView) -> bool:
    """Whether a spike of spend shortens what is sent and what is answered."""
    return budget.throttle >= _SHORTER and features.risk is Risk.LOW


def _hedge_after_s(features: Features, world: World, snapshot: Snapshot, chosen: str) -> float | None:
    """Seconds of silence after which a second provider is asked too: the 95th percentile of the first token's time,
    or three times what is expected of it while too little is known."""
    hedging = world.policy.hedging
    model = world.registry.get(chosen)
    if model is None or features.latency != "interactive" or not hedging.max_share or snapshot.pin is not None:
        return None
    if snapshot.budget.throttle >= NO_EXTRAS:
        return None
    known = dict(snapshot.health.first_token_p95_s).get(chosen)
    return round(max(hedging.min_s, 3 * model.first_token_s if known is None else known), 3)


def _judge(features: Features, world: World, snapshot: Snapshot, route: Route, max_output: int) -> list[Judged]:
    """Every model in question, by id."""
    judged = []
    policy, pressure = world.policy, snapshot.budget.pressure
    selectors = selectors_of(route, dict(policy.aliases))
    named = pinned(snapshot.pin, world)
    against = checks(Case(features, route, snapshot, named, world))
    records = {record.model: record for record in world.acceptance.records if record.task == features.task}
    formats = {record.model: record for record in world.acceptance.formats}
    for model in sorted(_in_question(world, named, selectors), key=lambda model: model.id):
        place = (0, 0) if snapshot.pin is not None else place_of(model, selectors)
        rung = place[0] if place else -1
        record = records.get(model.id)
        valid = formats.get(model.id)
        candidate = predict(
            features, model, policy, record, valid, rung=rung, max_output_tokens=max_output, pressure=pressure
        )
        reasons = tuple(reason for check in against if (reason := check(model, candidate)) is not None)
        judged.append(Judged(model, candidate, reasons, place))
    return _without_betters(judged)


def _without_betters(judged: list[Judged]) -> list[Judged]:
    """What a model is known to get wrong keeps it out only while somebody at least as good may be asked, or could be
    but for money: else a tighter cap could lead to a dearer model."""
    best = max((one.candidate.quality for one in judged if {why.kind for why in one.reasons} <= MONEY), default=0.0)
    return [
        replace(one, reasons=())
        if one.candidate.quality > best and all(reason.kind == "pattern" for reason in one.reasons)
        else one
        for one in judged
    ]


def _in_question(
    world: World, named: Callable[[Model], bool] | None, selectors: list[tuple[tuple[int, int], Selector]]
) -> list[Model]:
    """Every model, except those on no tier that nobody names: a catalogue has hundreds of them."""
    tierless = [(place, selector) for place, selector in selectors if selector.tier is None]
    if named is None and not tierless:
        return [model for model in world.registry.models if model.tier != UNRANKED]

    def asked_for(model: Model) -> bool:
        return place_of(model, tierless) is not None if named is None else named(model)

    return [model for model in world.registry.models if model.tier != UNRANKED or asked_for(model)]


def _exclusion(one: Judged, route: Route) -> Exclusion:
    reasons = one.reasons
    if one.place is None:
        wanted = ", ".join(rung.name for rung in route.ladder)
        reasons = (*reasons, Reason("not_on_route", wanted, one.model.tier))
    return Exclusion(one.model.id, reasons)
