"""`pointsman policy new`: from prompts to a profile that can be chosen, as a person does it."""

from __future__ import annotations

import json
import os
from contextlib import chdir
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from app.cli.policy_new import new
from routing.policy.loading import load_policy
from tests.app.cli.conftest import Done, Shell
from tests.corpora import databases
from tests.routing.evaluation.traffic.exports import CODE, SIMPLE, claude_chat, openai_chat


def draft(shell: Shell, *words: str | Path, code: int = 0) -> Done:
    with chdir(shell.home), patch.dict(os.environ, shell.environ, clear=True):
        done = CliRunner().invoke(new, [str(word) for word in words], prog_name="pointsman policy new")
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.stderr
    return Done(done.exit_code, done.stdout, done.stderr)


def document(shell: Shell, *words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = draft(shell, *words, "--json").document
    return found


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([openai_chat([SIMPLE, SIMPLE, CODE], "gpt-4o")]), encoding="utf-8")
    return file


@pytest.fixture
def told(bare: Shell) -> Shell:
    """A shell with a ledger in which a good deal was asked."""
    databases.build(bare.data_dir / "ledger.db")
    return bare


def test_a_person_reads_what_the_prompts_are_and_a_draft(bare: Shell, export: Path) -> None:
    out = draft(bare, "--import", export).out
    for title in ("What your prompts are", "What they would cost", "The worked example, calculated"):
        assert title in out
    assert "Which tier a prompt needs is an estimate" in out
    assert "claims 78 %; it saves 83 %" in out
    yaml = out[out.index("# Drafted from 3 prompts (conversations.json)") :]
    assert load_policy(yaml).id == "drafted"


def test_json_holds_the_same(bare: Shell, export: Path) -> None:
    found = document(bare, "--import", export)
    assert (found["source"], found["basis"], found["prompts"]) == ("conversations.json", "balanced", 3)
    assert {kind["task"]: kind["prompts"]["count"] for kind in found["kinds"]} == {"faq": 2, "code": 1}
    assert {bill["profile"] for bill in found["bills"]} == {"balanced", "economy", "private", "quality"}
    assert found["paid"] == 3
    assert found["example"]["equal"]["share"] == pytest.approx(0.83)
    assert load_policy(found["draft"]["yaml"]).id == found["draft"]["id"] == "drafted"
    assert found["draft"]["bill"]["first_nusd"] > 0


def test_a_draft_is_written_once_and_can_be_chosen(bare: Shell, export: Path) -> None:
    bare.write_config("")
    folder = bare.config.parent / "profiles"
    folder.mkdir()
    file = folder / "mine.yaml"
    done = draft(bare, "--import", export, "--out", file)
    assert f"Drafted the profile 'mine': {file}." in done.err
    assert "Put it into" not in done.err
    assert "id: mine" not in done.out
    written = file.read_bytes()
    assert f"{file}: is there already; name another file." in draft(bare, "--import", export, "--out", file, code=2).err
    assert file.read_bytes() == written
    assert bare.run("explain", SIMPLE, "--profile", "mine", "--json").document["profile"] == "mine"
    assert "mine" in {bill["profile"] for bill in document(bare, "--import", export)["bills"]}
    elsewhere = draft(bare, "--import", export, "--out", bare.home / "other.yaml", "--profile", "other")
    assert f"Put it into {folder} to choose it." in elsewhere.err


def test_every_form_of_the_history_gives_the_same_prompts(told: Shell, tmp_path: Path) -> None:
    own = document(told, "--from-history")
    assert own["prompts"] == own["counted"] == databases.CHATS * databases.TURNS
    everything = tmp_path / "ledger.jsonl"
    everything.write_text(told.run("history", "export", "--all").out, encoding="utf-8")
    imported = document(told, "--import", everything)
    for name in ("prompts", "counted", "kinds", "tiers", "paid_nusd", "bills", "busiest"):
        assert imported[name] == own[name]
    chat = tmp_path / "chat.json"
    chat.write_text(told.run("history", "export", "chat-3", "--json").out, encoding="utf-8")
    page = tmp_path / "chat.md"
    page.write_text(told.run("history", "export", "chat-3", "--md").out, encoding="utf-8")
    of_chat, of_page = document(told, "--import", chat), document(told, "--import", page)
    assert 0 < of_chat["prompts"] == of_chat["counted"] == of_page["prompts"]
    assert [kind["prompts"] for kind in of_chat["kinds"]] == [kind["prompts"] for kind in of_page["kinds"]]


def test_an_export_of_the_other_form(bare: Shell, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([claude_chat([SIMPLE])]), encoding="utf-8")
    assert document(bare, "--import", file)["prompts"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Choose one of --from-history and --import FILE."),
        (("--from-history", "--import", "x"), "Choose one of --from-history and --import FILE."),
        (("--from-history",), "The history holds no prompt yet"),
        (("--import", "none.json"), "none.json: is not there; check the name"),
        (("--import", "x", "--out", "mine.txt"), "A profile's file ends in .yaml"),
        (("--import", "x", "--out", "mine.yaml", "--profile", "other"), "write --out other.yaml"),
    ],
)
def test_mistakes_are_told_in_a_sentence(bare: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in draft(bare, *words, code=2).err


def test_a_place_that_cannot_be_written_is_told(bare: Shell, export: Path) -> None:
    file = bare.home / "none" / "mine.yaml"
    assert f"{file}: cannot be written" in draft(bare, "--import", export, "--out", file, code=2).err


def test_what_an_export_holds_is_never_obeyed(bare: Shell, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = {"prompt": f"\x1b[2J{SIMPLE}", "model": "sim-north/express", "at_s": 0}
    file.write_text(json.dumps(row), encoding="utf-8")
    out = draft(bare, "--import", file).out
    assert "\x1b" not in out
    assert f"\ufffd[2J{SIMPLE}" in out
