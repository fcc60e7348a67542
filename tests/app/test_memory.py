"""What is looked at is not kept for ever."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from textual.strip import Strip
from textual.widgets._toast import ToastHolder

from app.chat import conversation
from routing.folding import Fold
from tests.app.driving import Driver, driven


async def look(driver: Driver, key: str, times: int) -> int:
    """Open and leave a page, and count the painted lines that are in memory."""
    for _ in range(times):
        await driver.press(key)
        await driver.pilot.pause(0.01)
        await driver.press("escape")
        await driver.pilot.pause(0.01)
    gc.collect()
    return sum(isinstance(one, Strip) for one in gc.get_objects())


@pytest.mark.parametrize("key", ["f1", "f5"])
async def test_a_page_that_was_left_is_forgotten(tmp_path: Path, key: str) -> None:
    """A page is about eighteen times its rows, and its scroll bars two times."""
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2 + 3?")
        before = await look(driver, key, 3)
        assert await look(driver, key, 5) - before < 5 * driver.app.size.height


async def test_a_turn_that_ended_long_ago_is_read_when_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_ENDED_KEPT", 2)
    async with driven(tmp_path) as driver:
        first = await driver.ask("What is 2 + 3?")
        told = driver.app.conversation.trace(first)
        reply = driver.app.conversation.reply(first)
        for _ in range(5):
            await driver.ask("What is 4 + 5?")
        gc.collect()
        assert sum(isinstance(one, Fold) for one in gc.get_objects()) < 5
        await driver.press("escape", "home")
        await driver.until(lambda: reply in driver.rows)
        read = driver.app.conversation.trace(first)
        assert (read.finished, read.spend_nusd, read.decision) == (told.finished, told.spend_nusd, told.decision)


async def test_toasts_that_made_room_for_others_are_forgotten(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for number in range(12):
            driver.app.say(f"This is the {number}th word.")
            await driver.pilot.pause(0.01)
        await driver.until(lambda: len(driver.app.screen.query(ToastHolder)) <= 2)
        gc.collect()
        assert sum(isinstance(one, ToastHolder) for one in gc.get_objects()) <= 3
        assert "11th" in str([*driver.app.screen.query("Toast")][-1].render())
