"""python -m tests.soak.program FOLDER N PROMPT: N turns, one after the other; a line of JSON for each."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from app.runtime import Runtime
from app.settings import Paths, read_settings
from routing import events as ev
from routing.messages import ask


async def main(folder: Path, number: int, prompt: str) -> None:
    paths = Paths(folder / "data", folder / "config.yaml")
    runtime = await Runtime.open(paths, read_settings(paths), program="soak")
    try:
        for _ in range(number):
            events = [event async for event in runtime.router.send(ask(prompt, chat_id=runtime.new_id()))]
            end = events[-1]
            assert isinstance(end, ev.TurnFinished)
            capped = sum(isinstance(event, ev.CapReached) for event in events)
            print(json.dumps({"status": end.status, "spend_nusd": end.spend_nusd, "capped": capped}), flush=True)
    finally:
        await runtime.aclose()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
