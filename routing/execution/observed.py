"""What a running program learns of its providers from their answers: the part of a snapshot that is their health."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from routing.clock import Clock
from routing.decision.model import Health
from routing.execution.breaker import Breakers
from routing.execution.rate_limits import RateLimits
from routing.execution.refused import Refused
from routing.registry.model import Registry

_WEIGHT = 0.3
"""Of the latest answer in the moving average of the seconds to the first token."""

_LATELY, _ENOUGH = 50, 5
"""The 95th percentile is that of the latest answers, once there are enough of them."""


class Observed:
    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self.breakers = Breakers(clock, rng)
        self.rate_limits = RateLimits(clock)
        self.refused = Refused()
        self._first_token_s: dict[str, float] = {}
        self._lately_s: dict[str, deque[float]] = {}

    def first_token(self, model: str, seconds: float) -> None:
        """A model began to answer after so long."""
        known = self._first_token_s.get(model, seconds)
        self._first_token_s[model] = known + _WEIGHT * (seconds - known)
        self._lately_s.setdefault(model, deque(maxlen=_LATELY)).append(seconds)

    def health(self, registry: Registry) -> Health:
        """As it is now. Latencies stand in it where they decide: for models that are one at several places."""
        paces = ((model.id, self._first_token_s.get(model.id)) for model in registry.models if model.deployment_of)
        return replace(
            self.breakers.health(registry.models),
            limits=self.rate_limits.left(registry),
            refused=self.refused.all(),
            first_token_s=tuple((model, round(seconds, 3)) for model, seconds in paces if seconds is not None),
            first_token_p95_s=tuple(self._p95(registry)),
        )

    def _p95(self, registry: Registry) -> Iterator[tuple[str, float]]:
        """By nearest rank, of models that answered often enough."""
        for model in registry.models:
            lately = sorted(self._lately_s.get(model.id, ()))
            if len(lately) >= _ENOUGH:
                yield model.id, round(lately[math.ceil(0.95 * len(lately)) - 1], 3)

    def reset(self) -> None:
        """The configuration changed: what was refused or closed may be open now."""
        self.breakers.reset()
        self.rate_limits.reset()
        self.refused.reset()
