"""A turn's events on their way out: stamped, committed to the ledger, then published to whoever looks on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from routing import events as ev
from routing.budget.caps import Limit
from routing.clock import Clock
from routing.folding import Fold
from routing.ledger.journal import Journal
from routing.ledger.projections import CapExceededError
from routing.trace import Trace

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=ev.Event)
_FLUSH_S = 0.25
_FLUSH_CHARACTERS = 4096
_DIGITS = 3
"""Stamps are whole milliseconds, which is what the ledger keeps of a delta."""


async def uninterrupted(work: Awaitable[T], then: Callable[[T], R]) -> R:
    """Wait for `work` to its end and do what follows even when cancelled, and only then pass the cancellation on: what
    the ledger was told is always known."""
    future = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
        except BaseException:  # noqa: BLE001 - raised again by result() below
            pass
    answer = then(future.result())  # what failed comes first: after it the ledger is told nothing more
    if cancelled is not None:
        raise cancelled
    return answer


class Recorder:
    """Stamps events of one turn, in order. Readers get every event from the first, at their own pace."""

    def __init__(self, turn: str, journal: Journal, clock: Clock) -> None:
        self.turn = turn
        self._journal = journal
        self._clock = clock
        self._began_s = clock.monotonic()
        self._began_wall_s = round(clock.wall(), _DIGITS)
        self._seq = 0
        self._noted: list[Any] = []
        self._deltas: list[ev.Delta] = []
        self._delta_characters = 0
        self._delta_since_s = 0.0
        self._published: list[Any] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._closed = False
        self._error: BaseException | None = None
        self._fold = Fold(turn)

    @property
    def elapsed_s(self) -> float:
        return self._clock.monotonic() - self._began_s

    @property
    def trace(self) -> Trace:
        """What the published and noted events amount to."""
        return self._fold.trace

    def text(self, attempt: str) -> str:
        return self._fold.text(attempt)

    def make(self, kind: type[E], /, **fields: Any) -> E:
        """The next event of the turn, stamped. Wall time follows the monotonic clock: within a turn it never jumps."""
        self._seq += 1
        at_s = round(self.elapsed_s, _DIGITS)
        wall_s = round(self._began_wall_s + at_s, _DIGITS)
        stamp: dict[str, Any] = {"turn": self.turn, "seq": self._seq, "at_s": at_s, "wall_s": wall_s}
        return kind(**stamp, **fields)

    def note(self, kind: type[E], /, **fields: Any) -> E:
        """An event that goes out with the next commit."""
        event = self.make(kind, **fields)
        self._noted.append(event)
        self._fold.feed(event)
        return event

    async def commit(self) -> None:
        """Store what was noted, and text not yet stored, then publish."""
        if self._noted or self._deltas:
            noted, deltas = self._take_noted(), self._take_deltas()
            await uninterrupted(self._journal.commit(noted, deltas), lambda _: self._publish(noted))

    async def reserve(
        self, entering: Sequence[ev.Event], *, limits: Sequence[Limit], credit_nusd: int
    ) -> CapExceededError | None:
        """Commit what was noted; then hold the money and store and publish `entering` (a `Reserved`, the start of its
        attempt, and the move that led there), the newest events made. Refused, they never were."""
        noted, deltas = self._take_noted(), self._take_deltas()

        def told(refusal: CapExceededError | None) -> CapExceededError | None:
            if refusal is None:
                for event in entering:
                    self._fold.feed(event)
                self._publish((*noted, *entering))
            else:
                self._seq -= len(entering)
                self._publish(noted)
            return refusal

        reserved = self._journal.reserve(noted, entering, deltas, limits=limits, credit_nusd=credit_nusd)
        return await uninterrupted(reserved, told)

    def delta(self, event: ev.Delta) -> None:
        """Publish text at once; store it in batches."""
        now = self._clock.monotonic()
        if not self._deltas:
            self._delta_since_s = now
        self._deltas.append(event)
        self._delta_characters += 0 if isinstance(event, ev.ToolCallDelta) else len(event.text)
        self._fold.feed(event)
        self._publish((event,))
        if self._delta_characters >= _FLUSH_CHARACTERS or now - self._delta_since_s >= _FLUSH_S:
            self._journal.keep(self._take_deltas())

    def close(self, error: BaseException | None = None) -> None:
        """No event comes any more; `error` is raised to readers (the ledger failed)."""
        self._closed, self._error = True, error
        self._wake()

    async def events(self) -> AsyncIterator[ev.Event]:
        """Every event from the first; ends with the turn. A reader that stops changes nothing."""
        at = 0
        while True:
            while at < len(self._published):
                yield self._published[at]
                at += 1
            if self._closed:
                if self._error is not None:
                    raise self._error
                return
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter

    def _take_noted(self) -> list[Any]:
        noted, self._noted = self._noted, []
        return noted

    def _take_deltas(self) -> list[ev.Delta]:
        deltas, self._deltas, self._delta_characters = self._deltas, [], 0
        return deltas

    def _publish(self, events: Any) -> None:
        self._published.extend(events)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
