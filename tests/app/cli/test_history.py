"""`pointsman history`: what is kept, taken elsewhere, let go and repaired, as a person does it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.main import cli
from tests.app.cli.conftest import Shell
from tests.corpora import databases
from tests.marks import needs_a_terminal


@pytest.fixture
def told(bare: Shell) -> Shell:
    """A shell with a ledger in which a good deal was asked."""
    databases.build(bare.data_dir / "ledger.db")
    return bare


def chats(shell: Shell) -> list[str]:
    return [chat["id"] for chat in shell.run("history", "list", "--json").document["chats"]]


def test_everything_is_taken_elsewhere_and_back(told: Shell, tmp_path: Path) -> None:
    exported = told.run("history", "export", "--all").out
    file = tmp_path / "ledger.jsonl"
    file.write_text(exported, encoding="utf-8")
    assert exported.isascii()
    assert json.loads(exported.splitlines()[0])["format"] == "pointsman-ledger"
    other = Shell(tmp_path / "other")
    other.home.mkdir()
    assert other.run("history", "import", str(file)).err == "Imported 30 turns in 5 new chats.\n"
    assert other.run("history", "import", str(file)).err == "Imported 0 turns in 0 new chats; 30 turns there already.\n"
    assert other.run("history", "export", "--all").out == exported
    assert chats(other) == chats(told)
    assert other.run("history", "show", "chat-3").out == told.run("history", "show", "chat-3").out


def test_a_file_that_is_cut_is_told_by_its_line(told: Shell, tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl"
    file.write_text(told.run("history", "export", "--all").out[:20_000])
    line = file.read_text().count("\n") + 1
    other = Shell(tmp_path / "other")
    other.home.mkdir()
    done = other.run("history", "import", str(file), code=2)
    assert done.err == f"{file}:{line}: it is no line of JSON, or it was cut; nothing was imported.\n"
    assert chats(other) == []


def test_old_turns_are_let_go(told: Shell) -> None:
    with closing(sqlite3.connect(told.data_dir / "ledger.db")) as db, db:
        db.execute("UPDATE turn SET started_s = 0 WHERE chat = 'chat-1'")
        db.execute("UPDATE turn SET started_s = 9e9 WHERE chat <> 'chat-1'")
    assert told.run("history", "prune", "--older-than", "90d", "--dry-run").err == "It would erase 6 turns.\n"
    assert len(chats(told)) == 5
    assert told.run("history", "prune", "--older-than", "90d").err == "Erased 6 turns.\n"
    assert "chat-1" not in chats(told)
    assert told.run("history", "prune", "--older-than", "90d").err == "Erased 0 turns.\n"
    assert "such as 7d" in told.run("history", "prune", "--older-than", "soon", code=2).err


@needs_a_terminal
@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, 5), ("", 1, 5), ("\x03", 130, 5), ("y", 0, 0)])
async def test_nobody_erases_everything_by_mistake(told: Shell, answer: str, code: int, left: int) -> None:
    from tests.app.terminal import terminal

    begin_long_ago(told)
    (told.home / "config.yaml").touch()
    async with terminal(told.home, "history", "prune", "--older-than", "90d") as asked:
        await asked.until("every turn there is (30 turns). Erase? [y/N]")
        asked.press(f"{answer}\n")
        assert await asked.ended() == code
        assert ("Erased 30 turns." in asked.text) is (left == 0)
    assert len(chats(told)) == left


@needs_a_terminal
@pytest.mark.parametrize("kept", [True, False], ids=["some stay", "--yes"])
async def test_what_is_meant_is_not_asked(told: Shell, kept: bool) -> None:
    from tests.app.terminal import terminal

    begin_long_ago(told, but="chat-1" if kept else "")
    (told.home / "config.yaml").touch()
    async with terminal(told.home, "history", "prune", "--older-than", "90d", *([] if kept else ["--yes"])) as asked:
        assert await asked.ended() == 0
        assert asked.text.startswith("Erased")
    assert len(chats(told)) == kept


def test_a_script_is_not_asked(told: Shell) -> None:
    begin_long_ago(told)
    assert told.run("history", "prune", "--older-than", "90d").err == "Erased 30 turns.\n"


def begin_long_ago(shell: Shell, but: str = "") -> None:
    with closing(sqlite3.connect(shell.data_dir / "ledger.db")) as db, db:
        db.execute("UPDATE turn SET started_s = iif(chat = ?, 9e9, 0)", (but,))


def test_a_file_without_its_checksum_is_taken_with_a_word(told: Shell, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    *lines, last = told.run("history", "export", "--all").out.splitlines()
    end = json.loads(last)
    assert len(end.pop("sha256")) == 64
    file.write_text("\n".join([*lines, json.dumps(end)]))
    other = Shell(tmp_path / "other")
    other.home.mkdir()
    imported, word = other.run("history", "import", str(file)).err.splitlines()
    assert imported == "Imported 30 turns in 5 new chats."
    assert word.startswith(f"{file} has no checksum")


def test_a_chat_is_hidden_or_erased(told: Shell) -> None:
    assert "With --forever no word of it is kept" in told.run("history", "delete", "chat-1").err
    assert "chat-1" not in chats(told)
    (told.data_dir / "ledger.v3.backup").touch()
    done = told.run("history", "delete", "chat-1", "--forever")
    assert "(6 turns): no word of it is left in the ledger." in done.err
    assert "may still hold it: ledger.v3.backup." in done.err
    assert "There is no one chat" in told.run("history", "delete", "chat-1", "--forever", code=2).err
    assert len(chats(told)) == 4


def test_a_damaged_ledger_is_repaired(told: Shell) -> None:
    ledger = told.data_dir / "ledger.db"
    assert "is whole: there is nothing to repair." in told.run("history", "repair").err
    before = chats(told)
    body = bytearray(ledger.read_bytes())
    body[:100] = bytes(100)
    ledger.write_bytes(body)
    done = told.run("history", "list", code=1)
    assert done.err.count("\n") == 1
    assert "`pointsman history repair`" in done.err
    done = told.run("history", "repair")
    kept = told.data_dir / "ledger.damaged-1.db"
    assert done.err == f"Saved 30 turns in 5 chats.\nThe damaged file is kept: {kept}.\n"
    assert kept.read_bytes() == body
    assert chats(told) == before


def test_there_is_nothing_to_repair_where_nothing_is(bare: Shell) -> None:
    assert "There is no ledger" in bare.run("history", "repair", code=1).err


def test_every_command_is_named(bare: Shell) -> None:
    named = bare.run("history", "--help").out
    assert all(f"\n  {name} " in named for name in cli.commands["history"].commands)
