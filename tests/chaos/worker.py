"""python -m tests.chaos.worker FOLDER: a program like the product's own that asks what it is told to.

Orders come in as lines of JSON, and every event that is published, but for text, goes out as one. Its clock runs
ten times as fast as the machine's: a breaker that rests for fifteen seconds rests for one and a half.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import app.runtime
from app.runtime import Runtime
from app.settings import Paths, read_settings
from app.sources import Wanted, find_providers
from routing import events as ev
from routing.clock import SystemClock
from routing.messages import Limits, ask
from routing.providers.discovery import Found

PACE = 10
_DELTAS = (ev.TextDelta, ev.ReasoningDelta, ev.ToolCallDelta)


class QuickClock(SystemClock):
    def monotonic(self) -> float:
        return super().monotonic() * PACE

    async def sleep(self, s: float) -> None:
        await super().sleep(s / PACE)


async def main(folder: Path) -> None:
    app.runtime.SystemClock = QuickClock
    paths = Paths(folder / "data", folder / "config" / "config.yaml")
    settings = read_settings(paths)
    runtime = await Runtime.open(paths, settings, program="chaos")
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell({"ready": runtime.session.id})
    try:
        async with asyncio.TaskGroup() as turns:
            while line := await reader.readline():
                order = json.loads(line)
                if order["mend"]:
                    await mend(runtime, await find_providers(paths, settings, Wanted()))
                turns.create_task(carry_out(runtime, order))
    finally:
        await runtime.aclose()


async def mend(runtime: Runtime, known: Sequence[Found]) -> None:
    """As a user does who was told of a wrong key, or of a provider that could not be reached when the program began."""
    missing = {one.config.name for one in runtime.sources.checked if one.problem is not None}
    for found in known:
        if found.config.name in missing:
            await runtime.join(found)
    router = runtime.router
    router.configure(replace(router.setup, providers=dict(router.setup.providers)))


async def carry_out(runtime: Runtime, order: dict[str, Any]) -> None:
    router, tag = runtime.router, order["tag"]
    caps = replace(router.setup.caps, simulated_day_nusd=order["day_nusd"])
    router.configure(replace(router.setup, caps=caps))
    limits = Limits(credit_nusd=order["credit_nusd"])
    turn = router.start(ask(order["prompt"], chat_id=order["chat"], limits=limits))
    if order["cancel_after_s"] is not None:
        asyncio.get_running_loop().call_later(order["cancel_after_s"], turn.cancel)
    try:
        async for event in turn.events():
            if not isinstance(event, _DELTAS):
                tell({"tag": tag, "turn": event.turn, "seq": event.seq, "type": event.type})
            if isinstance(event, ev.TurnFinished):
                tell({"tag": tag, "done": event.status})
    except Exception as fault:  # noqa: BLE001 - whatever it is, the turn broke and the program goes on
        last = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        tell({"tag": tag, "fault": f"{type(fault).__name__}: {fault} at {where}"})


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
