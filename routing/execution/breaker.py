"""Circuit breakers for one person's traffic: of each model, and of each provider as a whole.

A breaker looks at its last ten outcomes and opens after three failures in a row, or when half of at least four calls
failed. It rests for 15 s, doubled each time that it opens again, at most 300 s (± 10 %, so that programs do not come
back together); then one call is let through, whose answer closes it. A key that is refused keeps it open until the
configuration changes, a rate limit for as long as the provider said. Small windows on purpose: the defaults of server
libraries (100 calls) would never trip for one person.

What a failure speaks of stands in `HANDLING`. One of a model counts for its model alone, so that the others go on;
against the provider it counts once a second model has failed and not answered since.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from routing.clock import Clock
from routing.decision.model import Closed, Health
from routing.errors import HANDLING, BreakerEffect, ErrorKind, ProviderError
from routing.registry.model import Model

WINDOW = 10
LEAST = 4
IN_A_ROW = 3
OPEN_S = 15.0
OPEN_MAX_S = 300.0
JITTER = 0.1
STRETCH = 5
"""Answers in a row, after which the next rest is halved again."""
_COOL_DOWN_S = 10.0
_RATE_LIMIT = "rate limit"
_SAYS_NOTHING = frozenset({ErrorKind.CANCELLED, ErrorKind.INTERRUPTED})

State = Literal["open", "half_open", "closed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a breaker, to be told as an event. `model` None: the whole provider's."""

    provider: str
    model: str | None
    state: State
    why: str
    again_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a call went. `certain`: a failure of all that the breaker guards, not perhaps of one model only."""

    model: str
    good: bool
    certain: bool = True


@dataclass(slots=True)
class _Breaker:
    """One state machine. It knows how long its next rest is, not what the time is."""

    state: State = "closed"
    until_s: float | None = 0.0
    why: str = ""
    outcomes: deque[_Outcome] = field(default_factory=lambda: deque(maxlen=WINDOW))
    reopened: int = 0
    answers: int = 0

    def rests(self, now_s: float) -> bool:
        return self.state != "closed" and (self.until_s is None or self.until_s > now_s)

    def rest(self, until_s: float | None, why: str) -> bool:
        """Open; what rests already rests for the longer of the two. Returns whether that is news."""
        if self.state != "open":
            self.state, self.until_s, self.why = "open", until_s, why
            return True
        if self.until_s is None:
            return False
        news = until_s is None
        if until_s is None or until_s > self.until_s:
            self.until_s, self.why = until_s, why
        return news

    def called(self, now_s: float) -> bool:
        """A call goes out. Through a breaker that is open it is the one probe: for as long as the first rest, others
        stay away. Returns whether it is half open now and was not."""
        if self.state == "closed":
            return False
        opened = self.state == "open"
        if opened or not self.rests(now_s):
            self.state, self.until_s = "half_open", now_s + OPEN_S
        return opened

    def untold(self, now_s: float) -> None:
        """The probe told nothing about what is guarded here: the next call is one too."""
        if self.state == "half_open":
            self.until_s = now_s

    def answered(self, model: str) -> bool:
        """Returns whether it closed. An answer to what was asked before it opened changes nothing."""
        if self.state == "half_open":
            self.state, self.why, self.answers = "closed", "", 0
            self.outcomes.clear()
            return True
        if self.state == "closed":
            self.outcomes.append(_Outcome(model, good=True))
            self.answers += 1
            if self.answers % STRETCH == 0:
                self.reopened = max(0, self.reopened - 1)
        return False

    def failed(self, outcome: _Outcome, now_s: float) -> str | None:
        """Why it has to open, or None."""
        if self.state == "open":
            return None
        self.outcomes.append(outcome)
        self.answers = 0
        counted = _counted(self.outcomes)
        if not counted or counted[-1] is not outcome:
            self.untold(now_s)
            return None
        return "it failed again" if self.state == "half_open" else _verdict(counted)

    def next_rest_s(self, rng: random.Random) -> float:
        """15 s · 2^k, at most 300 s, ± 10 %; each call doubles the next."""
        wait_s = min(OPEN_MAX_S, OPEN_S * 2.0**self.reopened) * rng.uniform(1 - JITTER, 1 + JITTER)
        self.reopened = min(self.reopened + 1, WINDOW)
        return wait_s


def _counted(outcomes: Iterable[_Outcome]) -> list[_Outcome]:
    """The outcomes that tell of all that is guarded: failures of models count when two have failed and not answered
    since."""
    outcomes = list(outcomes)
    failing: set[str] = set()
    for one in outcomes:
        if one.good:
            failing.discard(one.model)
        elif not one.certain:
            failing.add(one.model)
    return [one for one in outcomes if one.good or one.certain or len(failing) > 1]


def _verdict(outcomes: Sequence[_Outcome]) -> str | None:
    last = outcomes[-IN_A_ROW:]
    if len(last) == IN_A_ROW and not any(one.good for one in last):
        return f"{IN_A_ROW} failures in a row"
    failures = sum(not one.good for one in outcomes)
    if len(outcomes) >= LEAST and 2 * failures >= len(outcomes):
        return f"{failures} of {len(outcomes)} calls failed"
    return None


class Breakers:
    """All breakers by provider and model, and the models that a provider no longer has."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._of: dict[tuple[str, str | None], _Breaker] = {}
        self._gone: set[str] = set()

    def health(self, models: Iterable[Model]) -> Health:
        """Which providers and models may not be asked now, in a fixed order: a provider before its models."""
        ids = {(model.provider, model.id) for model in models}
        keys: list[tuple[str, str | None]] = sorted({(provider, "") for provider, _ in ids} | ids)
        shut = [closed for provider, model in keys if (closed := self._closed(provider, model or None)) is not None]
        return Health(tuple(shut), tuple(sorted(self._gone)))

    def open(self, provider: str, model: str | None = None) -> bool:
        """Whether the provider rests or, where one is named, its model does."""
        return any(self._closed(provider, one) is not None for one in {None, model})

    def again_in_s(self, provider: str, model: str | None = None) -> float | None:
        """When both may be asked again; None when they may now, or not until the configuration changes."""
        resting = [closed for one in {None, model} if (closed := self._closed(provider, one)) is not None]
        waits = [closed.again_in_s for closed in resting if closed.again_in_s is not None]
        return max(waits) if waits and len(waits) == len(resting) else None

    def called(self, provider: str, model: str) -> tuple[Change, ...]:
        """A call goes out: a probe, where its provider or model rests."""
        now_s = self._clock.monotonic()
        return tuple(
            Change(provider, one, "half_open", "one call is let through")
            for one in (None, model)
            if self._get(provider, one).called(now_s)
        )

    def failed(self, provider: str, model: str, error: ProviderError) -> tuple[Change, ...]:
        """Count a failure; returns what changed."""
        if error.kind is ErrorKind.NOT_FOUND:
            self._gone.add(model)
        handling = HANDLING[error.kind]
        match handling.breaker:
            case BreakerEffect.NONE if error.kind in _SAYS_NOTHING:
                self._untold(provider, None, model)
                return ()
            case BreakerEffect.NONE:
                return self.succeeded(provider, model)
            case BreakerEffect.FAILURE:
                return self._count(provider, model, handling.whole_provider)
            case BreakerEffect.COOL_DOWN:
                wait_s = error.retry_after_s if error.retry_after_s is not None else _COOL_DOWN_S
                self._untold(provider, model)
                return self._rest(provider, None, wait_s, _RATE_LIMIT)
            case BreakerEffect.OPEN:
                why = f"{error.kind}, until the configuration changes"
                if handling.whole_provider:
                    return self._rest(provider, None, None, why)
                return (*self._answered(provider, model, None), *self._rest(provider, model, None, why))

    def succeeded(self, provider: str, model: str) -> tuple[Change, ...]:
        """An answer came, if only to say what is wrong with the request: probes close what they were let through."""
        return self._answered(provider, model, None, model)

    def reset(self) -> None:
        """The configuration changed: forget what was."""
        self._of.clear()
        self._gone.clear()

    def _count(self, provider: str, model: str, whole_provider: bool) -> tuple[Change, ...]:
        changes = self._failed(provider, None, _Outcome(model, good=False, certain=whole_provider))
        if whole_provider:
            self._untold(provider, model)
            return changes
        return (*self._failed(provider, model, _Outcome(model, good=False)), *changes)

    def _failed(self, provider: str, model: str | None, outcome: _Outcome) -> tuple[Change, ...]:
        breaker = self._get(provider, model)
        why = breaker.failed(outcome, self._clock.monotonic())
        return () if why is None else self._rest(provider, model, breaker.next_rest_s(self._rng), why)

    def _rest(self, provider: str, model: str | None, wait_s: float | None, why: str) -> tuple[Change, ...]:
        until_s = None if wait_s is None else self._clock.monotonic() + wait_s
        if not self._get(provider, model).rest(until_s, why):
            return ()
        return (Change(provider, model, "open", why, None if wait_s is None else round(wait_s, 1)),)

    def _answered(self, provider: str, model: str, *guards: str | None) -> tuple[Change, ...]:
        return tuple(
            Change(provider, one, "closed", "it answered") for one in guards if self._get(provider, one).answered(model)
        )

    def _untold(self, provider: str, *guards: str | None) -> None:
        for one in guards:
            self._get(provider, one).untold(self._clock.monotonic())

    def _get(self, provider: str, model: str | None) -> _Breaker:
        return self._of.setdefault((provider, model), _Breaker())

    def _closed(self, provider: str, model: str | None) -> Closed | None:
        breaker, now_s = self._of.get((provider, model)), self._clock.monotonic()
        if breaker is None or not breaker.rests(now_s):
            return None
        left_s = None if breaker.until_s is None else round(max(0.0, breaker.until_s - now_s), 1)
        return Closed(provider, breaker.why, left_s, model, announced=breaker.why == _RATE_LIMIT)
