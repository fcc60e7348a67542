"""Any size of terminal: one shape at a time, every panel within reach, the composer always there, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import layout
from tests.app.driving import Driver, driven

SIZES = [(120, 40), (80, 24), (60, 18), (20, 5), (1, 1), (200, 12), (40, 60), (120, 40)]


def shape(driver: Driver) -> tuple[bool, int]:
    """Is there a rail, and how many lines of state."""
    home = driver.app.screen_stack[0]
    status = home.query_one("#status")
    return bool(home.query_one("#rail").display), status.region.height if status.display else 0


async def test_a_terminal_that_changes_its_size_loses_nothing(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask("What is 2+3?")
        driver.app.composer.write("half a thought")
        await driver.until(lambda: "next" in driver.panel_text("spend"))
        first = driver.app.transcript.message_source(f"you/{turn}"), driver.panels()
        for width, height in SIZES:
            await driver.pilot.resize_terminal(width, height)
            await driver.settle()
            assert driver.app.composer.text == "half a thought"
            assert driver.app.composer.display
            assert driver.app.composer.has_focus
            assert driver.app.screen_stack[0].has_class(f"-{layout.mode(width, height)}")
        assert shape(driver) == (True, 0)
        assert (driver.app.transcript.message_source(f"you/{turn}"), driver.panels()) == first
        assert "What is 2+3?" in driver.rows


@pytest.mark.parametrize(
    ("size", "shown"), [((120, 40), (True, 0)), ((100, 28), (True, 0)), ((80, 24), (False, 2)), ((60, 18), (False, 1))]
)
async def test_state_is_shown_in_the_rail_or_in_lines(
    tmp_path: Path, size: tuple[int, int], shown: tuple[bool, int]
) -> None:
    async with driven(tmp_path, size=size) as driver:
        await driver.ask("What is 2+3?")
        assert shape(driver) == shown
        assert driver.app.composer.region.height >= 3


async def test_the_smallest_screen_still_takes_a_prompt_and_shows_the_answer(tmp_path: Path) -> None:
    async with driven(tmp_path, size=(20, 5)) as driver:
        turn = await driver.ask("What is 2+3?")
        assert "5" in driver.app.conversation.reply(turn)
        assert driver.app.composer.region.height >= 1
        assert driver.app.composer.region.bottom <= 5


async def test_a_list_and_a_page_live_through_a_change_of_size(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        for key in ("f2", "f3", "f1", "f5"):
            await driver.press(key)
            await driver.until(lambda: len(driver.app.screen_stack) == 2)
            for width, height in ((20, 5), (1, 1), (120, 40)):
                await driver.pilot.resize_terminal(width, height)
            await driver.press("escape")
            await driver.until(lambda: len(driver.app.screen_stack) == 1)
        await driver.settle()
        assert "2+3" in driver.rows


@given(st.integers(1, 250), st.integers(1, 80))
def test_state_has_exactly_one_place_and_fits(width: int, height: int) -> None:
    mode = layout.mode(width, height)
    assert bool(layout.rail_panels(mode)) != bool(layout.status_rows(mode))
    assert bool(layout.rail_width(mode)) == bool(layout.rail_panels(mode))
    assert layout.rail_width(mode) < width / 2
    assert 0 < layout.drawer_rows(mode, height) <= height
