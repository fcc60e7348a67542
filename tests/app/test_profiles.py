"""Profiles in the client: what is left out, what they name that is not there, and the cap that would be in force."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from app.controls.base import Launch
from app.screens.profiles import ProfilesScreen
from tests.app.driving import Driver, driven

BAD = "id: bad\ntitle: x\n"
NAMED = "id: named\ntitle: x\ndefault: r\nroutes:\n  r: {ladder: [small, openai/gpt-9]}\n"


def write(home: Path, name: str, text: str) -> Path:
    file = home / "profiles" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


async def listed(driver: Driver) -> str:
    """All that F2 shows."""
    await driver.press("f2")
    await driver.until(lambda: isinstance(driver.app.screen, ProfilesScreen))
    rows = driver.app.screen.query_one(OptionList)
    return "\n".join(str(rows.get_option_at_index(at).prompt) for at in range(rows.option_count))


async def test_a_file_that_is_left_out_is_told_and_cannot_be_chosen(tmp_path: Path) -> None:
    file = write(tmp_path, "bad", BAD)
    async with driven(tmp_path) as driver:
        await driver.told(f"The profile 'bad' is left out: {file}:1: the policy has no default;")
        await driver.send("/profile bad")
        await driver.told(f"{file}:1: the policy has no routes;")
        assert driver.app.profile == "balanced"
        await driver.ask("What is 2+3?")


async def test_a_file_that_is_asked_for_must_be_right(tmp_path: Path) -> None:
    file = write(tmp_path, "bad", BAD)
    async with driven(tmp_path, Launch(profile="bad"), ready=False) as driver:
        await driver.until_left()
        assert driver.app.return_value == 2
        assert driver.app.last_words.startswith(f"{file}:1: the policy has no default;")


@pytest.mark.parametrize("switched", [False, True])
async def test_models_that_are_not_there_are_told(tmp_path: Path, switched: bool) -> None:
    file = write(tmp_path, "named", NAMED)
    said = f"{file}:5: a ladder names 'openai/gpt-9', but no model of 'openai' is known"
    async with driven(tmp_path, Launch(profile=None if switched else "named", speed=0, seed=7)) as driver:
        if switched:
            assert not any("openai" in toast for toast in driver.toasts)
            await driver.send("/profile named")
        await driver.told(said)
        assert "! line 5: a ladder names 'openai/gpt-9', but no model of 'openai' is known" in await listed(driver)


async def test_the_cap_that_is_shown_is_the_one_in_force(tmp_path: Path) -> None:
    write(tmp_path, "mine", "id: mine\ntitle: x\ndefault: r\ncaps: {day_usd: 10}\nroutes: {r: {ladder: [small]}}\n")
    async with driven(tmp_path) as driver:
        rows = await listed(driver)
        assert "$10.00 a day" not in rows
        assert rows.count("$2.00 a day") >= 2
        await driver.press("escape")
        await driver.send("/raise 1.50 the report is due today")
        await driver.told("$1.50 higher until midnight")
        assert "$3.50 a day" in await listed(driver)
