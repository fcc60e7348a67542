"""A superseded draft held against its answer, by key; and what copying says of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.chat.empty import STARTERS
from app.screens.compare import CompareScreen
from routing.events import Compared, Copied
from routing.ledger.signs import read_signs
from tests.app.driving import Driver, driven

CLIMBS = next(one.prompt for one in STARTERS if one.shows == "an escalation")


async def opened(driver: Driver, *keys: str) -> CompareScreen:
    await driver.press(*keys)
    await driver.until(lambda: isinstance(driver.app.screen, CompareScreen))
    screen = driver.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


async def climbed(driver: Driver) -> tuple[str, str, str]:
    """A turn whose draft was superseded: the turn, its last draft, the answer."""
    turn = await driver.ask(CLIMBS)
    *_, draft, answer = driver.app.conversation.trace(turn).attempts
    assert draft.outcome == "superseded"
    return turn, draft.id, answer.id


@pytest.mark.parametrize(
    ("key", "better", "sentence"),
    [("1", 0, "Noted: the draft, of sim-"), ("2", 1, "Noted: the answer, of sim-"), ("0", None, "no difference")],
)
async def test_a_key_says_which_is_better_and_the_strips_tell_it(
    tmp_path: Path, key: str, better: int | None, sentence: str
) -> None:
    async with driven(tmp_path) as driver:
        turn, *pair = await climbed(driver)
        await driver.press("escape")
        await opened(driver, "d")
        await driver.press(key)
        await driver.told(sentence)
        last = driver.events(turn)[-1]
        assert isinstance(last, Compared)
        assert [last.attempt, last.other] == pair
        assert last.better == (None if better is None else pair[better])
        if better is None:
            assert "better" not in driver.rows
        else:
            await driver.until(lambda: ("✗ worse", "✓ better")[better] in driver.rows)
            await driver.until(lambda: "1 comparison" in driver.panel_text("confidence"))


async def test_to_leave_says_nothing(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn, *_ = await climbed(driver)
        await driver.press("escape")
        await opened(driver, "d")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, CompareScreen))
        assert not any(isinstance(event, Compared) for event in driver.events(turn))


async def test_a_turn_without_a_draft_has_nothing_to_compare(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2 + 3?")
        await driver.send("/compare")
        await driver.told("Nothing to compare here")


async def test_a_chat_that_is_opened_again_is_compared_too(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn, draft, answer = await climbed(driver)
        chat = driver.app.chat_id
        assert chat is not None
    async with driven(tmp_path) as driver:
        driver.app.open_chat(chat)
        await driver.until(lambda: driver.app.conversation.turns == [turn])
        await driver.settle()
        driver.app.transcript.focus()
        driver.app.transcript.place_cursor(f"attempt/{draft}")
        await opened(driver, "d")
        await driver.press("1")
        await driver.told("Noted: the draft")
        assert {(one.attempt, one.good) for one in read_signs(driver.runtime.store)} == {(draft, True), (answer, False)}


async def test_copying_an_answer_is_noted_once_and_copying_a_prompt_is_not(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask("What is 2 + 3?")
        await driver.press("escape", "k", "k")
        assert driver.app.transcript.cursor == f"you/{turn}"
        await driver.press("c")
        await driver.told("clipboard" if any("clipboard" in toast for toast in driver.toasts) else "was handed")
        assert not any(isinstance(event, Copied) for event in driver.events(turn))
        await driver.press("j", "c")
        await driver.until(lambda: any(isinstance(event, Copied) for event in driver.events(turn)))
        await driver.press("c")
        await driver.until(lambda: len(driver.toasts) == 3)
        assert sum(isinstance(event, Copied) for event in driver.events(turn)) == 1
