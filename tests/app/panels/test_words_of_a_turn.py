"""The strips at an answer, and the two screens that tell everything."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import routing.decision.constraints
from app.chat.strip import Runs, header, strip
from app.panels.reasons import sentence
from app.screens import inspect, why
from routing.decision.model import Reason
from routing.events import ConfidenceMeasured, ConfidencePart
from tests.app.traces import LARGE, MID, OTHER, SMALL, Script, a_trace, candidate, decision, rung


def plain(runs: Runs) -> str:
    return "".join(text for text, _ in runs)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accepted", "pebble · small · conf .87 · 1.2 s · $0.0004 sim"),
        ("escalated", "boulder · mid · conf .87 · path small ↑ mid · 3.9 s · $0.0008 sim"),
        ("live", "boulder · mid · conf .70? · path small ↑ mid · 2.4 s · held $0.0021 sim"),
        ("retried", "pebble · small · conf .87 · path small ↻ · 1.9 s · $0.0004 sim"),
        ("failed_over", "summit · large · conf .90 · path large → sim-south · 4.0 s · $0.0090 sim"),
        ("stepped_down", "pebble · small · conf .80 · path large ↓ small · 2.8 s · ≈ $0.0021 sim"),
        ("below_floor", "pebble · small · conf .22 · ! below the floor · 1.2 s · $0.0004 sim"),
        ("cancelled", "pebble · small · 0.9 s · ≈ $0.0001 sim"),
        ("cut_off", "pebble · small · conf .87 · ✂ cut off · 1.2 s · $0.0004 sim"),
    ],
)
def test_the_strip_under_an_answer(name: str, expected: str) -> None:
    trace = a_trace(name)
    assert trace.current is not None
    assert plain(strip(trace, trace.current)) == expected


def test_a_drafts_strip_counts_its_own_seconds_and_dollars() -> None:
    trace = a_trace("escalated")
    assert plain(strip(trace, trace.attempts[0])) == "pebble · small · conf .41 · 0.9 s · $0.0001 sim"


@pytest.mark.parametrize(
    ("name", "attempt", "expected"),
    [
        ("accepted", 0, f"{SMALL} · answer"),
        ("escalated", 0, f"{SMALL} · draft 1 · superseded · conf .41 < .66"),
        ("escalated", 1, f"{MID} · answer"),
        ("live", 1, f"{MID} · answer · ▸ live"),
        ("failed_over", 0, f"{LARGE} · attempt 1 · ✗ failed · server error"),
        ("cancelled", 0, f"{SMALL} · answer · ✂ stopped"),
        ("broken_off", 0, f"{SMALL} · answer · ✂ broke off"),
    ],
)
def test_the_header_over_an_answer(name: str, attempt: int, expected: str) -> None:
    trace = a_trace(name)
    assert plain(header(trace, trace.attempts[attempt])) == expected


@pytest.mark.parametrize("width", [40, 60, 78, 116])
def test_why_names_every_model_and_every_reason(width: int) -> None:
    trace = a_trace("escalated")
    assert trace.decision is not None
    told = " ".join(" ".join(line.plain.split()) for line in why.lines(trace, width))
    for fitting in trace.decision.candidates:
        assert fitting.model in told
    for exclusion in trace.decision.excluded:
        assert exclusion.model in told
        for reason in exclusion.reasons:
            assert sentence(reason) in told
    assert f"Without it: {MID}." in told
    assert "saw Traceback" in told
    assert "code asked for" in told


def test_a_model_that_is_out_is_not_said_to_be_asked() -> None:
    plan = decision(rung(SMALL))
    judged = replace(plan, candidates=(*plan.candidates, *(candidate(one.model) for one in plan.excluded)))
    lines = [line.plain for line in why.lines(Script(judged).trace, 100)]
    assert "May be asked: 1  predicted for this prompt" in lines
    assert "Out: 2  with every reason" in lines
    for exclusion in judged.excluded:
        assert len([line for line in lines if exclusion.model in line]) == 1


def test_why_says_which_part_each_model_plays() -> None:
    lines = [line.plain for line in why.lines(a_trace("escalated"), 100)]
    parts = {model: next(line for line in lines if line[2:].startswith(f"{model}  ")) for model in (SMALL, MID, OTHER)}
    assert "chosen" in parts[SMALL]
    assert "rung 2" in parts[MID]
    assert "fallback on rung 3" in parts[OTHER]


def test_why_with_an_empty_ladder_says_that_none_may_be_asked() -> None:
    assert why.lines(a_trace("nothing_fits"), 60)[0].plain.startswith("! No model may be asked")


def test_every_reason_of_the_router_has_a_sentence_of_its_own() -> None:
    folder = Path(routing.decision.constraints.__file__).parent
    kinds = {kind for path in folder.glob("*.py") for kind in re.findall(r'Reason\(\s*"(\w+)"', path.read_text())}
    assert len(kinds) >= 10
    for kind in kinds:
        told = sentence(Reason(kind, "2100000", "400000"))
        assert told.endswith(".")
        assert "was found" not in told


def test_reasons_speak_of_money_and_tokens_as_people_do() -> None:
    assert sentence(Reason("day_cap", "2100000", "400000")) == (
        "One call may cost up to $0.0021; today $0.0004 is left."
    )
    assert sentence(Reason("context", "9412", "8192")) == "9 412 tokens are needed, its window holds 8 192."
    assert sentence(Reason("moon_phase", "full", "new")) == "Moon phase: full is needed, new was found."


@pytest.mark.parametrize("width", [40, 78, 116])
def test_inspect_tells_the_turn_to_the_request_id(width: int) -> None:
    told = " ".join(" ".join(line.plain.split()) for line in inspect.lines(a_trace("retried"), width))
    assert "again in 0.5 s: overloaded" in told
    assert "req-1" in told
    assert "req-2" in told
    assert "upstream said [/no" in told
    assert "412 tokens in, 220 out" in told
    assert "as the provider reported; $0.0021 sim had been reserved" in told
    assert "would have cost $0.0090 sim" in told


@pytest.mark.parametrize("width", [76, 116])
def test_inspect_cuts_no_words_of_a_signal_while_there_is_room(width: int) -> None:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).weigh(1.0, 0.41)
    last = script.events[-1]
    admits = ConfidencePart("admits not to know", "“i am not certain of it”", -1.2)
    assert isinstance(last, ConfidenceMeasured)
    script.events[-1] = replace(last, parts=(*last.parts, admits))
    shown = [line.plain for line in inspect.lines(script.trace, width)]
    (told,) = (line for line in shown if "admits not to know" in line)
    assert "“i am not certain of it” " in told
    assert "▒▒▒▒" in told
    assert told.endswith("−1.20")


def test_inspect_tells_what_was_tried_and_what_to_do() -> None:
    told = "\n".join(line.plain for line in inspect.lines(a_trace("degraded"), 78))
    assert "tried: sim-north refused the connection." in told
    assert "do: Try again in a minute." in told
