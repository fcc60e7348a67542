"""One turn from the shell: what is on which stream, and how it ends."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.app.cli.conftest import PROGRAM, ROOT, Shell

ODD = "\u202eright to left\u202c \U0001f469\u200d\U0001f680 漢字 [/]"
SUM = "What is 18 % of 2,350?"
CLIMBS = "Summarise in one sentence: The yard opened in 1904. It had four tracks. Two were lifted in 1961."


def test_the_answer_is_on_stdout_and_the_trace_on_stderr(shell: Shell) -> None:
    done = shell.spawn("ask", SUM)
    assert done.out == "18 % of 2,350 = 423\n"
    trace, sentence = done.err.splitlines()
    assert trace.startswith("→ sim-")
    assert "small · conf ." in trace
    assert trace.endswith(" simulated")
    assert sentence.startswith("Started small")


def test_json_is_a_line_for_each_event_and_ends_with_the_turn(shell: Shell) -> None:
    done = shell.run("ask", SUM, "--json", "--tag", "regulated=no", "--tag", "private")
    events, end = done.events, done.events[-1]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["turn"] for event in events}) == 1
    assert events[0]["request"]["tags"] == [["regulated", "no"], ["private", "yes"]]
    assert (end["type"], end["status"], end["simulated"]) == ("TurnFinished", "answered", True)
    assert end["reply"] == "".join(event["text"] for event in events if event["type"] == "TextDelta")
    assert {"provider", "model", "confidence", "path", "latency_s", "first_token_s", "spend_nusd"} <= end.keys()
    assert type(end["spend_nusd"]) is int
    assert done.err == ""


def test_a_pipe_gets_the_final_reply_alone(shell: Shell) -> None:
    events = shell.run("ask", CLIMBS, "--json").events
    escalated = [event for event in events if event["type"] == "Escalated"]
    assert escalated, "the prompt must be too hard for the small model"
    draft = "".join(
        event["text"]
        for event in events
        if event["type"] == "TextDelta" and event["attempt"] == escalated[0]["attempt"]
    )
    done = shell.run("ask", CLIMBS)
    assert done.out.strip() == events[-1]["reply"].strip()
    assert draft not in done.out
    assert "not sure enough" in done.err


@pytest.mark.parametrize(
    ("words", "stdin", "sent"),
    [
        (("ask", "-"), b"What is 2+3?\n", "What is 2+3?\n"),
        (("ask",), b"\xef\xbb\xbfWhat is 2+3?", "What is 2+3?"),
        (("ask", "How many lines are these?"), b"one\ntwo\n", "How many lines are these?\n\none\ntwo\n"),
        (("ask", "What is 2+3?"), b" \n", "What is 2+3?"),
        (("ask", "-"), b"bytes \xff\xfe that are no text \x00 and a zero", "bytes �� that are no text \0 and a zero"),
        (("ask", "-"), ODD.encode(), ODD),
    ],
)
def test_what_is_piped_in_belongs_to_the_prompt(shell: Shell, words: tuple[str, ...], stdin: bytes, sent: str) -> None:
    started, *_, end = shell.spawn(*words, "--json", stdin=stdin, code=None).events
    assert "\n\n".join(part["text"] for part in started["request"]["content"]) == sent
    assert end["type"] == "TurnFinished"


def test_a_megabyte_is_taken(shell: Shell) -> None:
    done = shell.spawn("ask", "Count the lines", "--json", stdin=b"a line of some words\n" * 50_000, code=None)
    assert done.events[-1]["status"] in ("answered", "degraded")


def test_an_answer_never_commands_the_terminal(shell: Shell) -> None:
    done = shell.spawn("ask", "Change this to upper case: ab\x1b[31mcd\x07ef")
    assert "CD" in done.out
    assert not set(done.out) & {"\x1b", "\x07"}
    assert "�" in done.out


def test_all_providers_down_is_a_card_and_exit_code_one(bare: Shell) -> None:
    done = bare.spawn("ask", SUM, "--fault", "all:refuse", code=1)
    assert "What happened" in done.out
    assert "What to do" in done.out
    trace, sentence = done.err.splitlines()
    assert trace.startswith("→ no model answered · degraded")
    assert sentence.endswith(".")


def test_a_model_may_be_called_by_an_alias_of_the_profile_that_is_asked_for(shell: Shell) -> None:
    economy = (ROOT / "routing" / "policy" / "profiles" / "economy.yaml").read_text(encoding="utf-8")
    mine = shell.config.parent / "profiles" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text(economy.replace("id: economy", 'id: mine\naliases: {mine: "*/railcar"}', 1), encoding="utf-8")
    asked = ("ask", SUM, "--model", "mine", "--json")
    assert shell.run(*asked, "--profile", "mine").events[-1]["model"] == "sim-north/railcar"
    assert "There is no model 'mine'" in shell.run(*asked, code=2).err


def test_a_pinned_model_is_asked(shell: Shell) -> None:
    end = shell.run("ask", SUM, "--model", "*/railcar", "--json").events[-1]
    assert end["model"] == "sim-north/railcar"


def test_a_schema_is_sent(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    started = shell.run("ask", "Give a: 1 as JSON", "--schema", "schema.json", "--json", code=None).events[0]
    assert started["request"]["schema"] == '{"type": "object"}'
    assert started["request"]["response_format"] == "json_schema"


def test_a_chat_goes_on_where_it_was(shell: Shell) -> None:
    first = shell.run("ask", "Sort these: pear, fig, apple", "--chat", "fruit", "--json").events[0]
    second = shell.run("ask", "Now in reverse order", "--chat", "fruit", "--json", code=None).events[0]
    latest = shell.run("ask", "And what is 2+3?", "--chat", "last", "--json", code=None).events[0]
    alone = shell.run("ask", SUM, "--json").events[0]
    assert (first["chat"], first["request"]["parent_turn"]) == ("fruit", None)
    assert (second["chat"], second["request"]["parent_turn"]) == ("fruit", first["turn"])
    assert (latest["chat"], latest["request"]["parent_turn"]) == ("fruit", second["turn"])
    assert alone["chat"] not in ("", "fruit")
    shown = shell.run("history", "show", "fruit", "--json").document
    assert [turn["prompt"] for turn in shown["turns"]] == [
        "Sort these: pear, fig, apple",
        "Now in reverse order",
        "And what is 2+3?",
    ]


def test_without_a_chat_the_latest_one_is_a_new_one(shell: Shell) -> None:
    done = shell.run("ask", SUM, "--chat", "last")
    assert done.err.startswith("There is no chat yet, so this begins one.\n")
    (chat,) = shell.run("history", "list", "--json").document["chats"]
    assert (chat["turns"], chat["id"] != "last") == (1, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_settles_and_keeps(bare: Shell, number: signal.Signals, code: int) -> None:
    program = bare.start("ask", SUM, "--json", "--fault", "all:slow")
    assert program.stdout is not None
    seen = ""
    while '"AttemptStarted"' not in seen:
        seen = program.stdout.readline()
        assert seen, "the program ended before it asked anybody"
    program.send_signal(number)
    out, err = program.communicate(timeout=30)
    assert (program.returncode, err) == (code, "")
    last = out.splitlines()[-1]
    assert '"TurnFinished"' in last
    assert '"status":"cancelled"' in last
    spend = bare.run("report", "spend", "--json").document
    assert (spend["held_nusd"], spend["simulated_held_nusd"]) == (0, 0)
    assert bare.run("history", "show", "--json").document["turns"][0]["status"] == "cancelled"


def test_a_reader_that_has_gone_is_no_error(shell: Shell) -> None:
    program = subprocess.Popen(
        [*PROGRAM, "ask", SUM, "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.environ,
        cwd=shell.home,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait(timeout=30) == 0
    assert shell.run("report", "spend", "--json").document["simulated_held_nusd"] == 0


def test_a_tag_that_nothing_reads_is_told_and_sent(shell: Shell) -> None:
    done = shell.run("ask", SUM, "--json", "--tag", "privat")
    assert done.err == "No rule reads the tag 'privat': write 'private'.\n"
    assert done.events[0]["request"]["tags"] == [["privat", "yes"]]
    assert "the tag 'privat'" in shell.run("explain", SUM, "--tag", "privat").err
