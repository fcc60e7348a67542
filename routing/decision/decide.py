"""`decide()`: pure and deterministic. The same inputs give the same decision, whatever the order of models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from routing.analysis.features import Features, Risk
from routing.decision.constraints import Case, checks, credit_nusd, determinism, pinned, time_s
from routing.decision.deployments import lot
from routing.decision.model import (
    ENGINE,
    BudgetView,
    Candidate,
    Decision,
    Exclusion,
    PlannedRung,
    Reason,
    Snapshot,
    World,
)
from routing.decision.prediction import predict
from routing.policy.match import match
from routing.policy.model import Policy, Route, Rung, Selector
from routing.registry.model import UNRANKED, Model

_STAND_IN = "stand-in"
_NO_EXTRAS, _SHORTER = 2, 3
"""Steps in which a spike of spend is slowed: first nothing is asked twice, then less is sent and answered."""
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
    judged, ranked, plan = found.judged, found.ranked, found.plan
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
        runner_up=None if forgiven else _first(route, [one for one in ranked if one.model.id != chosen], snapshot),
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
class _Judged:
    """A model with what is predicted and what speaks against it; `place` is None when no rung selects it."""

    model: Model
    candidate: Candidate
    reasons: tuple[Reason, ...]
    place: tuple[int, int] | None

    @property
    def like(self) -> tuple[tuple[int, int] | None, str | None, str]:
        """What the deployments of one model share that one selector selects."""
        word = self.model.deployment_of
        return self.place, word, "" if word else self.model.id


@dataclass(frozen=True, slots=True)
class _Plan:
    """`asked` are the models on any of the rungs."""

    ladder: tuple[PlannedRung, ...]
    below: tuple[PlannedRung, ...]
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Found:
    """Every model in question, by id and by rank, and the rungs that they make."""

    judged: list[_Judged]
    ranked: list[_Judged]
    plan: _Plan


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


def _arranged(judged: list[_Judged], snapshot: Snapshot, route: Route) -> _Found:
    ranked = _ranked(judged, snapshot)
    return _Found(judged, ranked, _plan(route, ranked, snapshot))


def _forgive(judged: list[_Judged], snapshot: Snapshot) -> list[_Judged] | None:
    """The same, without the reasons that pass where nobody is left without them. None: nothing can be overlooked."""
    opens = {(one.provider, one.model): None if one.announced else one.again_in_s for one in snapshot.health.closed}

    def again_s(one: _Judged) -> float | None:
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
    if snapshot.budget.throttle >= _NO_EXTRAS:
        return None
    known = dict(snapshot.health.first_token_p95_s).get(chosen)
    return round(max(hedging.min_s, 3 * model.first_token_s if known is None else known), 3)


def _judge(features: Features, world: World, snapshot: Snapshot, route: Route, max_output: int) -> list[_Judged]:
    """Every model in question, by id."""
    judged = []
    policy, pressure = world.policy, snapshot.budget.pressure
    selectors = _selectors(route, dict(policy.aliases))
    named = pinned(snapshot.pin, world)
    against = checks(Case(features, route, snapshot, named, world))
    records = {record.model: record for record in world.acceptance.records if record.task == features.task}
    formats = {record.model: record for record in world.acceptance.formats}
    for model in sorted(_in_question(world, named, selectors), key=lambda model: model.id):
        place = (0, 0) if snapshot.pin is not None else _place(model, selectors)
        rung = place[0] if place else -1
        record = records.get(model.id)
        valid = formats.get(model.id)
        candidate = predict(
            features, model, policy, record, valid, rung=rung, max_output_tokens=max_output, pressure=pressure
        )
        reasons = tuple(reason for check in against if (reason := check(model, candidate)) is not None)
        judged.append(_Judged(model, candidate, reasons, place))
    return _without_betters(judged)


def _without_betters(judged: list[_Judged]) -> list[_Judged]:
    """What a model is known to get wrong keeps it out only while somebody at least as good may be asked."""
    best = max((one.candidate.quality for one in judged if not one.reasons), default=0.0)
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
        return _place(model, tierless) is not None if named is None else named(model)

    return [model for model in world.registry.models if model.tier != UNRANKED or asked_for(model)]


def _selectors(route: Route, aliases: dict[str, str]) -> list[tuple[tuple[int, int], Selector]]:
    """Every selector of the route in order, with its rung and priority; an alias is replaced by what it stands for."""
    return [
        ((index, priority), replace(selector, model=aliases.get(selector.model or "", selector.model)))
        for index, rung in enumerate(route.ladder)
        for priority, selector in enumerate(rung.selectors)
    ]


def _place(model: Model, selectors: list[tuple[tuple[int, int], Selector]]) -> tuple[int, int] | None:
    """The first rung that selects the model, and the selector that did."""
    return next((place for place, selector in selectors if _selects(selector, model)), None)


def _selects(selector: Selector, model: Model) -> bool:
    if selector.tier is not None and selector.tier != model.tier:
        return False
    if selector.provider is not None and not _provider_matches(selector.provider, model.provider):
        return False
    return selector.model is None or model.is_named(selector.model)


def _provider_matches(pattern: str, provider: str) -> bool:
    if pattern.startswith("!"):
        return not fnmatchcase(provider, pattern[1:])
    return fnmatchcase(provider, pattern)


def _ranked(judged: list[_Judged], snapshot: Snapshot) -> list[_Judged]:
    """Best first. Who of two stands first never depends on who may be asked: where it did, a tighter cap could lead to
    a dearer model."""
    ranked = sorted(judged, key=_order)
    if snapshot.draw == 0 or not any(one.model.deployment_of for one in judged):
        return ranked
    measured = dict(snapshot.health.first_token_s)
    places = {one.like: place for place, one in reversed(list(enumerate(ranked)))}
    return sorted(ranked, key=lambda one: (places[one.like], lot(one.model, measured, snapshot.draw)))


def _order(one: _Judged) -> tuple[tuple[int, int], int, str]:
    return one.place or (0, 0), -one.candidate.utility_nusd, one.model.id


def _plan(route: Route, ranked: list[_Judged], snapshot: Snapshot) -> _Plan:
    rungs, stand_in = _rungs(ranked)
    planned = {index: _rung(route, index, members, snapshot, stand_in) for index, members in rungs.items()}
    ladder, below = _split(list(planned), route, snapshot)
    return _Plan(
        ladder=tuple(planned[index] for index in ladder),
        below=tuple(planned[index] for index in below),
        asked=frozenset(one.model.id for members in rungs.values() for one in members),
    )


def _first(route: Route, ranked: list[_Judged], snapshot: Snapshot) -> str | None:
    """The model that would be asked first."""
    rungs, _ = _rungs(ranked)
    ladder, _ = _split(list(rungs), route, snapshot)
    return rungs[ladder[0]][0].model.id if ladder else None


def _rungs(ranked: list[_Judged]) -> tuple[dict[int, list[_Judged]], bool]:
    """Who may be asked, best first, by rung in order; and whether they only stand in, since no rung selects any."""
    rungs: dict[int, list[_Judged]] = {}
    for one in ranked:
        if not one.reasons and one.place is not None:
            rungs.setdefault(one.place[0], []).append(one)
    if rungs:
        return dict(sorted(rungs.items())), False
    spare = [one for one in ranked if not one.reasons]
    return ({0: spare} if spare else {}), True


def _split(rungs: list[int], route: Route, snapshot: Snapshot) -> tuple[list[int], list[int]]:
    """The rungs to climb, and those that only stand in when none of them can be reached.

    A cascade is never climbed past a rung that keeps any answer: what follows it (a weaker model, for when the
    strong one is down) is a fallback, as are the rungs under the first.
    """
    last = len(route.ladder) - 1
    if route.mode == "cascade":
        last = next((index for index, rung in enumerate(route.ladder) if rung.threshold is None), last)
    advised = max((advice.first_rung for advice in snapshot.advice), default=0)
    start = max(0, min(last, advised + snapshot.nudge))
    ladder = [index for index in rungs if start <= index <= last]
    spare = [*sorted((index for index in rungs if index < start), reverse=True), *(n for n in rungs if n > last)]
    if route.name in snapshot.budget.frozen:
        ladder, spare = ladder[:1], [*spare, *ladder[1:]]
    return (ladder, spare) if ladder else (spare[:1], spare[1:])


def _rung(route: Route, index: int, members: list[_Judged], snapshot: Snapshot, stand_in: bool) -> PlannedRung:
    source: Rung = route.ladder[index]
    plain = stand_in or snapshot.pin is not None
    final = plain or route.name in snapshot.budget.frozen
    name = (snapshot.pin or _STAND_IN) if plain else source.name
    return PlannedRung(
        name=name,
        models=tuple(one.model.id for one in members),
        threshold=None if final else source.threshold,
        why=_why(name, members, snapshot, stand_in),
        worst_nusd=max(one.candidate.worst_nusd for one in members),
        timeouts=route.timeouts,
    )


def _why(name: str, members: list[_Judged], snapshot: Snapshot, stand_in: bool) -> str:
    if snapshot.pin is not None:
        return f"you asked for {snapshot.pin}"
    if stand_in:
        return "no model of the route's own may be asked"
    if len(members) == 1:
        return f"the only {name} model that may be asked"
    return f"the best of {len(members)} {name} models"


def _exclusion(one: _Judged, route: Route) -> Exclusion:
    reasons = one.reasons
    if one.place is None:
        wanted = ", ".join(rung.name for rung in route.ladder)
        reasons = (*reasons, Reason("not_on_route", wanted, one.model.tier))
    return Exclusion(one.model.id, reasons)
