"""What a turn is carried out with: fixed when the turn begins, so a change of policy in mid-turn does not touch it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from routing.analysis.features import Features
from routing.clock import Clock, local_day
from routing.decision.model import BudgetView, Decision, World
from routing.errors import ProviderError
from routing.events import Purpose
from routing.execution.breaker import Breakers
from routing.execution.budgets import HedgeBudget, RetryBudget
from routing.execution.observed import Observed
from routing.execution.recorder import Recorder
from routing.messages import Request
from routing.policy.model import Route
from routing.providers.contract import Provider
from routing.registry.model import Model
from routing.trace import Trace


@dataclass(frozen=True, slots=True)
class TurnContext:
    """The request, what was decided, and the hands that carry it out. `explain_error` makes a user's sentence;
    `problems` are those of providers that gave no list of models. `left_out` messages of the chat, `saved_tokens` in
    all, are in none of the calls; personal data is `masked` in what leaves the machine; `wish` asks for an answer of
    some length; `aside` carries out a turn of its own for this one."""

    request: Request
    features: Features
    world: World
    decision: Decision
    budget: BudgetView
    providers: Mapping[str, Provider]
    recorder: Recorder
    observed: Observed
    retry_budget: RetryBudget
    hedge_budget: HedgeBudget
    clock: Clock
    rng: random.Random
    explain_error: Callable[[ProviderError, Model], str]
    problems: tuple[str, ...] = ()
    purpose: Purpose = "answer"
    session: str = ""
    left_out: int = 0
    saved_tokens: int = 0
    masked: bool = False
    wish: str = ""
    aside: Callable[[Request, Purpose], Awaitable[Trace]] | None = None

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
