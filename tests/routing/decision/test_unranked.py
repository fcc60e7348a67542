"""Models on no tier: asked by name and never chosen, however many a catalogue has."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from routing.analysis.features import Features
from routing.decision.decide import decide
from routing.decision.model import Acceptance, Snapshot, World
from routing.ledger.journal import Journal
from routing.policy.model import Policy, Rung, Selector
from routing.registry.loading import build_registry
from tests.fakes import (
    HELLO,
    PRICES,
    SMALL,
    a_line,
    a_model,
    a_policy,
    a_registry,
    a_route,
    a_rung,
    a_snapshot,
    says,
    some_features,
    told,
)
from tests.routing.decision.worlds import cases

CATALOGUE = [a_model(f"catalogue/maker-{n}", tier="unranked") for n in range(50)]


def by_tier(policy: Policy) -> Policy:
    """The policy with every selector naming a tier."""

    def tiered(rung: Rung) -> Rung:
        return replace(rung, selectors=tuple(replace(one, tier=one.tier or "small") for one in rung.selectors))

    routes = (replace(route, ladder=tuple(map(tiered, route.ladder))) for route in policy.routes)
    return replace(policy, routes=tuple(routes))


@given(cases())
def test_they_change_no_decision_that_does_not_name_them(asked: tuple[Features, World, Snapshot]) -> None:
    features, world, snapshot = asked
    pin = snapshot.pin if snapshot.pin != "*" else None
    world, snapshot = replace(world, policy=by_tier(world.policy)), replace(snapshot, pin=pin)
    registry = replace(world.registry, models=(*world.registry.models, *CATALOGUE))
    assert decide(features, replace(world, registry=registry), snapshot) == decide(features, world, snapshot)


def test_none_of_them_stands_in() -> None:
    world = World(a_policy(a_route(a_rung("small"))), build_registry(CATALOGUE), Acceptance())
    decision = decide(some_features(), world, a_snapshot(world.policy, world.registry))
    assert (decision.ladder, decision.candidates, decision.excluded) == ((), (), ())


async def test_nothing_is_compared_with_what_they_would_have_charged(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Fine.")]})
    alone = told(await line.ask(HELLO)).baseline_nusd
    among = a_registry(a_model(), replace(CATALOGUE[0], price=PRICES["large"]))
    line.router.configure(replace(line.router.setup, registry=among))
    assert told(await line.ask(HELLO)).baseline_nusd == alone > 0


def test_a_name_reaches_one_of_them() -> None:
    models = build_registry([*CATALOGUE, a_model("north/small")])
    world = World(a_policy(a_route(a_rung("small"))), models, Acceptance())
    decision = decide(some_features(), world, a_snapshot(world.policy, world.registry, pin="maker-7"))
    assert [rung.models for rung in decision.ladder] == [("catalogue/maker-7",)]
    assert [one.model for one in decision.excluded] == ["north/small"]


def test_a_route_may_name_them() -> None:
    route = a_route(a_rung("small"), replace(a_rung("small"), selectors=(Selector(model="catalogue/maker-1*"),)))
    world = World(a_policy(route), build_registry(CATALOGUE), Acceptance())
    decision = decide(some_features(), world, a_snapshot(world.policy, world.registry))
    assert {model for rung in decision.ladder for model in rung.models} == {
        model.id for model in CATALOGUE if model.is_named("catalogue/maker-1*")
    }
