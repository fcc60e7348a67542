"""What providers left of their rate limits with the last answer, kept until it is full again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from routing.clock import Clock
from routing.decision.model import Left
from routing.messages import RateLimit

_RESET_S = 60.0
"""When a provider does not say: limits are per minute."""


@dataclass(frozen=True, slots=True)
class _Known:
    remaining: int
    until_s: float


class RateLimits:
    """By model and kind of limit: services count each model, or each family of models, by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], _Known] = {}

    def announced(self, model: str, limits: Iterable[RateLimit]) -> None:
        """An answer of the model came with these."""
        now_s = self._clock.monotonic()
        for limit in limits:
            resets_in_s = _RESET_S if limit.resets_in_s is None else limit.resets_in_s
            self._known[model, limit.kind] = _Known(limit.remaining, now_s + resets_in_s)

    def left(self) -> tuple[Left, ...]:
        """What is known now, in a fixed order; a limit that is full again is forgotten."""
        now_s = self._clock.monotonic()
        self._known = {key: known for key, known in self._known.items() if known.until_s > now_s}
        return tuple(
            Left(model, kind, known.remaining, round(known.until_s - now_s, 1))
            for (model, kind), known in sorted(self._known.items())
        )

    def reset(self) -> None:
        """The configuration changed: forget what was."""
        self._known.clear()
