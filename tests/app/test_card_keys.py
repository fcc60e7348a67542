"""What a degraded turn's card offers, at its keys: ask again, now or by itself, take the draft, edit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app.cli.printing import printer
from app.controls.base import Launch
from app.history.conversation import continue_chat
from routing.events import Degraded, DraftTaken
from routing.messages import Request, TextPart
from tests.app.driving import QUICK, Driver, driven
from tests.app.traces import Script

DOWN = Launch(speed=0, seed=7, faults=("all:refuse",))
PROMPT = "What is 2+3?"
SIZES = [(120, 40), (80, 24)]


async def a_card(driver: Driver) -> str:
    """A prompt that nobody answers, and the focus on its card."""
    turn = await driver.ask(PROMPT)
    assert status(driver, turn) == "degraded"
    await driver.press("escape")
    return turn


def status(driver: Driver, turn: str) -> str:
    finished = driver.app.conversation.trace(turn).finished
    assert finished is not None
    return finished.status


def edge(driver: Driver) -> str:
    return str(driver.app.composer.border_title)


async def healed(driver: Driver) -> None:
    """The simulated providers answer again, and no breaker remembers."""
    simulator = driver.runtime.sources.simulator
    assert simulator is not None
    await simulator.set_fault("all", None)
    driver.runtime.router.observed.reset()


def has_moved_on(driver: Driver, turn: str) -> bool:
    """Another turn stands in the place of this one."""
    return driver.app.conversation.turns not in ([turn], [])


def pass_s(driver: Driver, seconds: int) -> None:
    for _ in range(seconds):
        driver.app.tick()


async def key(driver: Driver, letter: str) -> None:
    """Press a letter that waits for another, and wait until it has done what it does."""
    told = len(driver.toasts)
    await driver.press(letter)
    await driver.until(lambda: len(driver.toasts) > told)


@pytest.mark.parametrize("size", SIZES)
async def test_a_card_says_its_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async with driven(tmp_path, DOWN, size=size) as driver:
        turn = await a_card(driver)
        (degraded,) = [event for event in driver.events(turn) if isinstance(event, Degraded)]
        rows = " ".join(driver.rows.split())
        assert "r retry now · s ask again in" in rows
        assert "e edit (Esc leaves the composer)" in rows
        assert "take the draft" not in rows
        assert degraded.level == "static"


async def test_what_is_scheduled_counts_down_in_the_composers_edge_and_asks_in_the_place_of_the_card(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, DOWN) as driver:
        turn = await a_card(driver)
        height = driver.app.composer.size
        await key(driver, "s")
        await driver.told("while Pointsman runs and this chat is open")
        assert "again in" in edge(driver)
        assert driver.app.composer.size == height
        await healed(driver)
        pass_s(driver, 300)
        await driver.until(lambda: has_moved_on(driver, turn))
        await driver.settle()
        (again,) = driver.app.conversation.turns
        assert (status(driver, again), driver.app.conversation.prompt(again)) == ("answered", PROMPT)
        assert "again in" not in edge(driver)


@pytest.mark.parametrize("taking_back", ["s", "escape"])
async def test_it_is_taken_back(tmp_path: Path, taking_back: str) -> None:
    async with driven(tmp_path, DOWN) as driver:
        turn = await a_card(driver)
        await key(driver, "s")
        await key(driver, taking_back)
        await driver.told("Not asked again by itself")
        pass_s(driver, 300)
        await driver.pilot.pause()
        assert (driver.app.conversation.turns, "again in" in edge(driver)) == ([turn], False)


async def test_it_is_asked_three_times_at_most(tmp_path: Path) -> None:
    async with driven(tmp_path, DOWN) as driver:
        await a_card(driver)
        await key(driver, "s")
        for _ in range(3):
            (before,) = driver.app.conversation.turns
            pass_s(driver, 400)
            await driver.until(partial(has_moved_on, driver, before))
            await driver.settle()
        await driver.told("Asked 3 times by itself")
        last = driver.app.conversation.turns
        pass_s(driver, 400)
        await driver.settle()
        assert driver.app.conversation.turns == last


async def test_where_the_chat_went_on_it_is_asked_at_its_end(tmp_path: Path) -> None:
    async with driven(tmp_path, DOWN) as driver:
        turn = await a_card(driver)
        await key(driver, "s")
        await healed(driver)
        following = await driver.ask("What is 4+5?")
        pass_s(driver, 300)
        await driver.until(lambda: len(driver.app.conversation.turns) == 3)
        await driver.settle()
        assert driver.app.conversation.turns[:2] == [turn, following]
        assert driver.app.conversation.prompt(driver.app.conversation.turns[2]) == PROMPT


async def test_a_scheduled_prompt_waits_for_its_chat_to_be_open(tmp_path: Path) -> None:
    async with driven(tmp_path, DOWN) as driver:
        turn = await a_card(driver)
        chat = driver.app.chat_id
        await key(driver, "s")
        await driver.press("ctrl+n")
        await healed(driver)
        pass_s(driver, 300)
        assert (driver.app.conversation.turns, "again in" in edge(driver)) == ([], False)
        driver.app.open_chat(chat)
        await driver.until(lambda: driver.app.conversation.turns == [turn])
        pass_s(driver, 1)
        await driver.until(lambda: has_moved_on(driver, turn))
        await driver.settle()
        assert status(driver, driver.app.conversation.turns[0]) == "answered"


async def test_asking_by_hand_takes_the_place_of_the_schedule(tmp_path: Path) -> None:
    async with driven(tmp_path, DOWN) as driver:
        turn = await a_card(driver)
        await key(driver, "s")
        await driver.press("r")
        await driver.until(lambda: has_moved_on(driver, turn))
        await driver.settle()
        pass_s(driver, 1)
        assert "again in" not in edge(driver)


async def test_only_a_degraded_turn_is_scheduled_or_taken_from(tmp_path: Path) -> None:
    async with driven(tmp_path, QUICK) as driver:
        await driver.ask(PROMPT)
        await driver.press("escape")
        await key(driver, "s")
        await driver.told("Only a turn that is degraded")
        await key(driver, "o")
        await driver.told("There is no draft to take")
        assert "retry now" not in driver.rows


async def test_a_prompt_that_nobody_answered_can_be_edited(tmp_path: Path) -> None:
    async with driven(tmp_path, DOWN) as driver:
        await a_card(driver)
        await driver.press("e")
        await driver.until(lambda: driver.app.composer.text)
        assert driver.app.composer.text == PROMPT


async def test_a_prompt_that_a_cap_refused_can_be_edited(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("caps: {simulated_day_usd: 0.00000001}\n")
    async with driven(tmp_path, QUICK) as driver:
        turn = await driver.ask("Compare breadth-first and depth-first search.")
        assert status(driver, turn) == "degraded"
        await driver.press("escape", "e")
        await driver.until(lambda: driver.app.composer.text)


CUT = Launch(speed=0, seed=7, faults=("all:cut",))
LONG = "Compare breadth-first and depth-first search."


@pytest.mark.parametrize("size", SIZES)
async def test_a_draft_is_taken_for_the_answer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with driven(tmp_path, CUT, size=size) as driver:
        await take(driver, await driver.ask(LONG))


async def test_a_draft_of_an_earlier_run_is_taken(tmp_path: Path) -> None:
    async with driven(tmp_path, CUT) as driver:
        turn = await driver.ask(LONG)
    async with driven(tmp_path, replace(QUICK, resume="last")) as driver:
        await driver.until(lambda: driver.app.conversation.turns == [turn])
        await driver.settle()
        await take(driver, turn)


async def take(driver: Driver, turn: str) -> None:
    """Press the key of the card, and look at what it led to."""
    assert "o take the draft" in " ".join(driver.rows.split())
    await driver.press("escape")
    await key(driver, "o")
    await driver.told("Taken for the answer")
    await driver.settle()
    current = driver.app.conversation.trace(turn).current
    assert current is not None
    assert current.outcome == "taken"
    assert isinstance(driver.events(turn)[-1], DraftTaken)
    assert "✓ taken" in driver.rows
    assert "retry now" not in driver.rows
    asked = continue_chat(driver.runtime.store, Request((TextPart("And?"),), chat_id=driver.app.chat_id or ""))
    said = asked.history[-1].content[0]
    assert isinstance(said, TextPart)
    assert "broke off" not in said.text


def test_the_command_line_says_when_it_can_work(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script().degrade(0.3)
    script.finish(0.3, "degraded", attempt=None, model=None, reply="A card.", sentence="Nobody answered.")
    shown = printer(False)
    for event in script.events:
        shown.feed(event)
    assert shown.end() == 1
    assert capsys.readouterr().err.splitlines()[-2:] == ["Nobody answered.", "It can work again in 41 s."]
