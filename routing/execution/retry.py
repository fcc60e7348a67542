"""When the same model is called once more, and after what wait. There is no other retry in the product."""

from __future__ import annotations

import random
from collections import deque

from routing.clock import Clock
from routing.errors import HANDLING, ProviderError, RetryWhen

_BASE_S = 0.5
_CAP_S = 4.0
_LONGEST_WAIT_S = 5.0
_WINDOW_S = 60.0
_SHARE = 0.2


class RetryBudget:
    """At most a fifth of the calls of the last minute may be retries; one always may (Finagle's budget, in the
    shape that .NET gives it for few calls)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()

    def called(self) -> None:
        self._calls.append(self._clock.monotonic())

    def take(self) -> bool:
        """Whether one more retry fits; if so it is counted."""
        now = self._clock.monotonic()
        for times in (self._calls, self._retries):
            while times and times[0] < now - _WINDOW_S:
                times.popleft()
        if len(self._retries) >= max(1, int(len(self._calls) * _SHARE)):
            return False
        self._retries.append(now)
        return True


def retry_wait_s(
    error: ProviderError, *, tries: int, retries: int, shown: bool, time_left_s: float, rng: random.Random
) -> float | None:
    """Seconds until the same model may be asked again, or None.

    `tries` counts calls of this model so far. The wait is full jitter, U(0, min(4, 0.5 · 2^n)); one that the provider
    asks for is kept when it is short, at most 5 s and a third of the time left, and a reason to go elsewhere when it
    is longer.
    """
    when = HANDLING[error.kind].retry
    if tries > retries or when is RetryWhen.NEVER or (when is RetryWhen.BEFORE_FIRST_TOKEN and shown):
        return None
    asked_s = error.retry_after_s
    if asked_s is not None:
        return asked_s if asked_s <= min(_LONGEST_WAIT_S, time_left_s / 3) else None
    if when is RetryWhen.IF_SHORT_WAIT:
        return None
    return rng.uniform(0, min(_CAP_S, _BASE_S * 2 ** (tries - 1)))
