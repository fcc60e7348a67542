"""How many extra calls there may be: retries by the minute, hedges by the turn."""

from __future__ import annotations

from collections import deque

from routing.clock import Clock

_WINDOW_S = 60.0
_SHARE = 0.2
_TURNS = 100


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


class HedgeBudget:
    """Of the last hundred turns at most a share may have been hedged; in a quiet stretch one always may."""

    def __init__(self) -> None:
        self._turns: deque[bool] = deque(maxlen=_TURNS)

    def turn(self) -> None:
        """A turn that could be hedged begins."""
        self._turns.append(False)

    def take(self, share: float) -> bool:
        """Whether one more hedge fits; if so it is counted."""
        if not self._turns or sum(self._turns) >= max(1, int(len(self._turns) * share)):
            return False
        turns = range(len(self._turns))
        self._turns[next(turn for turn in reversed(turns) if not self._turns[turn])] = True
        return True
