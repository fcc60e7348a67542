"""`python -m scripts.screenshot` draws docs/screenshot.svg: the real client at 120x40, through an escalation.

Simulated providers answer, whatever keys there are, and the ledger is thrown away.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from app.chat.empty import STARTERS
from app.client import Client
from app.controls.base import Launch
from app.settings import Paths, Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screenshot.svg"
SIZE = (120, 40)
PROMPTS = tuple(starter.prompt for starter in STARTERS[:2])
"""A cheap answer, then an escalation, as the first screen offers them."""

_NO_FAULT = "sim-south:empty:1"
"""Naming a fault calls for simulated providers; the first call goes to the other one and meets none."""
_PATIENCE_S = 60.0
# The picture must ask nobody for a font: every viewer has a monospaced one.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def draw() -> str:
    """The screen as SVG. Raises TimeoutError when no answer comes."""
    with tempfile.TemporaryDirectory(prefix="pointsman-screenshot-") as folder:
        paths = Paths(Path(folder) / "data", Path(folder) / "config" / "config.yaml")
        client = Client(paths, Settings(), Launch(faults=(_NO_FAULT,), seed=1))
        async with client.run_test(size=SIZE) as pilot:
            await _until(pilot, lambda: client.runtime is not None)
            for turns, prompt in enumerate(PROMPTS, start=1):
                client.composer.write(prompt)
                await pilot.press("enter")
                await _until(pilot, partial(_answered, client, turns))
            await pilot.pause(0.5)
            return _FONT_FACE.sub("", client.export_screenshot(title="Pointsman"))


def _answered(client: Client, turns: int) -> bool:
    trace = client.selected_trace
    ended = trace is not None and not trace.live and client.running is None
    return ended and len(client.conversation.turns) == turns


async def _until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not holds():
            await pilot.pause(0.05)


def main() -> None:
    """Draw the picture where the README looks for it."""
    TARGET.write_text(asyncio.run(draw()), encoding="utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
