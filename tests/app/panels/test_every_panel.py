"""What holds for everything that is drawn from a trace, at every width, whatever happened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from app.chat.strip import header, strip
from app.panels import confidence, draw, ladder, latency, spend, status
from app.panels.spend import Spending
from app.screens import inspect, why
from routing.folding import Fold, fold
from routing.trace import Trace
from tests.app.traces import DOLLAR, SCRIPTS, a_trace

HOSTILE = "[/] [b]\x1b[31m\x00\u202e界界e\u0301\n\t{}"
SPENDING = Spending(
    session_nusd=41_200_000, day_nusd=412_000_000, cap_nusd=2 * DOLLAR, held_nusd=21_000_000, simulated=True
)

Drawing = Callable[[Trace | None, int, int], list[Content]]
PANELS: dict[str, Drawing] = {
    "ladder": ladder.lines,
    "confidence": confidence.lines,
    "latency": latency.lines,
    "spend": lambda trace, width, height: spend.lines(trace, SPENDING, width, height),
}
PARTS: dict[str, Callable[[Trace], object]] = {
    "ladder": ladder.part,
    "confidence": confidence.part,
    "latency": latency.part,
    "spend": spend.part,
}
OTHERS: dict[str, Drawing] = {
    "status lines": lambda trace, width, _: status.status_lines(trace, SPENDING, width),
    "status line": lambda trace, width, _: [status.status_line(trace, SPENDING, width)],
    "why": lambda trace, width, _: why.lines(trace, width),
    "inspect": lambda trace, width, _: inspect.lines(trace, width),
}

spendings = st.none() | st.builds(
    Spending,
    session_nusd=st.integers(0, 10**12),
    day_nusd=st.integers(0, 10**12),
    cap_nusd=st.none() | st.integers(0, 10**12),
    held_nusd=st.integers(0, 10**12),
    simulated=st.booleans(),
    next_nusd=st.none() | st.integers(0, 10**12),
    warn_at=st.floats(0, 1),
)


@cache
def prefixes(name: str) -> list[Trace]:
    """The turn as it was known after each of its events."""
    folding = Fold()
    traces = []
    for event in SCRIPTS[name]().events:
        folding.feed(event)
        traces.append(folding.trace)
    return traces


def hostile(trace: Trace) -> Trace:
    """The trace with models, words and sentences that nobody should have to read."""
    attempts = tuple(
        replace(
            attempt,
            model="界" * 9 + "/" + HOSTILE,
            tier=HOSTILE,
            failure=attempt.failure and replace(attempt.failure, words=HOSTILE, sentence=HOSTILE),
            request_id=HOSTILE,
        )
        for attempt in trace.attempts
    )
    return replace(trace, attempts=attempts, profile=HOSTILE)


def check(lines: list[Content], width: int) -> None:
    for line in lines:
        assert line.cell_length <= width, (line.plain, width)
        assert not set(line.plain) & set("\n\t\x1b\x00\u202e"), line.plain


@pytest.mark.parametrize("panel", [*PANELS, *OTHERS])
@given(
    trace=st.sampled_from(sorted(SCRIPTS)).flatmap(lambda name: st.sampled_from(prefixes(name))),
    width=st.integers(24, 120),
    height=st.integers(1, 40),
    bad=st.booleans(),
)
def test_no_line_is_too_wide_and_none_too_many(panel: str, trace: Trace, width: int, height: int, bad: bool) -> None:
    lines = (PANELS | OTHERS)[panel](hostile(trace) if bad else trace, width, height)
    check(lines, width)
    assert lines
    if panel in PANELS:
        assert len(lines) <= height


@pytest.mark.parametrize("panel", [*PANELS, *OTHERS])
@pytest.mark.parametrize("width", [24, 34, 120])
def test_nothing_yet_is_said_in_words(panel: str, width: int) -> None:
    lines = (PANELS | OTHERS)[panel](None, width, 10)
    check(lines, width)
    assert any(character.isalpha() for line in lines for character in line.plain)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_panel_does_not_read_changes_nothing_of_it(panel: str, name: str) -> None:
    known = prefixes(name)
    for before, after in pairwise(known):
        if PARTS[panel](before) == PARTS[panel](after):
            drawn = [PANELS[panel](trace, 38, 12) for trace in (before, after)]
            assert [line.markup for line in drawn[0]] == [line.markup for line in drawn[1]]


@pytest.mark.parametrize("panel", PANELS)
def test_text_that_streams_does_not_redraw_a_panel(panel: str) -> None:
    script = SCRIPTS["live"]()
    before = script.trace
    script.say("more and more", 3.4)
    assert PARTS[panel](script.trace) == PARTS[panel](before)


@pytest.mark.parametrize("panel", PANELS)
def test_a_live_turn_and_its_replay_look_alike(panel: str) -> None:
    events = SCRIPTS["escalated"]().events
    folding = Fold()
    for event in events:
        folding.feed(event)
        assert folding.trace.turn == "t1"
    assert [one.plain for one in PANELS[panel](folding.trace, 42, 12)] == [
        one.plain for one in PANELS[panel](fold(events), 42, 12)
    ]


@given(spendings, st.integers(24, 120), st.integers(1, 8), st.sampled_from(sorted(SCRIPTS)))
def test_any_amount_of_money_fits(spending: Spending | None, width: int, height: int, name: str) -> None:
    trace = a_trace(name)
    lines = [*spend.lines(trace, spending, width, height), *status.status_lines(trace, spending, width)]
    check([*lines, status.status_line(trace, spending, width)], width)


@pytest.mark.parametrize("name", SCRIPTS)
def test_strips_are_plain_words_in_known_styles(name: str) -> None:
    for trace in (a_trace(name), hostile(a_trace(name))):
        for attempt in trace.attempts:
            for text, words in (*strip(trace, attempt), *header(trace, attempt)):
                check([Content(text)], 10_000)
                draw.style(words)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_style_has_a_colour_in_a_theme(panel: str, name: str) -> None:
    used = {str(span.style) for line in PANELS[panel](a_trace(name), 78, 20) for span in line.spans}
    assert {word for style in used for word in style.split()} <= set(draw.STYLES.values())


def test_panels_are_cheap_to_import() -> None:
    """They stand on the way to the first paint."""
    names = ["ladder", "confidence", "latency", "spend", "status", "panel", "reasons"]
    code = "import sys\n" + "".join(f"import app.panels.{name}\n" for name in names)
    code += "import app.layout, app.chat.strip, app.screens.why, app.screens.inspect\n"
    slow = ("pydantic", "httpx", "routing.events", "routing.trace", "routing.folding")
    code += f"print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
