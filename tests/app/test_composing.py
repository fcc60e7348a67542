"""Writing a prompt: keys from the first paint on, lines, pastes, earlier prompts, completion and the prepared ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.chat.composer import LARGEST_PASTE
from app.chat.empty import STARTERS
from app.controls.base import Launch
from app.history import conversation
from routing.errors import StorageError
from routing.messages import Request
from tests.app.driving import driven


async def test_what_is_typed_and_sent_before_anything_is_loaded_is_answered(tmp_path: Path) -> None:
    async with driven(tmp_path, ready=False) as driver:
        assert driver.app.runtime is None
        driver.app.composer.write("What is 2+3?")
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        assert "5" in driver.rows


async def test_enter_sends_and_ctrl_j_breaks_the_line(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("a", "ctrl+j", "b")
        assert driver.app.composer.text == "a\nb"
        assert driver.app.conversation.turns == []
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        assert driver.app.composer.text == ""
        assert driver.app.conversation.prompt(driver.app.conversation.turns[0]) == "a\nb"
        await driver.settle()


async def test_a_paste_of_many_lines_waits_for_enter(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.paste("one\r\ntwo\rthree\n")
        assert driver.app.composer.text == "one\ntwo\nthree\n"
        assert driver.app.conversation.turns == []


async def test_a_paste_that_is_too_large_is_refused_in_words_and_what_stood_there_stays(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.write("mine")
        await driver.paste("x" * (LARGEST_PASTE + 1))
        await driver.told("pointsman ask -")
        assert driver.app.composer.text == "mine"


async def test_what_comes_back_from_the_ledger_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.remember(["red \x1b]0;title\x07 [/nosuch]"])
        await driver.press("up")
        assert driver.app.composer.text == "red \ufffd]0;title\ufffd [/nosuch]"
        driver.app.say("a server says \x1b[2J [/nosuch]")
        assert await driver.told("a server says") == "a server says \ufffd[2J [/nosuch]"


async def test_an_empty_prompt_is_not_sent(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("  \n ")
        assert driver.app.conversation.turns == []


async def test_up_brings_back_earlier_prompts_and_down_what_was_being_written(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.ask("What is 4+5?")
        driver.app.composer.write("unfinished")
        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await driver.press(key)
            seen.append(driver.app.composer.text)
        assert seen == ["What is 4+5?", "What is 2+3?", "What is 2+3?", "What is 4+5?", "unfinished"]


async def test_earlier_prompts_of_the_last_run_are_there(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
    async with driven(tmp_path) as driver:
        await driver.until(lambda: driver.app.composer._earlier)
        await driver.press("up")
        assert driver.app.composer.text == "What is 2+3?"


@pytest.mark.parametrize("number", range(1, len(STARTERS) + 1))
async def test_a_digit_sends_a_prepared_prompt_that_shows_what_it_promises(tmp_path: Path, number: int) -> None:
    starter = STARTERS[number - 1]
    async with driven(tmp_path) as driver:
        assert starter.shows in driver.text("#empty")
        await driver.press(str(number))
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        trace = driver.app.conversation.trace(driver.app.conversation.turns[0])
        assert trace.finished is not None
        models = [attempt.model for attempt in trace.attempts]
        match starter.shows:
            case "a cheap answer":
                assert (trace.finished.status, len(models)) == ("answered", 1)
            case "an escalation":
                assert trace.attempts[0].outcome == "superseded"
                assert "superseded" in driver.rows
            case "a failover":
                assert "failed over" in driver.panel_text("ladder")
                assert trace.finished.status == "answered"
            case "a private prompt":
                local = {model.id for model in driver.runtime.sources.registry.models if model.local}
                assert set(models) <= local
            case "a cap":
                assert trace.cap is not None
                assert "cap" in driver.panel_text("spend")
        assert trace.finished.sentence in " ".join(driver.rows.replace("▎", "").split())


async def test_digits_are_digits_once_something_is_written_or_the_chat_has_begun(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("x", "1")
        assert driver.app.composer.text == "x1"
        await driver.ask("What is 2+3?")
        await driver.press("1")
        assert driver.app.composer.text == "1"


async def test_a_slash_offers_commands_and_says_when_there_is_none(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:

        def edge() -> str:
            return str(driver.app.composer.border_subtitle)

        driver.app.composer.write("/ex")
        await driver.until(lambda: edge() == "/export FILE")
        driver.app.composer.write("/zz")
        await driver.until(lambda: "no such command" in edge())
        await driver.send("/zz")
        await driver.told("There is no command /zz")
        assert driver.app.conversation.turns == []


async def test_the_edge_tells_the_track_before_anything_is_sent_and_keys_move_it(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:

        def edge() -> str:
            return str(driver.app.composer.border_subtitle)

        driver.app.composer.write("What is 2+3?")
        await driver.until(lambda: "→ small" in edge())
        await driver.press("alt+up")
        await driver.until(lambda: "+1 rung" in edge() and "→ mid" in edge())
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        trace = driver.app.conversation.trace(driver.app.conversation.turns[0])
        assert trace.attempts[0].tier == "mid"
        assert driver.app.nudge == 0


async def test_prompts_wait_for_the_turn_that_runs_and_follow_it(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=8, seed=7, faults=("all:slow:1",))) as driver:
        await driver.send("What is 2+3?")
        await driver.until(lambda: driver.app.running is not None)
        await driver.send("What is 4+5?")
        assert driver.app.running is not None
        assert len(driver.app.conversation.turns) == 1
        await driver.until(lambda: len(driver.app.conversation.turns) == 2)
        await driver.settle()
        first, second = driver.app.conversation.turns
        started = driver.events(second)[0]
        assert started.type == "TurnStarted"
        assert started.request.parent_turn == first


async def test_a_prompt_whose_chat_cannot_be_read_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> Request:
        raise StorageError("The ledger cannot be read.")

    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        with monkeypatch.context() as broken:
            broken.setattr(conversation, "continue_chat", unreadable)
            await driver.send("And 4+5?")
            await driver.told("cannot be read")
            await driver.until(lambda: driver.app.is_idle)
        assert (driver.app.composer.text, driver.app.waiting) == ("And 4+5?", [])
        await driver.press("enter")
        await driver.until(lambda: len(driver.app.conversation.turns) == 2)
