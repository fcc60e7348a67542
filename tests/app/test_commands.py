"""What words and keys change: profile, model, tags, faults, colours, panels; and that they say what they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.controls.base import Launch
from app.screens.faults import FaultsScreen
from app.screens.page import Page
from app.screens.profiles import ProfilesScreen
from app.themes import load_themes
from routing.events import TurnStarted
from tests.app.driving import Driver, driven

PROMPT = "What is 2+3?"


def started(driver: Driver, turn: str) -> TurnStarted:
    event = driver.events(turn)[0]
    assert isinstance(event, TurnStarted)
    return event


async def test_a_profile_is_in_force_from_the_next_message(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first = await driver.ask(PROMPT)
        await driver.press("f2")
        await driver.until(lambda: isinstance(driver.app.screen, ProfilesScreen))
        await driver.press(*"quality", "enter")
        await driver.told("In force from the next message")
        assert "quality" in driver.header
        second = await driver.ask(PROMPT)
        assert (started(driver, first).profile, started(driver, second).profile) == ("balanced", "quality")


async def test_a_running_turn_keeps_its_profile(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=8, seed=7, faults=("all:slow:1",))) as driver:
        await driver.send(PROMPT)
        await driver.until(lambda: driver.app.running is not None)
        await driver.send("/profile private")
        await driver.until(lambda: "private" in driver.header)
        await driver.settle()
        assert started(driver, driver.app.conversation.turns[0]).profile == "balanced"


async def test_a_profile_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("/profile qualty")
        told = await driver.told("There is no profile 'qualty'")
        assert "balanced" in told
        assert driver.app.profile == "balanced"


async def test_a_pinned_model_is_asked_until_it_is_let_go(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        large = next(model.id for model in driver.runtime.sources.registry.models if model.tier == "large")
        await driver.send(f"/model {large}")
        await driver.until(lambda: f"pinned {large}" in driver.header)
        pinned = await driver.ask(PROMPT)
        assert [attempt.model for attempt in driver.app.conversation.trace(pinned).attempts] == [large]
        await driver.send("/model")
        await driver.until(lambda: len(driver.app.screen_stack) == 2)
        await driver.press("enter")
        await driver.told("The router chooses again")
        free = await driver.ask(PROMPT)
        assert driver.app.conversation.trace(free).attempts[0].model != large
        await driver.send("/model no-such-model")
        await driver.told("No model is called 'no-such-model'")


async def test_tags_go_with_the_next_prompts(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("/tag private")
        await driver.told("private=yes")
        turn = await driver.ask(PROMPT)
        assert started(driver, turn).request.tags == (("private", "yes"),)
        local = {model.id for model in driver.runtime.sources.registry.models if model.local}
        assert {attempt.model for attempt in driver.app.conversation.trace(turn).attempts} <= local
        await driver.send("/tag private=")
        await driver.told("Tags: none")
        await driver.send("/tag privat")
        await driver.told("No rule reads the tag 'privat': write 'private'.")
        await driver.send("/tag privat=")
        await driver.send("/tag two words")
        await driver.told("A tag is NAME or NAME=VALUE")


async def test_a_provider_is_broken_and_mended_by_word(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("/fault all:refuse")
        await driver.told("all: refuse")
        turn = await driver.ask(PROMPT)
        finished = driver.app.conversation.trace(turn).finished
        assert finished is not None
        assert finished.status == "degraded"
        assert "mend the simulated faults (`/fault all:`" in finished.reply
        assert "degraded" in driver.rows
        await driver.send("/fault all:")
        await driver.told("all: mended")
        await driver.send("/fault nowhere:500")
        await driver.told('"nowhere:500" is not a fault')


async def test_a_provider_is_broken_by_key(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("f6")
        await driver.until(lambda: isinstance(driver.app.screen, FaultsScreen))
        await driver.press(*"north 500", "enter")
        await driver.told("sim-north: 500")
        simulator = driver.runtime.sources.simulator
        assert simulator is not None
        fault = simulator.fault("sim-north")
        assert fault is not None
        assert fault.kind == "500"
        await driver.press("f6")
        await driver.until(lambda: isinstance(driver.app.screen, FaultsScreen))
        await driver.press(*"mend", "enter")
        await driver.told("sim-north: mended")
        assert simulator.fault("sim-north") is None


async def test_colours_change_at_once_and_a_theme_that_does_not_exist_changes_none(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(PROMPT)
        for name in load_themes().names:
            await driver.send(f"/theme {name}")
            await driver.until(lambda name=name: driver.app.theme == name)
        before = driver.app.theme
        await driver.send("/theme nosuch")
        await driver.told("There is no theme 'nosuch'")
        assert driver.app.theme == before


@pytest.mark.parametrize("key", ["f1", "f3", "f4", "f5"])
async def test_pages_open_and_close_with_and_without_a_turn(tmp_path: Path, key: str) -> None:
    async with driven(tmp_path) as driver:
        for prompt in ("", PROMPT):
            if prompt:
                await driver.ask(prompt)
            await driver.press(key)
            await driver.until(lambda: isinstance(driver.app.screen, Page))
            await driver.press("end", "home")
            assert driver.app.screen.lines(100)
            await driver.press("escape")
            assert not isinstance(driver.app.screen, Page)
            assert driver.app.composer.has_focus


async def test_one_page_is_open_at_a_time_and_its_key_closes_it(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("f1", "f3", "f4")
        assert len(driver.app.screen_stack) == 2
        assert driver.app.screen.NAME == "inspect"
        await driver.press("f4")
        assert len(driver.app.screen_stack) == 1


async def test_over_a_list_nothing_else_opens(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("f2")
        await driver.until(lambda: isinstance(driver.app.screen, ProfilesScreen))
        await driver.press("f2", "f1", "f6", "ctrl+n", "ctrl+p")
        assert len(driver.app.screen_stack) == 2


@pytest.mark.parametrize("name", ["ladder", "confidence", "latency", "spend"])
async def test_where_there_is_no_rail_a_key_opens_and_closes_each_panel(tmp_path: Path, name: str) -> None:
    key = {"ladder": "1", "confidence": "2", "latency": "3", "spend": "4"}[name]
    async with driven(tmp_path, size=(80, 24)) as driver:
        await driver.ask(PROMPT)
        home = driver.app.screen_stack[0]

        def rows() -> int:
            return sum(panel.region.height for panel in home.query(f"#drawer-{name}"))

        await driver.press("escape", key)
        await driver.until(lambda: rows() >= 5)
        await driver.press(key)
        assert rows() == 0
        await driver.press(key, "escape")
        assert rows() == 0
        await driver.send(f"/{name}")
        await driver.until(lambda: rows() >= 5)
