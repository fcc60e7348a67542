"""Turns of their own that a turn needs: to sum up a chat, to classify a request, to hear a second opinion."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from routing.events import Purpose
from routing.execution.turn import Turn
from routing.messages import Request
from routing.trace import Trace

Start = Callable[[Request, Purpose], Turn]


async def aside(start: Start, request: Request, purpose: Purpose) -> Trace:
    """What came of it, once it is settled. Who stops waiting stops it."""
    turn = start(request, purpose)
    try:
        await turn.wait()
    except asyncio.CancelledError:
        turn.cancel()
        await turn.wait()
        raise
    return turn.trace
