"""What a router works with; it may be replaced between turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from routing.budget.caps import Caps
from routing.decision.model import Acceptance
from routing.errors import ProviderError
from routing.policy.model import Policy
from routing.providers.contract import Provider
from routing.registry.model import Model, Registry
from routing.strategies.contract import Strategy


@dataclass(frozen=True, slots=True)
class Setup:
    """What a router works with: policies by name, models, providers by name, this machine's caps, and how often
    answers were kept so far. `explain_error` turns a provider's error into a sentence for the user; `problems` are the
    sentences of providers that gave no list of models. `strategies` by their names in a policy, beside the rules, which
    need nothing; `novelty` tells in milliseconds how unlike all requests so far a text is, None where they are too
    few. `embedder` says what a text means."""

    profiles: Mapping[str, Policy]
    registry: Registry
    providers: Mapping[str, Provider]
    caps: Caps
    explain_error: Callable[[ProviderError, Model], str]
    acceptance: Acceptance = field(default_factory=Acceptance)
    default_profile: str = "balanced"
    problems: tuple[str, ...] = ()
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    novelty: Callable[[str], float | None] | None = None
    embedder: Model | None = None

    @property
    def simulated(self) -> bool:
        """Whether the money that is spent here is simulated: every model is."""
        models = self.registry.models
        return bool(models) and all(model.simulated for model in models)
