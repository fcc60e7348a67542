"""Who stands where: models that may be asked, by rung and best first, and the rungs in the order in which they are
climbed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from routing.decision.deployments import lot
from routing.decision.model import STAND_IN, Candidate, PlannedRung, Reason, Snapshot
from routing.policy.model import Route, Rung, Selector
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class Judged:
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
class Plan:
    """`asked` are the models on any of the rungs."""

    ladder: tuple[PlannedRung, ...]
    below: tuple[PlannedRung, ...]
    asked: frozenset[str]


def selectors_of(route: Route, aliases: dict[str, str]) -> list[tuple[tuple[int, int], Selector]]:
    """Every selector of the route in order, with its rung and priority; an alias is replaced by what it stands for."""
    return [
        ((index, priority), replace(selector, model=aliases.get(selector.model or "", selector.model)))
        for index, rung in enumerate(route.ladder)
        for priority, selector in enumerate(rung.selectors)
    ]


def place_of(model: Model, selectors: list[tuple[tuple[int, int], Selector]]) -> tuple[int, int] | None:
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


def by_rank(judged: list[Judged], snapshot: Snapshot) -> list[Judged]:
    """Best first. Who of two stands first never depends on who may be asked: where it did, a tighter cap could lead to
    a dearer model."""
    ranked = sorted(judged, key=_order)
    if snapshot.draw == 0 or not any(one.model.deployment_of for one in judged):
        return ranked
    measured = dict(snapshot.health.first_token_s)
    places = {one.like: place for place, one in reversed(list(enumerate(ranked)))}
    return sorted(ranked, key=lambda one: (places[one.like], lot(one.model, measured, snapshot.draw)))


def _order(one: Judged) -> tuple[tuple[int, int], int, str]:
    return one.place or (0, 0), -one.candidate.utility_nusd, one.model.id


def plan_rungs(route: Route, ranked: list[Judged], snapshot: Snapshot) -> Plan:
    rungs, stand_in = _rungs(ranked)
    planned = {index: _rung(route, index, members, snapshot, stand_in) for index, members in rungs.items()}
    ladder, below = _split(list(planned), route, snapshot)
    return Plan(
        ladder=tuple(planned[index] for index in ladder),
        below=tuple(planned[index] for index in below),
        asked=frozenset(one.model.id for members in rungs.values() for one in members),
    )


def first_asked(route: Route, ranked: list[Judged], snapshot: Snapshot) -> str | None:
    """The model that would be asked first."""
    rungs, _ = _rungs(ranked)
    ladder, _ = _split(list(rungs), route, snapshot)
    return rungs[ladder[0]][0].model.id if ladder else None


def _rungs(ranked: list[Judged]) -> tuple[dict[int, list[Judged]], bool]:
    """Who may be asked, best first, by rung in order; and whether they only stand in, since no rung selects any."""
    rungs: dict[int, list[Judged]] = {}
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
        ends = (index for index, rung in enumerate(route.ladder) if rung.threshold is None and not rung.gain)
        last = next(ends, last)
    advised = max((advice.first_rung for advice in snapshot.advice), default=0)
    start = max(0, min(last, advised + snapshot.nudge))
    ladder = [index for index in rungs if start <= index <= last]
    spare = [*sorted((index for index in rungs if index < start), reverse=True), *(n for n in rungs if n > last)]
    if route.name in snapshot.budget.frozen:
        ladder, spare = ladder[:1], [*spare, *ladder[1:]]
    return (ladder, spare) if ladder else (spare[:1], spare[1:])


def _rung(route: Route, index: int, members: list[Judged], snapshot: Snapshot, stand_in: bool) -> PlannedRung:
    source: Rung = route.ladder[index]
    plain = stand_in or snapshot.pin is not None
    final = plain or route.name in snapshot.budget.frozen
    name = (snapshot.pin or STAND_IN) if plain else source.name
    return PlannedRung(
        name=name,
        models=tuple(one.model.id for one in members),
        threshold=None if final else source.threshold,
        why=_why(name, members, snapshot, stand_in),
        worst_nusd=max(one.candidate.worst_nusd for one in members),
        timeouts=route.timeouts,
    )


def _why(name: str, members: list[Judged], snapshot: Snapshot, stand_in: bool) -> str:
    if snapshot.pin is not None:
        return f"you asked for {snapshot.pin}"
    if stand_in:
        return "no model of the route's own may be asked"
    if len(members) == 1:
        return f"the only {name} model that may be asked"
    return f"the best of {len(members)} {name} models"
