"""Rate limits that a simulated provider keeps and announces: so many requests and tokens a minute."""

from __future__ import annotations

from dataclasses import dataclass

from routing.clock import Clock
from routing.simulator.wire.contract import Standing

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What each provider serves in a minute."""

    requests: int
    tokens: int


@dataclass(slots=True)
class _Window:
    began_s: float
    requests: int = 0
    tokens: int = 0


class Meter:
    """Counts for each provider, in windows of a minute that begin with a request. Without limits it counts nothing."""

    def __init__(self, limits: Limits | None, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._windows: dict[str, _Window] = {}

    def wait_s(self, provider: str) -> float:
        """How long until there is room for a request; 0 where there is."""
        window = self._window(provider)
        if self._limits is None or window is None:
            return 0.0
        full = window.requests >= self._limits.requests or window.tokens >= self._limits.tokens
        return self._left_s(window) if full else 0.0

    def count(self, provider: str, tokens: int) -> None:
        """A request was taken, with so many tokens in it."""
        if self._limits is None:
            return
        window = self._window(provider)
        if window is None:
            window = self._windows[provider] = _Window(self._clock.monotonic())
        window.requests += 1
        window.tokens += tokens

    def standings(self, provider: str) -> tuple[Standing, ...]:
        """What is left, to be announced."""
        if self._limits is None:
            return ()
        window = self._window(provider) or _Window(self._clock.monotonic())
        used = (("requests", self._limits.requests, window.requests), ("tokens", self._limits.tokens, window.tokens))
        left_s = self._left_s(window)
        return tuple(Standing(kind, limit, max(0, limit - count), left_s) for kind, limit, count in used)

    def _window(self, provider: str) -> _Window | None:
        """The window that is open."""
        window = self._windows.get(provider)
        return window if window is not None and self._left_s(window) > 0 else None

    def _left_s(self, window: _Window) -> float:
        return max(0.0, window.began_s + WINDOW_S - self._clock.monotonic())
