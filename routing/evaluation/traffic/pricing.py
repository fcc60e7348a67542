"""What prompts cost, did or would: by the models that answered them, and under a policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from routing.analysis.features import Features
from routing.decision.decide import decide
from routing.decision.model import BudgetView, Decision, Health, Snapshot, World
from routing.decision.prediction import price_of
from routing.evaluation.traffic.asked import Asked
from routing.evaluation.traffic.needs import Need
from routing.providers.contract import ProviderConfig
from routing.providers.known import SERVICES
from routing.providers.listing import read_listing
from routing.registry.model import Model, Registry

_MAKERS = ("openai", "anthropic", "gemini")
"""Whose list is looked at for a model that is named without a service."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a list of prompts would cost under a policy.

    `first_nusd` is where every first answer stays; `climbing_nusd` where an answer is asked for again, one rung up, as
    often as the model is expected to be wrong. `unserved` prompts are those that no model may be asked; of `unpriced`
    ones the model's price is not known, and the policy's assumed price counts.
    """

    profile: str
    first_nusd: int
    climbing_nusd: int
    unserved: int
    unpriced: int
    simulated: bool


def bill(found: Iterable[Need], world: World) -> Bill:
    """Every prompt decided anew, with all providers well and nothing spent yet."""
    first = climbing = unserved = unpriced = 0
    simulated = False
    for need in found:
        decision = foreseen(need.features, world)
        if decision.chosen is None:
            unserved += 1
            continue
        candidate = decision.candidate(decision.chosen)
        first += candidate.cost_nusd
        climbing += _climbing_nusd(decision)
        unpriced += not candidate.price_known
        simulated = simulated or candidate.simulated
    return Bill(world.policy.id, first, climbing, unserved, unpriced, simulated)


def foreseen(features: Features, world: World) -> Decision:
    """The decision on a day on which nothing was spent."""
    policy, registry = world.policy, world.registry
    budget = BudgetView(None, None, policy.request_credit_nusd, policy.request_s)
    return decide(features, world, Snapshot(policy.hash, registry.hash, world.acceptance.hash, Health(), budget))


def _climbing_nusd(decision: Decision) -> int:
    """Expected nano-dollars: the cost of each rung times the chance that it is reached, Σ cₖ Π (1 − qⱼ), j < k."""
    total, reached = 0.0, 1.0
    for rung in decision.ladder:
        candidate = decision.candidate(rung.models[0])
        total += reached * candidate.cost_nusd
        reached *= 1 - candidate.quality
        if decision.mode != "cascade" or rung.threshold is None:
            break
    return round(total)


def paid_nusd(asked: Asked, features: Features, model: Model | None) -> int | None:
    """What the answer cost, or would at the price of the model that gave it; None where neither is known."""
    if asked.cost_nusd is not None:
        return asked.cost_nusd
    if model is None or model.price is None:
        return None
    return price_of(model, features.input_tokens, features.output_tokens, 0)


def answerer(name: str, registry: Registry) -> Model | None:
    """The model of that name: of the registry, or else of the price list of the service that the name begins with.
    Slow the first time that it is not in the registry."""
    known = registry.get(name) or next((model for model in registry.models if model.name == name), None)
    return known or _listed(name)


@cache
def _listed(name: str) -> Model | None:
    service, _, own = name.partition("/")
    makers = (service,) if own else _MAKERS
    for maker in (one for one in SERVICES if one.name in makers):
        for model in read_listing([{"id": own or name}], ProviderConfig(maker.name, maker.base_url)):
            if model.price is not None:
                return model
    return None
