"""The circuit breaker of each provider: after three failures in a row it is left alone for a while.

Open for 15 s, doubled each time it fails again, at most 300 s; then one call is let through. A key that is refused
keeps it open until the configuration changes, a rate limit for as long as the provider said. Small windows on
purpose: the defaults of server libraries (100 calls) would never trip for one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.clock import Clock
from routing.decision.model import Closed, Health
from routing.errors import HANDLING, BreakerEffect, ErrorKind, ProviderError

_FAILURES = 3
_OPEN_S = 15.0
_OPEN_MAX_S = 300.0
_COOL_DOWN_S = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a breaker, to be told as an event."""

    state: Literal["open", "half_open", "closed"]
    why: str
    again_in_s: float | None


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    opened: int = 0
    until_s: float | None = 0.0
    why: str = ""
    probing: bool = False


class Breakers:
    """All providers' breakers, and the models that a provider no longer has."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[str, _Breaker] = {}
        self._gone: set[str] = set()

    def health(self, providers: frozenset[str]) -> Health:
        """Who may not be asked now. When that would be everybody, the one that opens first is asked all the same."""
        closed = [self._closed(name) for name in sorted(providers)]
        shut = [one for one in closed if one is not None]
        timed = [one for one in shut if one.again_in_s is not None]
        if len(shut) == len(providers) and timed:
            first = min(timed, key=lambda one: (one.again_in_s or 0.0, one.provider))
            shut = [one for one in shut if one is not first]
        return Health(tuple(shut), tuple(sorted(self._gone)))

    def open(self, provider: str) -> bool:
        return self._closed(provider) is not None

    def again_in_s(self, provider: str) -> float | None:
        closed = self._closed(provider)
        return None if closed is None else closed.again_in_s

    def called(self, provider: str) -> Change | None:
        """A call goes out. Through a breaker that was open it is the one probe: for as long as it may have opened,
        others stay away."""
        breaker = self._of.get(provider)
        if breaker is None or not breaker.why or breaker.probing:
            return None
        breaker.probing, breaker.until_s = True, self._clock.monotonic() + _OPEN_S
        return Change("half_open", "one call is let through", None)

    def failed(self, provider: str, model: str, error: ProviderError) -> Change | None:
        """Count a failure; returns the change if there is one."""
        if error.kind is ErrorKind.NOT_FOUND:
            self._gone.add(model)
        breaker = self._of.setdefault(provider, _Breaker())
        match HANDLING[error.kind].breaker:
            case BreakerEffect.NONE:
                return self.succeeded(provider)
            case BreakerEffect.OPEN:
                return self._open(breaker, None, f"{error.kind}, until the configuration changes")
            case BreakerEffect.COOL_DOWN:
                wait = error.retry_after_s if error.retry_after_s is not None else _COOL_DOWN_S
                return self._open(breaker, wait, "rate limit")
            case BreakerEffect.FAILURE:
                breaker.failures += 1
                if breaker.failures < _FAILURES and not breaker.opened:
                    return None
                wait = min(_OPEN_MAX_S, _OPEN_S * 2**breaker.opened)
                breaker.opened += 1
                return self._open(breaker, wait, f"{breaker.failures} failures in a row")

    def succeeded(self, provider: str) -> Change | None:
        """An answer came, if only to say what is wrong with the request: the breaker closes."""
        breaker = self._of.pop(provider, None)
        return Change("closed", "it answered", None) if breaker is not None and breaker.why else None

    def reset(self) -> None:
        """The configuration changed: forget what was."""
        self._of.clear()
        self._gone.clear()

    def _open(self, breaker: _Breaker, wait_s: float | None, why: str) -> Change:
        breaker.until_s = None if wait_s is None else self._clock.monotonic() + wait_s
        breaker.why, breaker.probing = why, False
        return Change("open", why, wait_s)

    def _closed(self, provider: str) -> Closed | None:
        breaker = self._of.get(provider)
        if breaker is None or not breaker.why:
            return None
        if breaker.until_s is None:
            return Closed(provider, breaker.why, None)
        left = breaker.until_s - self._clock.monotonic()
        return Closed(provider, breaker.why, round(left, 1)) if left > 0 else None
