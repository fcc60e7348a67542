"""Caps in the client: the page that shows them, and the raise of the day's."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.screens.caps import CapsScreen
from app.settings import DEFAULT_CAP_NUSD
from routing.ledger.raising import read_raises
from tests.app.driving import Driver, driven

PROMPT = "What is 2+3?"


def shown(driver: Driver, width: int = 100) -> str:
    page = driver.app.screen
    assert isinstance(page, CapsScreen)
    return "\n".join(line.plain for line in page.lines(width))


async def opened(driver: Driver) -> str:
    await driver.send("/caps")
    await driver.until(lambda: isinstance(driver.app.screen, CapsScreen))
    return shown(driver)


async def test_the_page_tells_every_cap(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(PROMPT)
        text = await opened(driver)
        assert "Simulated dollars  profile balanced" in text
        assert "today's simulated cap" in text
        assert "of $2.00" in text
        assert "then: no simulated model with a price is asked until midnight" in text
        assert "a message, calls" in text
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, CapsScreen))


@pytest.mark.parametrize("width", [30, 60, 100])
async def test_every_line_fits_and_no_words_are_cut(tmp_path: Path, width: int) -> None:
    async with driven(tmp_path) as driver:
        await opened(driver)
        page = driver.app.screen
        assert isinstance(page, CapsScreen)
        assert all(line.cell_length <= width for line in page.lines(width))
        assert "$0.00 of $2.00" in shown(driver, width)
        words = " ".join(shown(driver, width).split())
        assert "until midnight; raise it for today" in words
        assert "the best draft stays" in words


async def test_a_raise_may_be_written_with_any_space(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.raise_cap("1.50\tthe report is due today")
        await driver.until(lambda: driver.toasts)
        assert [one.reason for one in driver.runtime.store.read(read_raises)] == ["the report is due today"]


async def test_a_raise_is_in_force_told_and_kept_with_its_reason(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ready()
        await driver.send("/raise 1.50 the report is due today")
        await driver.told("The cap on today's simulated spend is $1.50 higher until midnight.")
        await driver.until(
            lambda: driver.app.spending and driver.app.spending.cap_nusd == DEFAULT_CAP_NUSD + 1_500_000_000
        )
        (kept,) = driver.runtime.store.read(read_raises)
        assert (kept.reason, kept.simulated, kept.session) == (
            "the report is due today",
            True,
            driver.runtime.session.id,
        )
        assert "$1.50  the report is due today" in await opened(driver)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("", "Write /raise USD REASON"),
        ("much because I want it", "is not an amount"),
        ("1.50", "Say why in at least 10 characters"),
        ("-1 because I want it", "more than $0.00"),
        ("1e9 because I want it", "at most 10 times"),
    ],
)
async def test_a_raise_that_cannot_be_meant_is_answered(tmp_path: Path, words: str, answer: str) -> None:
    async with driven(tmp_path) as driver:
        await driver.ready()
        await driver.send(f"/raise {words}".strip())
        await driver.told(answer)
        assert driver.runtime.store.read(read_raises) == ()


async def test_a_reason_never_reaches_the_terminal_raw(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ready()
        driver.app.raise_cap("1 a reason with \x1b]52;c;aGk=\x07 in it")
        await driver.told("higher until midnight")
        assert "\x1b" not in await opened(driver)
