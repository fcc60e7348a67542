"""What the hard rules are prepared from, and what they and the decision both read off a request and its route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from routing.analysis.features import Features
from routing.decision.model import Candidate, Reason, Snapshot, World
from routing.policy.model import Route
from routing.registry.model import Model

Check = Callable[[Model, Candidate], Reason | None]
DETERMINISM = {"none": 0, "seed": 1, "strong": 2}


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is prepared from; `pinned` tells the models that the request's pin names."""

    features: Features
    route: Route
    snapshot: Snapshot
    pinned: Callable[[Model], bool] | None
    world: World


def time_s(features: Features, route: Route, snapshot: Snapshot) -> float:
    """Seconds that the turn may take: what the request leaves, within the route's budget; nobody waits for a batch,
    so it has as long as one attempt of its route."""
    left = snapshot.budget.time_left_s
    if features.latency == "batch":
        left = max(left, route.timeouts.total_s)
    return left if route.time_budget_s is None else min(left, route.time_budget_s)


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
    return max(asked, route.require.determinism or "none", key=DETERMINISM.__getitem__)
