"""What a turn is carried out with: fixed when the turn begins, so a change of policy in mid-turn does not touch it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.analysis.features import Features
from routing.clock import Clock, local_day
from routing.decision.model import Decision, World
from routing.errors import ProviderError
from routing.events import Purpose
from routing.execution.breaker import Breakers
from routing.execution.observed import Observed
from routing.execution.recorder import Recorder
from routing.execution.retry import RetryBudget
from routing.messages import Request
from routing.policy.model import Route
from routing.providers.contract import Provider
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class Caps:
    """This machine's hard caps for one local day, in nano-dollars. None: no cap."""

    day_nusd: int | None = None
    simulated_day_nusd: int | None = None

    def of(self, simulated: bool) -> int | None:
        return self.simulated_day_nusd if simulated else self.day_nusd


@dataclass(frozen=True, slots=True)
class TurnContext:
    """The request, what was decided, and the hands that carry it out. `explain_error` makes a user's sentence;
    `problems` are those of providers that gave no list of models."""

    request: Request
    features: Features
    world: World
    decision: Decision
    caps: Caps
    providers: Mapping[str, Provider]
    recorder: Recorder
    observed: Observed
    retry_budget: RetryBudget
    clock: Clock
    rng: random.Random
    explain_error: Callable[[ProviderError, Model], str]
    problems: tuple[str, ...] = ()
    purpose: Purpose = "answer"

    @property
    def breakers(self) -> Breakers:
        return self.observed.breakers

    @property
    def route(self) -> Route:
        return self.world.policy.route(self.decision.route)

    @property
    def time_left_s(self) -> float:
        return self.decision.time_s - self.recorder.elapsed_s

    @property
    def today(self) -> str:
        return local_day(self.clock.wall())

    def model(self, model_id: str) -> Model:
        model = self.world.registry.get(model_id)
        assert model is not None, model_id  # the decision names only models of its registry
        return model
