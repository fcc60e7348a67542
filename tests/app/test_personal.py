"""Personal data in a prompt: the user is asked before it goes out, where the profile wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.controls.base import Launch
from app.screens.personal import PersonalScreen
from routing.ledger.chats import list_chats
from tests.app.driving import Driver, driven

if TYPE_CHECKING:
    from routing.messages import Request

BALANCED = Path(__file__).parents[2] / "routing" / "policy" / "profiles" / "balanced.yaml"
ADA = "ada.byron@analytical.org"
PROMPT = f"Write a short note to {ADA} about the meeting."


def profile(home: Path, personal: str) -> Launch:
    """A profile called `careful`, and how the client is started with it."""
    folder = home / "profiles"
    folder.mkdir()
    text = BALANCED.read_text(encoding="utf-8").replace("id: balanced", "id: careful")
    (folder / "careful.yaml").write_text(f"{text}\npersonal: {personal}\n", encoding="utf-8")
    return Launch(profile="careful", speed=0, seed=7)


@asynccontextmanager
async def asked(home: Path, text: str = PROMPT) -> AsyncIterator[Driver]:
    """A prompt was sent, and the question is there."""
    async with driven(home, profile(home, "ask")) as driver:
        await driver.send(text)
        await question(driver)
        yield driver


async def question(driver: Driver) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, PersonalScreen))
    await driver.pilot.pause()


async def answered(driver: Driver, turns: int = 1) -> Request:
    await driver.until(lambda: len(driver.app.conversation.turns) == turns)
    await driver.settle()
    request = driver.app.conversation.trace(driver.app.conversation.turns[-1]).request
    assert request is not None
    return request


def edge(driver: Driver) -> str:
    """Where the prompt in the composer would go."""
    return str(driver.app.composer.border_subtitle)


def seen(driver: Driver) -> str:
    return "\n".join(strip.text for strip in driver.app.screen._compositor.render_strips())


async def test_the_question_names_the_kinds_and_never_the_values(tmp_path: Path) -> None:
    async with asked(tmp_path, f"{PROMPT} Or ring +44 20 7946 0958.") as driver:
        shown = seen(driver)
        assert "an e-mail address" in shown
        assert "a phone number" in shown
        assert "careful" in shown
        assert ADA not in shown
        assert driver.app.conversation.turns == []


@pytest.mark.parametrize(("key", "choice"), [("s", "send"), ("m", "mask"), ("l", "local")])
async def test_one_key_says_what_may_be_done(tmp_path: Path, key: str, choice: str) -> None:
    async with asked(tmp_path) as driver:
        await driver.press(key)
        assert (await answered(driver)).personal == choice


async def test_what_was_sent_once_is_asked_about_again(tmp_path: Path) -> None:
    async with asked(tmp_path) as driver:
        await driver.press("s")
        await answered(driver)
        await driver.send("And who is she?")
        await question(driver)


@pytest.mark.parametrize(
    ("key", "kept", "says"),
    [
        ("m", "mask", "masked as earlier in this chat: an e-mail address"),
        ("l", "local", "kept here as earlier in this chat: an e-mail address"),
    ],
)
async def test_what_was_kept_back_stays_so_under_every_profile(tmp_path: Path, key: str, kept: str, says: str) -> None:
    async with asked(tmp_path) as driver:
        await driver.press(key)
        await answered(driver)
        driver.app.profile = "balanced"
        driver.app.composer.write("And who is she?")
        await driver.until(lambda: says.partition(":")[0] in edge(driver))
        driver.app.composer.write(f"Is {ADA} hers?")
        await driver.until(lambda: says in edge(driver))
        await driver.press("enter")
        assert (await answered(driver, 2)).kept == kept
        turn = driver.app.conversation.turns[-1]
        (found,) = [one for one in driver.app.conversation.trace(turn).findings if one.kind == "personal"]
        assert "as earlier in this chat" in found.action
        await driver.press("ctrl+n")
        await driver.until(lambda: driver.app.conversation.turns == [])
        driver.app.composer.write(PROMPT)
        await driver.until(lambda: "! an e-mail address: sent as it is" in edge(driver))


async def test_the_track_does_not_promise_what_a_prompt_that_nobody_answered_had(tmp_path: Path) -> None:
    launch = replace(profile(tmp_path, "local"), faults=("sim-south:500",))
    async with driven(tmp_path, launch) as driver:
        assert driver.app.conversation.trace(await driver.ask(PROMPT)).finished.attempt is None
        driver.app.profile = "balanced"
        driver.app.composer.write(f"Is {ADA} hers?")
        await driver.until(lambda: "an e-mail address" in edge(driver))
        assert "! an e-mail address: sent as it is" in edge(driver)
        await driver.press("enter")
        assert (await answered(driver, 2)).kept is None


@pytest.mark.parametrize("key", ["e", "escape"])
async def test_going_back_keeps_the_prompt_and_sends_nothing(tmp_path: Path, key: str) -> None:
    async with driven(tmp_path, profile(tmp_path, "ask")) as driver:
        driver.app.tags = {"team": "legal"}
        driver.app.nudge = 1
        await driver.send(PROMPT)
        await question(driver)
        await driver.press(key)
        await driver.until(lambda: driver.app.composer.text == PROMPT and driver.app.is_idle)
        assert driver.app.conversation.turns == []
        assert driver.app.composer.has_focus
        assert driver.app.nudge == 1
        rows = driver.runtime.store.read(lambda db: db.execute("SELECT COUNT(*) FROM event").fetchone())
        assert rows[0] == 0
        await driver.press("enter")
        await question(driver)
        await driver.press("m")
        assert (await answered(driver)).tags == (("team", "legal"),)


async def test_a_choice_may_hold_for_the_chat_and_for_no_other(tmp_path: Path) -> None:
    async with asked(tmp_path) as driver:
        await driver.press("a", "m")
        assert (await answered(driver)).personal == "mask"
        await driver.send("And who is she?")
        assert (await answered(driver, 2)).personal == "mask"
        await driver.press("ctrl+n")
        await driver.until(lambda: driver.app.conversation.turns == [])
        await driver.send(PROMPT)
        await question(driver)


async def test_always_is_taken_back_by_the_same_key(tmp_path: Path) -> None:
    async with asked(tmp_path) as driver:
        await driver.press("a", "a", "s")
        await answered(driver)
        await driver.send("And who is she?")
        await question(driver)


async def test_asked_again_it_is_as_was_said(tmp_path: Path) -> None:
    async with asked(tmp_path) as driver:
        await driver.press("l")
        first = await answered(driver)
        await driver.press("escape", "r")
        await driver.until(lambda: driver.app.conversation.turns and driver.app.running is not None)
        again = await answered(driver)
        assert again.personal == first.personal == "local"


async def test_what_has_no_personal_data_is_not_asked_about(tmp_path: Path) -> None:
    async with driven(tmp_path, profile(tmp_path, "ask")) as driver:
        await driver.ask("What is 2+3?")
        assert not isinstance(driver.app.screen, PersonalScreen)


@pytest.mark.parametrize(
    ("personal", "says"),
    [
        ("show", "! an e-mail address: sent as it is"),
        ("ask", "asks first: an e-mail address"),
        ("mask", "masked: an e-mail address"),
        ("local", "kept here: an e-"),
    ],
)
async def test_the_track_says_it_before_enter(tmp_path: Path, personal: str, says: str) -> None:
    async with driven(tmp_path, profile(tmp_path, personal)) as driver:
        driver.app.composer.focus()
        driver.app.composer.write(PROMPT)
        await driver.until(lambda: says in str(driver.app.composer.border_subtitle))
        if personal == "ask":
            assert "nothing may be asked" not in str(driver.app.composer.border_subtitle)
        driver.app.composer.write("What is 2+3?")
        await driver.until(lambda: "→" in str(driver.app.composer.border_subtitle))
        await driver.until(lambda: "an e-mail" not in str(driver.app.composer.border_subtitle))


async def test_a_model_on_this_machine_is_sent_nothing(tmp_path: Path) -> None:
    async with driven(tmp_path, replace(profile(tmp_path, "show"), profile="private")) as driver:
        driver.app.composer.write(PROMPT)
        await driver.until(lambda: "→" in edge(driver))
        assert "an e-mail" not in edge(driver)


async def test_an_answer_of_before_that_does_not_count_any_more_is_told(tmp_path: Path) -> None:
    async with asked(tmp_path) as driver:
        await driver.press("a", "s")
        await answered(driver)
        policy = replace(driver.runtime.router.policy("balanced"), id="masking", personal="mask")
        router = driver.runtime.router
        router.configure(replace(router.setup, profiles={**router.setup.profiles, "masking": policy}))
        driver.app.profile = "masking"
        await driver.send("And who is she?")
        await driver.told("“send” does not count: the profile is stricter")


async def test_f3_names_what_was_found_and_what_was_done(tmp_path: Path) -> None:
    async with driven(tmp_path, profile(tmp_path, "mask")) as driver:
        await driver.ask(PROMPT)
        await driver.press("f3")
        await driver.until(lambda: "why this model" in seen(driver))
        assert "! an e-mail address: replaced by placeholders" in seen(driver)
        assert ADA not in seen(driver)


async def test_leaving_while_it_asks_loses_no_prompt(tmp_path: Path) -> None:
    launch = profile(tmp_path, "ask")
    async with driven(tmp_path, launch) as driver:
        await driver.send(PROMPT)
        await question(driver)
        driver.app.exit(0)
        await driver.until_left()
    async with driven(tmp_path, replace(launch, resume="last")) as driver:
        await driver.until(lambda: driver.app.composer.text == PROMPT)


async def test_what_comes_back_is_kept_with_what_was_being_written(tmp_path: Path) -> None:
    async with driven(tmp_path, profile(tmp_path, "ask")) as driver:
        await driver.send(PROMPT)
        driver.app.composer.write("And another one.")
        await question(driver)
        await driver.press("escape")
        await driver.until(lambda: driver.app.composer.text == PROMPT and driver.app.is_idle)
        await driver.press("ctrl+n")
        await driver.until(lambda: driver.app.composer.text == "")
        (chat,) = list_chats(driver.runtime.store)
        assert chat.draft == f"{PROMPT}\n\nAnd another one."


async def test_what_models_get_wrong_is_in_a_file_after_a_session(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
    assert "patterns:" in (tmp_path / "data" / "failure_patterns.yaml").read_text(encoding="utf-8")
