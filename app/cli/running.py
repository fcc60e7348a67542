"""Running a command's coroutine so that Ctrl-C and SIGTERM end it well."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stop:
    """What a signal does: `ask` asks the command to end; `signal` is the one that came."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self.ask = ask
        self.signal: int | None = None


def run(main: Callable[[Stop], Coroutine[Any, Any, int]]) -> int:
    """Run to its end; returns its exit code, or 128 and the signal's number (130, 143)."""
    return asyncio.run(_supervised(main))


async def _supervised(main: Callable[[Stop], Coroutine[Any, Any, int]]) -> int:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    stop = Stop(task.cancel)

    def stopped(number: int) -> None:
        for known in _SIGNALS:
            loop.remove_signal_handler(known)  # a second one ends the program at once
        stop.signal = number
        stop.ask()

    with contextlib.suppress(NotImplementedError):  # Windows has no such handlers: Ctrl-C raises there
        for number in _SIGNALS:
            loop.add_signal_handler(number, stopped, number)
    try:
        code = await main(stop)
    except asyncio.CancelledError:
        if stop.signal is None:
            raise
        code = 0
    return code if stop.signal is None else 128 + stop.signal
