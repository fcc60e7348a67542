"""What is looked at is not kept for ever."""

from __future__ import annotations

import gc
from pathlib import Path

from textual.strip import Strip

from tests.app.driving import Driver, driven


async def look(driver: Driver, times: int) -> int:
    """Open and leave a page, and count the painted lines that are in memory."""
    for _ in range(times):
        await driver.press("f1")
        await driver.pilot.pause(0.01)
        await driver.press("escape")
        await driver.pilot.pause(0.01)
    gc.collect()
    return sum(isinstance(one, Strip) for one in gc.get_objects())


async def test_a_page_that_was_left_is_forgotten(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2 + 3?")
        before = await look(driver, 3)
        rows = driver.app.size.height
        assert await look(driver, 5) - before < 5 * 4 * rows, "a page is about eighteen times its rows"
