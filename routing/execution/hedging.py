"""Two calls for one answer: when the first is late to begin, another provider is asked as well, and whoever begins
first goes on alone.

After Dean and Barroso, "The Tail at Scale" (2013): a second request after the 95th percentile costs little and takes
most of the tail away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from routing.execution.attempts import Step


@dataclass(frozen=True, slots=True)
class Hedge:
    """When to ask somebody else, and whom: `partner` chooses when the time has come, None when nobody is left; `asked`
    is told of the partner once a cap did not keep it away."""

    after_s: float
    partner: Callable[[], Step | None]
    asked: Callable[[Step], None]


def check(task: asyncio.Task[Any]) -> None:
    """Raise the fault of ours that ended it, if one did."""
    if task.done() and not task.cancelled():
        task.result()


class Race:
    """The tasks of two calls, of which the first to speak stops the other. `cut` is told of the lane that lost, once
    nothing runs in it, and before anything of the winner is told."""

    def __init__(self, cut: Callable[[str], None]) -> None:
        self.entering = asyncio.Lock()
        """Held while the second call is entered in the ledger: nothing is told of the first meanwhile, so that events
        stay in order."""
        self.winner: str | None = None
        self._cut = cut
        self._lanes: dict[str, asyncio.Task[Any]] = {}

    def enter(self, lane: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self._lanes[lane] = asyncio.create_task(work)
        return task

    async def speak(self, lane: str) -> None:
        """The call in this lane has something to say. Raises what went wrong inside the other."""
        async with self.entering:
            if self.winner is not None:
                return
            self.winner = lane
            for other, task in self._lanes.items():
                if other != lane:
                    task.cancel()
                    await asyncio.wait({task})
                    check(task)
                    self._cut(other)

    async def end(self) -> None:
        """Nothing runs any more."""
        for task in self._lanes.values():
            task.cancel()
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
