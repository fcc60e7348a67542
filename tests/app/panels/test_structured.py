"""What the panels tell of an answer that was not the JSON asked for, and of the chance that it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.chat.strip import strip
from app.panels import words
from app.screens import inspect, why
from routing.trace import Trace
from tests.app.traces import CASCADE, MID, SMALL, Script


def asked_again() -> Trace:
    """The small model's JSON is wrong, and right when it is asked once more."""
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.18)
    script.ask_again(1.0, SMALL, "schema: $.age is not an integer")
    script.start(SMALL, 1.0).token(1.4).end(2.0).settle(2.0, 100_000).weigh(2.0, 0.87)
    return script.finish(2.0)


def test_an_answer_that_is_asked_for_again_is_a_draft_left_by_a_retry() -> None:
    trace = asked_again()
    assert [attempt.outcome for attempt in trace.attempts] == ["superseded", "answered"]
    assert words.state(trace, trace.attempts[0]).word == "retried"
    assert trace.current is not None
    assert "path small ↻" in "".join(text for text, _ in strip(trace, trace.current))
    told = " ".join(line.plain for line in inspect.lines(trace, 120))
    assert "at once: schema: $.age is not an integer" in told


@pytest.mark.parametrize("width", [60, 120])
def test_why_tells_the_chance_of_valid_json_where_it_is_asked_for(width: int) -> None:
    candidates = tuple(replace(one, valid=0.98) for one in CASCADE.candidates)
    trace = Script(replace(CASCADE, candidates=candidates)).trace
    told = "\n".join(line.plain for line in why.lines(trace, width))
    assert told.count("its JSON is valid with a chance of .98") == len(candidates)
    plain = "\n".join(line.plain for line in why.lines(Script(CASCADE).trace, width))
    assert "JSON" not in plain.partition("The prompt")[0]


def test_a_model_that_is_climbed_past_is_not_taken_for_retried() -> None:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.escalate(1.0, SMALL, MID).start(MID, 1.0, on=1)
    assert words.state(script.trace, script.trace.attempts[0]).word == "escalated"
