"""Chats: begun, resumed, named, deleted and brought back, searched, written to files; nothing unsent is lost."""

from __future__ import annotations

import json
from pathlib import Path

from app.controls.base import Launch
from app.screens.chats import ChatsScreen, FoundScreen
from routing.ledger.chats import list_chats
from tests.app.driving import Driver, driven

LAST = Launch(speed=0, seed=7, resume="last")


async def opened(driver: Driver, title: str) -> None:
    await driver.until(lambda: driver.app.chat_title == title)
    await driver.settle()


async def test_a_new_chat_leaves_the_old_one_in_the_list(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.press("ctrl+n")
        assert driver.app.conversation.turns == []
        assert driver.app.screen_stack[0].has_class("-empty")
        assert "What is 2+3?" not in driver.header
        await driver.ask("What is 4+5?")
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("down", "enter")
        await opened(driver, "What is 2+3?")
        assert "2+3" in driver.rows
        assert "4+5" not in driver.rows


async def test_the_list_narrows_as_one_types(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for prompt in ("What is 2+3?", "What is 4+5?", "What is 6+7?"):
            await driver.press("ctrl+n")
            await driver.ask(prompt)
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("2", "+", "3", "enter")
        await opened(driver, "What is 2+3?")


async def test_the_last_chat_is_resumed_and_goes_on(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first = await driver.ask("What is 2+3?")
    async with driven(tmp_path, LAST) as driver:
        await opened(driver, "What is 2+3?")
        second = await driver.ask("What is 4+5?")
        started = driver.events(second)[0]
        assert started.type == "TurnStarted"
        assert started.request.parent_turn == first
        assert driver.app.conversation.turns == [first, second]


async def test_resuming_where_there_is_nothing_says_so(tmp_path: Path) -> None:
    async with driven(tmp_path, LAST) as driver:
        await driver.told("There is no chat yet")
        await driver.ask("What is 2+3?")


async def test_resuming_a_chat_that_does_not_exist_says_so(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=0, resume="[/nosuch")) as driver:
        await driver.told("There is no chat '[/nosuch'")


async def test_a_chat_is_renamed(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.send("/rename Sums [/b] \x1b[2J")
        await driver.until(lambda: "Sums [/b]" in driver.header)
    async with driven(tmp_path, LAST) as driver:
        await driver.until(lambda: "Sums [/b]" in driver.header)


async def test_a_chat_is_renamed_from_the_list(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.press("ctrl+n", "ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("ctrl+r")
        await driver.until(lambda: driver.app.composer.text.startswith("/rename "))
        await driver.send("/rename Sums")
        await driver.until(lambda: "Sums" in driver.header)
        await driver.settle()


async def test_a_deleted_chat_comes_back(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.send("/delete")
        await driver.told("/undo brings it back")
        assert driver.app.conversation.turns == []
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        assert driver.app.screen.chosen is None
        await driver.press("escape")
        await driver.send("/undo")
        await opened(driver, "What is 2+3?")
        assert "2+3" in driver.rows


async def test_a_chat_is_deleted_from_the_list(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("ctrl+d")
        await driver.told("/undo brings it back")
        assert driver.app.conversation.turns == []


async def test_search_opens_the_turn_that_was_found(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask("Sort these names: Zoe, Adam, Mia, Bo")
        await driver.press("ctrl+n")
        await driver.ask("What is 4+5?")
        await driver.send("/search zoe")
        await driver.until(lambda: isinstance(driver.app.screen, FoundScreen))
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns == [turn])
        await driver.settle()
        assert "Zoe" in driver.rows
        await driver.send("/search nosuchword")
        await driver.told("Nothing is found for 'nosuchword'")


async def test_words_are_found_in_the_open_chat(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("Sort these names: Zoe, Adam, Mia, Bo")
        await driver.send("/find nosuchword")
        await driver.told("'nosuchword' is not in this chat")
        await driver.send("/find mia")
        await driver.settle()
        assert "Mia" in driver.rows


async def test_a_chat_is_written_to_files(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask("What is 2+3?")
        reply = driver.app.conversation.reply(turn)
        for name in ("out.md", "out.json"):
            await driver.send(f"/export {tmp_path / name}")
            await driver.until(lambda name=name: (tmp_path / name).exists())
            await driver.told(f"Written to {tmp_path / name}")
    written = (tmp_path / "out.md").read_text()
    assert "What is 2+3?" in written
    assert reply in written
    document = json.loads((tmp_path / "out.json").read_text())
    assert [one["prompt"] for one in document["turns"]] == ["What is 2+3?"]


async def test_an_export_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send(f"/export {tmp_path / 'out.md'}")
        await driver.told("nothing to export")
        await driver.ask("What is 2+3?")
        await driver.send(f"/export {tmp_path / 'no' / 'such' / 'out.md'}")
        await driver.told("could not be written")


async def test_what_is_not_sent_waits_in_its_chat(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        driver.app.composer.write("and what is\n4+5?")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST) as driver:
        await opened(driver, "What is 2+3?")
        await driver.until(lambda: driver.app.composer.text == "and what is\n4+5?")


async def test_what_is_typed_before_the_chat_is_there_follows_what_waits_in_it(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        driver.app.composer.write("and what is")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST, ready=False) as driver:
        driver.app.composer.write("4+5?")
        await driver.until(lambda: drafts(driver) == ["and what is\n\n4+5?"] if driver.app.runtime else False)
        assert driver.app.composer.text == "and what is\n\n4+5?"


async def test_what_is_not_sent_in_a_new_chat_is_kept(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.write("a first thought")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST) as driver:
        await driver.until(lambda: driver.app.composer.text == "a first thought")
        await driver.ask("What is 2+3?")
        assert driver.app.chat_title == "What is 2+3?"


async def test_what_was_written_in_a_new_chat_waits_in_the_next_one_at_the_next_start(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        await driver.press("ctrl+n")
        driver.app.composer.write("a first thought")
        await driver.pilot.pause()
    async with driven(tmp_path) as driver:
        await driver.until(lambda: driver.app.composer.text == "a first thought")
        assert driver.app.conversation.turns == []
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        assert [chat.turns for chat in list_chats(driver.runtime.store)] == [1, 1]
    async with driven(tmp_path) as driver:
        await driver.until(lambda: driver.app._keeping)  # what waits was looked for
        assert driver.app.composer.text == ""


async def test_what_another_window_is_writing_is_not_taken_up(tmp_path: Path) -> None:
    async with driven(tmp_path) as writing:
        writing.app.composer.write("a first thought")
        await writing.until(lambda: drafts(writing) == ["a first thought"])
        async with driven(tmp_path) as other:
            await other.until(lambda: other.app._keeping)  # what waits was looked for
            assert other.app.composer.text == ""
        assert drafts(writing) == ["a first thought"]


async def test_what_is_written_is_kept_while_it_is_written_and_until_it_is_sent(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.write("What is 2+3?")
        await driver.until(lambda: drafts(driver) == ["What is 2+3?"])
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        await driver.until(lambda: drafts(driver) == [""])
        driver.app.composer.write("and 4+5?")
        await driver.until(lambda: drafts(driver) == ["and 4+5?"])


async def test_deleting_the_chat_that_is_being_begun_begins_another(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.write("a first thought")
        await driver.until(lambda: drafts(driver) == ["a first thought"])
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("ctrl+d")
        await driver.told("/undo brings it back")
        assert driver.app.composer.text == ""
        await driver.ask("What is 2+3?")
        assert [chat.title for chat in list_chats(driver.runtime.store)] == ["What is 2+3?"]


def drafts(driver: Driver) -> list[str]:
    return [chat.draft for chat in list_chats(driver.runtime.store)]


async def test_a_draft_that_was_sent_does_not_come_back(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        driver.app.composer.write("and 4+5?")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST) as driver:
        await driver.until(lambda: driver.app.composer.text == "and 4+5?")
        await driver.press("enter")
        await driver.until(lambda: len(driver.app.conversation.turns) == 2)
        await driver.settle()
    async with driven(tmp_path, LAST) as driver:
        await driver.until(lambda: len(driver.app.conversation.turns) == 2)
        assert driver.app.composer.text == ""


async def test_chats_keep_their_own_unsent_text(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        driver.app.composer.write("more of the first")
        await driver.pilot.pause()
        await driver.press("ctrl+n")
        assert driver.app.composer.text == ""
        await driver.ask("What is 4+5?")
        driver.app.composer.write("more of the second")
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.screen, ChatsScreen))
        await driver.press("down", "enter")
        await opened(driver, "What is 2+3?")
        assert driver.app.composer.text == "more of the first"


async def test_a_key_that_writes_a_command_gives_back_what_was_being_written(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3?")
        driver.app.composer.write("half a thought")
        await driver.press("ctrl+f")
        assert driver.app.composer.text == "/search "
        await driver.press("x", "y", "z", "enter")
        await driver.told("Nothing is found for 'xyz'")
        assert driver.app.composer.text == "half a thought"


async def test_a_prompt_that_was_only_begun_leaves_no_chat_when_it_is_taken_back(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.composer.write("a first thought")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST) as driver:
        await driver.until(lambda: driver.app.composer.text == "a first thought")
        driver.app.composer.write("")
        await driver.pilot.pause()
    async with driven(tmp_path, LAST) as driver:
        await driver.told("There is no chat yet")
