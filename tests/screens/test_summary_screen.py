"""Pictures of a session's summary: hidden costs, what is known of each amount, and what was saved at what quality."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing import events as ev
from routing.errors import ErrorKind
from tests.app.traces import LARGE, MID, OTHER, SMALL, Script
from tests.screens.conftest import told
from tests.screens.test_screens import ANSWER, FULL, STRIP, Snap, client, degraded, escalated, scene


def plain() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4, "Yes.").end(1.0).settle(1.0, 100_000).weigh(1.0, 0.81)
    script.finish(1.0, reply="Yes.", baseline_nusd=2_000_000)
    return script


def retried() -> Script:
    script = Script().start(MID, 0.1).fail(0.3, ErrorKind.SERVER_ERROR, "retry", shown=True)
    script.settle(0.3, 200_000, "estimated").retry(0.3, MID).start(MID, 0.9, on=1).token(1.2, ANSWER).end(2.0)
    script.settle(2.0, 700_000).weigh(2.0, 0.74).finish(2.0, reply=ANSWER, baseline_nusd=3_000_000)
    return as_role(script, "retry")


def hedged() -> Script:
    """The first call was late, so that another one answered."""
    script = Script().start(LARGE, 0.1)
    script._add(ev.HedgeCut, 2.4, attempt=script.attempt, winner="a2")
    script.fail(2.4, ErrorKind.CANCELLED, "stop").settle(2.4, 300_000, "estimated")
    script.start(OTHER, 2.4).token(2.5, "Quicker.").end(3.0).settle(3.0, 900_000).weigh(3.0, 0.9)
    script.finish(3.0, reply="Quicker.", baseline_nusd=2_000_000)
    return as_role(script, "hedge")


def as_role(script: Script, role: ev.Role) -> Script:
    """The second call was made for this."""
    script.events = [
        replace(event, role=role) if isinstance(event, ev.AttemptStarted) and event.n == 2 else event
        for event in script.events
    ]
    return script


def session() -> list[list[Any]]:
    scripts = [escalated(), retried(), degraded(), plain(), plain(), hedged()]
    return [
        told(script, f"t{n}", f"Question {n} of quite another kind?", f"t{n - 1}" if n > 1 else None)
        for n, script in enumerate(scripts, 1)
    ]


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_a_session_with_hidden_costs(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = ("per success", "calibrated", "estimated, not measured", "saved", "escalated", "What it went for")
    compare: Snap = snap_compare
    assert compare(client(tmp_path, session()), terminal_size=size, run_before=scene("f5", facts=facts, turns=6))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_the_parts_and_the_slices(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = ("By task", "code", "By model", "boulder")
    compare: Snap = snap_compare
    assert compare(client(tmp_path, session()), terminal_size=size, run_before=scene("f5", "G", facts=facts, turns=6))
