"""What is left of rate limits: of those that providers announce, as they told it with the last answer, and of those
that the registry states, counted here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from routing.clock import Clock
from routing.decision.model import Left
from routing.messages import RateLimit
from routing.registry.model import Model, Registry

_MINUTE_S = 60.0
"""What a limit counts, and when it is full again if a provider does not say."""


@dataclass(frozen=True, slots=True)
class _Known:
    remaining: int
    until_s: float


class RateLimits:
    """By model and kind of limit: services count each model, or each family of models, by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], _Known] = {}
        self._used: dict[tuple[str, str], deque[tuple[float, int]]] = {}

    def called(self, model: Model) -> None:
        """A call of the model goes out: one less, until its answer says what is left."""
        known = self._known.get((model.id, "requests"))
        if known is not None:
            self._known[model.id, "requests"] = _Known(max(0, known.remaining - 1), known.until_s)
        if model.requests_per_minute is not None:
            self._use(model.id, "requests", 1)

    def answered(self, model: Model, tokens: int) -> None:
        """An answer came; `tokens` went in and out."""
        if model.tokens_per_minute is not None:
            self._use(model.id, "tokens", tokens)

    def announced(self, model: str, limits: Iterable[RateLimit]) -> None:
        """An answer of the model came with these."""
        now_s = self._clock.monotonic()
        for limit in limits:
            resets_in_s = _MINUTE_S if limit.resets_in_s is None else limit.resets_in_s
            self._known[model, limit.kind] = _Known(limit.remaining, now_s + resets_in_s)

    def left(self, registry: Registry) -> tuple[Left, ...]:
        """What is known now, in a fixed order; a limit that is full again is forgotten."""
        now_s = self._clock.monotonic()
        self._known = {key: known for key, known in self._known.items() if known.until_s > now_s}
        announced = tuple(
            Left(model, kind, known.remaining, round(known.until_s - now_s, 1))
            for (model, kind), known in sorted(self._known.items())
        )
        return (*announced, *self._stated(registry, now_s)) if self._used else announced

    def reset(self) -> None:
        """The configuration changed: forget what was announced. What was used here stays used."""
        self._known.clear()

    def _use(self, model: str, kind: str, amount: int) -> None:
        self._used.setdefault((model, kind), deque()).append((self._clock.monotonic(), amount))

    def _stated(self, registry: Registry, now_s: float) -> Iterator[Left]:
        """The limits that the registry states, of models that were asked within the last minute."""
        for (model_id, kind), used in sorted(self._used.items()):
            while used and used[0][0] <= now_s - _MINUTE_S:
                used.popleft()
            model = registry.get(model_id)
            if model is None or not used:
                continue
            limit = model.requests_per_minute if kind == "requests" else model.tokens_per_minute
            if limit is not None:
                left = max(0, limit - sum(amount for _, amount in used))
                yield Left(model_id, kind, left, round(used[0][0] + _MINUTE_S - now_s, 1))
