"""`--schema`, `--attach` and `--tag` on the command line: what is refused before anything is sent, what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.printing import Final, Live
from routing import events as ev
from tests.app.cli.conftest import Shell
from tests.app.test_attachments import PNG
from tests.app.traces import SMALL, Script

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
FENCED = '```json\n{"name": "Ada"}\n```'


def turn(reply: str) -> list[ev.Event]:
    script = Script().start(SMALL, 0.1).token(0.4, reply).end(1.0).settle(1.0, 0).weigh(1.0, 0.9)
    script.finish(1.0, reply=reply)
    return script.events


# ---------------------------------------------------------------- refused
@pytest.mark.parametrize(
    ("schema", "place", "words"),
    [
        (b'{\n\t"type": "object",\n\t"properties": {\n\t\t"a": {"type": "intger"}}}', ":4: ", "'intger' is not one of"),
        (b'{"a":\n 1\n"b": 2}', ":3: ", "is not JSON"),
        (b'{"a": "\n"}', ":1: ", "is not JSON: Invalid control character at column 8."),
        (b"[]", ": ", "must be an object"),
        (b"\xff\xfe", ": ", "UTF-8"),
        (b'{\n"items": {\n"$ref": "#/$defs/none"}}', ":3: ", "#/$defs/none"),
    ],
)
def test_a_schema_that_is_none_is_told_with_file_and_line(
    shell: Shell, tmp_path: Path, schema: bytes, place: str, words: str
) -> None:
    (tmp_path / "schema.json").write_bytes(schema)
    done = shell.run("ask", "Who is it?", "--schema", "schema.json", code=2)
    assert done.err.startswith(f"schema.json{place}")
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not (shell.data_dir / "ledger.db").exists(), "it is refused before anything is opened"


def test_a_file_that_cannot_be_attached_is_told_before_anything_is_sent(shell: Shell) -> None:
    done = shell.run("ask", "Who is it?", "--attach", "nosuch.png", code=2)
    assert done.err == "nosuch.png does not exist: nothing is attached.\n"
    assert not (shell.data_dir / "ledger.db").exists()


# ---------------------------------------------------------------- asked and printed
def test_the_simulated_models_answer_as_the_schema_says(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    done = shell.run("ask", "Extract the name as JSON: my name is Ada", "--schema", "schema.json")
    assert isinstance(done.document["name"], str)


def test_what_is_attached_goes_along(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.txt").write_text("one\ntwo\n")
    words = ("ask", "How many lines?", "--attach", "a.png", "--attach", "b.txt", "--chat", "c", "--json")
    started = shell.run(*words, code=None).events[0]
    parts = started["request"]["content"]
    assert [part["type"] for part in parts] == ["text", "image", "file"]
    assert [part.get("name") for part in parts] == [None, "a.png", "b.txt"]
    (stored,) = shell.run("history", "show", "c", "--json").document["turns"]
    assert (stored["prompt"], stored["attached"]) == (
        "How many lines?",
        "a.png (image, 67 bytes)\nb.txt (text, 8 bytes)",
    )
    for telling in ("export", "show"):
        assert "▣ a.png (image, 67 bytes)" in shell.run("history", telling, "c").out


def test_explain_says_who_is_out_for_what_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    words = ("--attach", "a.png", "--schema", "schema.json", "--tag", "region=mars", "--json")
    document = shell.run("explain", "What is this?", *words).document
    reasons = {
        (reason["kind"], reason["needed"])
        for exclusion in document["excluded"]
        for reason in exclusion["reasons"]
        if reason["sentence"]
    }
    assert {("capability", "vision"), ("region", "mars")} <= reasons
    assert {candidate["valid"] for candidate in document["candidates"]} <= {0.98, 0.95, 0.8}
    assert document["features"]["response_format"] == "json_schema"
    shown = shell.run("explain", "Who is it?", "--schema", "schema.json").out
    assert "valid JSON" in shown


def test_a_pipe_gets_the_json_without_its_fence(capsys: pytest.CaptureFixture[str]) -> None:
    for bare in (True, False):
        printer = Final(bare_json=bare)
        for event in turn(FENCED):
            printer.feed(event)
        out, err = capsys.readouterr()
        assert (out, "fence" in err) == (('{"name": "Ada"}\n', True) if bare else (f"{FENCED}\n", False))


def test_a_terminal_is_told_that_the_answer_is_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script().start(SMALL, 0.1).token(0.4, '{"name": 1}').end(1.0).settle(1.0, 0).weigh(1.0, 0.18)
    script.ask_again(1.0, SMALL, "schema: $.name")
    script.start(SMALL, 1.0).token(1.4, '{"name": "Ada"}').end(2.0).settle(2.0, 0).weigh(2.0, 0.87)
    live = Live()
    script.finish(2.0, reply='{"name": "Ada"}')
    for event in script.events:
        live.feed(event)
    out, err = capsys.readouterr()
    assert out == '{"name": 1}\n{"name": "Ada"}\n'
    assert err == f"↑ Draft of {SMALL} given up (schema: $.name); it is asked once more.\n"


def test_a_draft_that_was_given_up_is_not_printed_again_when_the_turn_is_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = Script().start(SMALL, 0.1).token(0.4, '{"name": 1}').end(1.0).settle(1.0, 0).weigh(1.0, 0.18)
    script.ask_again(1.0, SMALL, "schema: $.name")
    live = Live()
    end = script.finish(2.0, "cancelled", reply='{"name": 1}')
    for event in script.events:
        live.feed(event)
    live.end()
    out, err = capsys.readouterr()
    assert out == '{"name": 1}\n'
    assert err.count("\n") == 2
    assert end.finished is not None
    assert err.endswith(f"\n{end.finished.sentence}\n")
