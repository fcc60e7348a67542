"""What is said of two models that are asked at once, and of an answer that another one goes on with."""

from __future__ import annotations

import pytest
from textual.content import Content

from app.chat.strip import header, strip
from app.panels import ladder, latency, status
from app.screens import inspect
from routing.narration import narrate
from routing.trace import Trace
from tests.app.traces import LARGE, OTHER, Script, a_trace, decision, rung


def row(lines: list[Content], start: str) -> str:
    return next(line.plain for line in lines if line.plain.startswith(start))


def text(lines: list[Content]) -> str:
    return "\n".join(" ".join(line.plain.split()) for line in lines)


def told(trace: Trace) -> str:
    return narrate(trace, trace.current, status="answered", below_floor=False)


@pytest.mark.parametrize("width", [32, 40, 78])
def test_the_second_stands_under_the_one_that_was_late(width: int) -> None:
    lines = ladder.lines(a_trace("hedge_lost"), width)
    order = [line.plain[:3] for line in lines if line.plain[:3] in ("1 ↑", "h ✂", "2 ✓", "3 ·")]
    assert order == ["1 ↑", "h ✂", "2 ✓", "3 ·"]
    assert OTHER in row(lines, "h ✂")
    assert "after 1.8 s, cut" in text(lines)


def test_the_one_that_was_first_says_so() -> None:
    lines = ladder.lines(a_trace("hedged"), 78)
    assert "cut" in row(lines, "1 ✂")
    assert "after 1.8 s, was first" in row(lines, "h ✓")


def test_what_a_stopped_call_cost_is_marked_as_an_estimate() -> None:
    trace = a_trace("hedged")
    assert "≈ $0.0001 sim" in row(ladder.lines(trace, 78), "1 ✂")
    assert "≈" not in row(ladder.lines(trace, 78), "h ✓")
    assert "stopped, so billed as an estimate" in text(inspect.lines(trace, 100))
    assert trace.current is not None
    assert "≈ $0.0091 sim" in "".join(words for words, _ in strip(trace, trace.current))


def test_both_run_at_once_in_the_waterfall() -> None:
    lines = latency.lines(a_trace("hedged"), 78)
    first, second = row(lines, "1 sim-north"), row(lines, "h sim-south")
    assert second.index("▒") < first.index("✂") <= second.index("█")
    assert "░" not in second


def test_a_second_that_runs_does_not_end_the_first() -> None:
    script = Script(decision(rung(LARGE, OTHER, threshold=None))).start(LARGE, 0.1).hedge(OTHER, 1.9, 1.8)
    script.of(2).token(3.0)
    first, second = ladder.steps(script.trace)[0].attempts
    lines = latency.lines(script.trace, 78)
    assert row(lines, "1 ").rstrip().endswith("2.9 s")
    assert row(lines, "h ").rstrip().endswith("1.1 s")
    assert (first.role, second.role) == ("first", "hedge")


def test_two_lines_show_both() -> None:
    assert status.status_lines(a_trace("hedged"), None, 78)[0].plain.startswith(
        "1 ✂ sim-north/summit h ✓ sim-south/summit .90"
    )
    lost = status.status_lines(a_trace("hedge_lost"), None, 78)[0].plain
    assert lost.startswith("1 ↑ pebble .41 h ✂ summit ─ 2 ✓ boulder .87")


@pytest.mark.parametrize(
    ("name", "path"),
    [("hedged", "path large h sim-south"), ("hedge_lost", "path small ↑ mid"), ("lengthened", "path small +")],
)
def test_the_path_leaves_out_who_was_not_first(name: str, path: str) -> None:
    trace = a_trace(name)
    assert trace.current is not None
    assert f" · {path} · " in "".join(words for words, _ in strip(trace, trace.current))


def test_an_answer_that_is_gone_on_with_is_not_said_to_be_left() -> None:
    trace = a_trace("lengthened")
    said = "".join(words for words, _ in header(trace, trace.attempts[0]))
    assert "gone on with" in said
    assert "superseded" not in said
    assert "escalated" not in text(ladder.lines(trace, 40))
    assert "goes on from attempt 1" in text(ladder.lines(trace, 40))


def test_what_was_not_sent_and_what_it_saved_stands_under_the_call() -> None:
    for said in ("goes on from attempt 1", "3 old messages left out, saves $0.0002 sim"):
        assert said in text(ladder.lines(a_trace("gone_on"), 60))
        assert said in text(inspect.lines(a_trace("gone_on"), 60))


def test_inspect_tells_why_a_call_was_made() -> None:
    assert "large · answer · hedge · rung 1" in text(inspect.lines(a_trace("hedged"), 100))


def test_what_was_seen_before_stands_above_the_path() -> None:
    lines = text(ladder.lines(a_trace("hedged"), 60))
    for said in (
        "! 80% of today's simulated cap is used",
        "? e-mail address: replaced by placeholders",
        "! No large models: 4 times the usual hour",
    ):
        assert lines.index(said) < lines.index("1 ✂")
        assert said[2:] in text(inspect.lines(a_trace("hedged"), 100))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hedged", "sim-north/summit was late, so sim-south/summit was asked as well and was first"),
        ("hedged", "E-mail address went out as placeholders"),
        ("hedge_lost", "so sim-south/summit was asked as well, but sim-north/pebble was first after all"),
        ("gone_on", "sim-north/summit could not be reached, and sim-south/summit went on where it stopped"),
        ("lengthened", "sim-north/pebble reached its most tokens and went on"),
    ],
)
def test_the_sentence_tells_it_in_plain_words(name: str, said: str) -> None:
    assert said in told(a_trace(name))


def test_the_sentence_keeps_the_order_of_things() -> None:
    said = told(a_trace("hedge_lost"))
    assert said.index("was late") < said.index("was not sure enough")
