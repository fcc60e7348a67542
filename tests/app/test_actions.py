"""The one table of actions: each is answered, reached and explained, and no key means two things."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from textual.command import CommandPalette
from textual.widgets import OptionList

from app.actions import ACTIONS, by_command, completions, key_name
from app.client import Client
from app.screens.help import help_lines
from tests.app.driving import driven

_WHERE = ("anywhere", "composer", "transcript")


def test_every_action_is_reached_by_a_key_or_a_command_and_is_told_what_it_is_for() -> None:
    for action in ACTIONS:
        assert action.keys or action.command, action
        assert action.title, action
        assert len(action.about) > len("Why"), action
        assert not action.argument or action.command, action


def test_a_terminal_that_keeps_the_function_keys_reaches_everything_by_word() -> None:
    kept = [action for action in ACTIONS if any(key.startswith("f") for key in action.keys)]
    assert [action.name for action in kept if not action.command] == []


def test_a_key_means_one_thing_in_a_place() -> None:
    for where in _WHERE:
        used = Counter(key for action in ACTIONS if action.where in (where, "anywhere") for key in action.keys)
        assert [key for key, times in used.items() if times > 1] == [], where


def test_a_command_means_one_thing() -> None:
    used = Counter(action.command for action in ACTIONS if action.command)
    assert [command for command, times in used.items() if times > 1] == []


def test_every_action_is_in_the_help_with_all_its_keys() -> None:
    for width in (40, 100):
        lines = help_lines(width)
        shown = " ".join(" ".join(line.plain for line in lines).split())
        assert max(line.cell_length for line in lines) <= width
        for action in ACTIONS:
            assert action.about in shown
            assert all(key_name(key) in shown for key in action.keys), action


def test_what_goes_on_below_in_the_help_stands_under_its_words() -> None:
    for width in (72, 110):
        lines = [line.plain for line in help_lines(width)]
        begun = next(at for at, line in enumerate(lines) if "Send a text file or an image along" in line)
        column = lines[begun].index("Send a text file")
        assert lines[begun + 1][:column].strip() == ""
        assert lines[begun + 1][column:].strip()


def test_an_unmistakable_beginning_of_a_command_is_enough() -> None:
    assert [action.command for action in completions("ex")] == ["export"]
    exporting = by_command("ex")
    assert exporting is not None
    assert exporting.command == "export"
    assert by_command("s") is None
    assert by_command("") is None
    find = by_command("find")
    assert find is not None
    assert find.command == "find"


async def test_every_action_is_answered_where_its_key_is_pressed(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for action in ACTIONS:
            name = "action_" + action.name.partition("(")[0]
            answering = driver.app.composer if action.where == "composer" else driver.app
            assert hasattr(answering, name), action


async def test_every_key_of_the_table_is_bound_where_it_stands(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        places = {
            "anywhere": driver.app._bindings,
            "composer": driver.app.composer._bindings,
            "transcript": driver.app.transcript._bindings,
        }
        for action in ACTIONS:
            for key in action.keys:
                assert key in places[action.where].key_to_bindings, (action.where, key)


async def test_the_palette_offers_the_table(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        offered = {command.title: command.help for command in driver.app.get_system_commands(driver.app.screen)}
        for action in ACTIONS:
            if action.where != "composer" and action.name != "command_palette":
                assert offered[action.title] == action.about
        await driver.ask("What is 2+3?")
        await driver.press("ctrl+p")
        await driver.until(lambda: isinstance(driver.app.screen, CommandPalette))
        await driver.press(*"new", "space", *"cha")
        found = driver.app.screen.query_one(OptionList)
        await driver.until(lambda: found.option_count == 1 and found.highlighted is not None)
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns == [])


def test_the_bottom_line_names_only_keys_of_the_table() -> None:
    assert Client.BINDINGS
    hinted = [action for action in ACTIONS if action.hint]
    assert all(action.keys for action in hinted)
    assert hinted[-1].name == "quit"
