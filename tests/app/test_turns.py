"""Turns on screen: stopped, climbed, replayed, looked back on, asked again, copied."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widget import Widget

from app.controls import copying
from app.controls.base import Launch
from app.controls.prompts import Prompt
from routing.folding import fold
from tests.app.driving import PANELS, Driver, driven

CHEAP, CLIMBING = "What is 2+3?", "2"
KEYS = {" ": "space", "/": "slash", "+": "plus"}


async def test_esc_stops_and_what_came_is_kept_and_settled(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=50, seed=7, faults=("all:stall",))) as driver:
        await driver.send("Compare breadth-first and depth-first search.")
        await driver.until(lambda: driver.app.conversation.turns and spoken(driver))
        await driver.press("escape")
        await driver.settle()
        turn = driver.app.conversation.turns[0]
        finished = driver.app.conversation.trace(turn).finished
        assert finished is not None
        assert (finished.status, finished.reply) == ("cancelled", spoken(driver))
        assert spoken(driver).split()[0] in driver.rows
        assert finished.sentence.split()[0] in driver.rows
        assert unsettled(driver) == []
        assert driver.app.spending is not None
        assert driver.app.spending.held_nusd == 0


async def test_esc_takes_back_prompts_that_wait(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=50, seed=7, faults=("all:stall",))) as driver:
        await driver.send("Compare breadth-first and depth-first search.")
        await driver.until(lambda: driver.app.running is not None)
        await driver.send("What is 4+5?")
        await driver.press("escape")
        await driver.settle()
        assert len(driver.app.conversation.turns) == 1
        await driver.press("up")
        assert driver.app.composer.text == "What is 4+5?"


async def test_prompts_sent_at_once_go_one_after_the_other(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for text in (CHEAP, "What is 4+5?", "What is 6+7?"):
            driver.app.send(Prompt(text))
        await driver.until(lambda: len(driver.app.conversation.turns) == 3)
        await driver.settle()
        first, second, third = driver.app.conversation.turns
        assert parents(driver) == {first: None, second: first, third: second}


async def test_a_prompt_that_waits_stays_in_its_chat_when_another_is_opened(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=50, seed=7, faults=("all:stall",))) as driver:
        await driver.send("Compare breadth-first and depth-first search.")
        await driver.until(lambda: driver.app.conversation.turns)
        chat = driver.app.chat_id
        await driver.send("What is 4+5?")
        await driver.press("ctrl+n")
        await driver.press("escape")
        await driver.settle()
        assert driver.app.conversation.turns == []
        driver.app.open_chat(chat)
        await driver.until(lambda: driver.app.chat_id == chat)
        assert len(driver.app.conversation.turns) == 1
        assert driver.app.composer.text == "What is 4+5?"


@pytest.mark.parametrize("key", ["r", "e"])
async def test_a_private_prompt_stays_private_when_it_is_asked_again(tmp_path: Path, key: str) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        first = driver.app.conversation.turns[0]
        await driver.press("escape", key)
        if key == "e":
            await driver.until(lambda: driver.app.composer.has_focus)
            await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns not in ([], [first]))
        await driver.settle()
        request = driver.app.conversation.trace(driver.app.conversation.turns[-1]).request
        assert request is not None
        assert request.tags == (("private", "yes"),)
        await driver.ask(CHEAP)
        request = driver.app.conversation.trace(driver.app.conversation.turns[-1]).request
        assert request is not None
        assert request.tags == ()


async def test_typing_goes_on_while_an_answer_streams(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=50, seed=7, faults=("all:stall",))) as driver:
        await driver.send("Compare breadth-first and depth-first search.")
        await driver.until(lambda: driver.app.conversation.turns and spoken(driver))
        await driver.press("n", "e", "x", "t")
        assert driver.app.composer.text == "next"
        await driver.press("escape")
        await driver.settle()
        assert driver.app.composer.text == "next"


async def test_a_superseded_draft_is_folded_and_unfolds(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await climb(driver)
        turn = driver.app.conversation.turns[0]
        draft = driver.app.conversation.trace(turn).attempts[0]
        assert "superseded" in driver.rows
        assert "enter unfolds" in driver.rows
        await driver.press("escape", "k", "k")
        assert driver.app.transcript.cursor == f"attempt/{draft.id}"
        await driver.press("enter")
        await driver.settle()
        assert "enter unfolds" not in driver.rows
        assert driver.app.transcript.message_source(f"attempt/{draft.id}").split()[0] in driver.rows
        await driver.press("enter")
        await driver.settle()
        assert "enter unfolds" in driver.rows


@pytest.mark.parametrize("starter", ["1", "2", "3", "5"])
async def test_panels_show_of_the_ledger_what_they_showed_live(tmp_path: Path, starter: str) -> None:
    async with driven(tmp_path) as driver:
        await driver.press(starter)
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        live, rows = driver.panels(), driver.rows
        replayed = fold(driver.events(driver.app.conversation.turns[0]))
        for name in PANELS:
            driver.panel(name).trace = replayed
        assert driver.panels() == live
    async with driven(tmp_path, Launch(speed=0, seed=7, resume="last")) as driver:
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        again = driver.panels()
        assert {name: again[name] for name in PANELS[:3]} == {name: live[name] for name in PANELS[:3]}
        assert driver.rows == rows


async def test_panels_follow_the_message_that_is_selected(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await climb(driver)
        climbed = driver.panel_text("ladder")
        await driver.ask(CHEAP)
        cheap = driver.panel_text("ladder")
        assert cheap != climbed
        await driver.press("escape", "left_square_bracket", "left_square_bracket")
        assert driver.panel_text("ladder") == climbed
        await driver.press("right_square_bracket")
        assert driver.panel_text("ladder") == cheap
        await driver.press("left_square_bracket", "i")
        assert driver.app.composer.has_focus
        assert driver.panel_text("ladder") == cheap


async def test_asking_again_makes_a_branch_and_both_stay_in_the_ledger(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first = await driver.ask(CHEAP)
        second = await driver.ask("What is 4+5?")
        await driver.press("escape", "r")
        await driver.until(lambda: driver.app.conversation.turns[-1] not in (first, second))
        await driver.settle()
        again = driver.app.conversation.turns[-1]
        assert driver.app.conversation.turns == [first, again]
        assert parents(driver) == {first: None, second: first, again: first}
        assert driver.rows.count("What is 4+5?") == 1


@pytest.mark.parametrize(
    "words", ["read it", "explain", "copy", "what", "rr", "Zoo", "you too", "/fault x", "/find me", "just so", "1 + 1"]
)
async def test_what_is_typed_in_the_transcript_goes_into_the_composer_and_sends_nothing(
    tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.hotkeys.PAUSE_S", 3600.0)  # whatever the machine is busy with
    async with driven(tmp_path) as driver:
        turn = await driver.ask(CHEAP)
        await driver.press("escape", *(KEYS.get(letter, letter) for letter in words))
        await driver.until(lambda: driver.app.composer.text == words)
        assert driver.app.composer.has_focus
        assert driver.app.conversation.turns == [turn]
        assert driver.toasts == []


async def test_what_is_pasted_in_the_transcript_goes_into_the_composer(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask(CHEAP)
        await driver.press("escape")
        driver.app.transcript.post_message(Paste("/fault x\nrr"))
        await driver.until(lambda: driver.app.composer.text == "/fault x\nrr")
        assert driver.app.composer.has_focus
        assert driver.app.conversation.turns == [turn]


async def test_a_key_of_the_transcript_begins_a_search_in_the_chat(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(CHEAP)
        await driver.press("escape", "f")
        await driver.until(lambda: driver.app.composer.text == "/find ")
        assert driver.app.composer.has_focus


async def test_a_letter_does_nothing_behind_a_screen_that_was_opened_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chat.hotkeys.PAUSE_S", 3600.0)
    async with driven(tmp_path) as driver:
        turn = await driver.ask(CHEAP)
        await driver.press("escape", "r", "f1")
        await driver.until(lambda: len(driver.app.screen_stack) == 2)
        await driver.app.transcript._act()  # the pause is over
        await driver.settle()
        assert driver.app.conversation.turns == [turn]


async def test_the_bottom_line_says_that_letters_are_keys_in_the_transcript(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(CHEAP)
        assert "Letters are keys" not in driver.text("#hints")
        await driver.press("escape")
        await driver.until(lambda: "Letters are keys here: " in driver.text("#hints"))
        assert "r ask again" in driver.text("#hints")
        assert "/ command" in driver.text("#hints")
        assert "Esc writes" in driver.text("#hints")
        await driver.press("escape")
        await driver.until(lambda: "F1 help" in driver.text("#hints"))


async def test_at_most_two_passing_words_are_shown(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for number in range(4):
            driver.app.say(f"word {number}")
        await driver.until(lambda: len(driver.toasts) == 4)
        await driver.until(lambda: [shown(toast) for toast in driver.app.screen.query("Toast")] == ["word 2", "word 3"])
        await driver.until(lambda: min(toast.region.y for toast in driver.app.screen.query("Toast")) == 1)


def shown(toast: Widget) -> str:
    return str(toast.render())


async def edit(driver: Driver) -> None:
    """Edit the selected prompt."""
    await driver.press("escape", "e")
    await driver.until(lambda: driver.app.composer.has_focus)
    assert "edit · Esc leaves it as it was" in edge(driver)


def edge(driver: Driver) -> str:
    return str(driver.app.composer.border_title)


async def test_an_edited_prompt_makes_a_branch_once_it_is_sent(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first = await driver.ask(CHEAP)
        await edit(driver)
        assert driver.app.composer.text == CHEAP
        assert CHEAP in driver.rows
        await driver.press("backspace", "backspace", "4", "?", "enter")
        await driver.until(lambda: driver.app.conversation.turns not in ([first], []))
        await driver.settle()
        (edited,) = driver.app.conversation.turns
        assert driver.app.conversation.prompt(edited) == "What is 2+4?"
        assert parents(driver) == {first: None, edited: None}
        assert CHEAP not in driver.rows
        assert edge(driver) == "ask"


async def test_an_edit_that_is_given_up_changes_nothing(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first, second = await driver.ask(CHEAP), await driver.ask("What is 4+5?")
        driver.app.composer.write("half a thought")
        driver.app.tags["lang"] = "en"
        rows = driver.rows
        await edit(driver)
        driver.app.composer.write("")
        await driver.press("escape")
        await driver.until(lambda: driver.app.composer.text == "half a thought")
        assert driver.app.conversation.turns == [first, second]
        assert (driver.rows, "edit" in edge(driver)) == (rows, False)
        following = await driver.ask("What is 6+7?")
        assert driver.app.conversation.turns == [first, second, following]
        assert parents(driver)[following] == second


async def test_a_command_on_the_way_leaves_the_edit_as_it_is(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        first = await driver.ask(CHEAP)
        await edit(driver)
        await driver.press("ctrl+f", *"zzz", "enter")
        await driver.told("Nothing is found for 'zzz'")
        assert (driver.app.composer.text, "edit" in edge(driver)) == (CHEAP, True)
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns not in ([first], []))
        await driver.settle()
        assert list(parents(driver).values()) == [None, None]


async def test_an_edit_is_given_up_with_the_command_above_it(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(CHEAP)
        driver.app.composer.write("half a thought")
        await edit(driver)
        await driver.press("ctrl+f", "escape")
        await driver.until(lambda: driver.app.composer.text == "half a thought")
        assert edge(driver) == "ask"


async def test_an_edit_ends_with_its_chat(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(CHEAP)
        await edit(driver)
        await driver.press("ctrl+n")
        await driver.until(lambda: edge(driver) == "ask")
        again = await driver.ask("What is 4+5?")
        assert driver.app.conversation.turns == [again]


async def test_ctrl_c_says_how_to_stop_an_answer(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(speed=8, seed=7, faults=("all:slow:1",))) as driver:
        await driver.send(CHEAP)
        await driver.until(lambda: driver.app.running is not None)
        await driver.press("ctrl+c")
        assert (await driver.told("Ctrl-C once more leaves")).startswith("Esc stops the answer.")
        await driver.press("escape")
        await driver.settle()


async def test_ctrl_c_speaks_of_no_answer_where_none_comes(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("ctrl+c")
        assert (await driver.told("Ctrl-C once more leaves")).startswith("Ctrl-C")


async def test_ctrl_d_leaves_as_in_a_shell_where_nothing_is_written(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.press("a", "b", "left", "ctrl+d")
        assert driver.app.composer.text == "a"
        await driver.press("backspace", "ctrl+d")
        await driver.until_left()
        assert driver.app.return_code == 0


async def test_copying_gives_the_source_and_tells_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_programs", lambda: ())
    async with driven(tmp_path) as driver:
        turn = await driver.ask(CHEAP)
        await driver.press("escape", "c")
        await driver.told("handed to the terminal (OSC 52)")
        assert driver.app.clipboard == driver.app.conversation.reply(turn)
        await driver.press("y")
        await driver.told("There is no code")


async def test_copying_by_a_program_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    monkeypatch.setattr(copying, "_programs", lambda: (("sh", ("sh", "-c", f"cat > {taken}"), ""),))
    async with driven(tmp_path) as driver:
        turn = await driver.ask(CHEAP)
        await driver.press("escape", "c")
        await driver.told("is on the clipboard, by sh")
        assert taken.read_text() == driver.app.conversation.reply(turn)


async def test_a_clipboard_program_that_fails_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_programs", lambda: (("false", ("false",), ""),))
    async with driven(tmp_path) as driver:
        await driver.ask(CHEAP)
        await driver.press("escape", "c")
        await driver.told("not every terminal takes it")


async def climb(driver: Driver) -> None:
    """The first screen's escalation."""
    await driver.press(CLIMBING)
    await driver.until(lambda: driver.app.conversation.turns)
    await driver.settle()


def spoken(driver: Driver) -> str:
    """The text that came so far."""
    conversation = driver.app.conversation
    attempts = conversation.trace(conversation.turns[-1]).attempts
    return conversation.load(f"attempt/{attempts[-1].id}").text if attempts else ""


def unsettled(driver: Driver) -> list[str]:
    query = "SELECT id FROM attempt WHERE spend_nusd IS NULL"
    return driver.runtime.store.read(lambda db: [row[0] for row in db.execute(query)])


def parents(driver: Driver) -> dict[str, str | None]:
    query = "SELECT id, parent FROM turn ORDER BY n"
    return driver.runtime.store.read(lambda db: {row[0]: row[1] for row in db.execute(query)})
