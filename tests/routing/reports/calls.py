"""Calls as the reports read them, written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from routing.ledger.costs import CostRow
from tests.fakes import SMALL

_PLAIN = CostRow(
    id="t.1",
    turn="t",
    n=1,
    purpose="answer",
    provider="north",
    model=SMALL,
    tier="small",
    simulated=False,
    day="2026-11-20",
    role="first",
    outcome="finished",
    basis="reported",
    reserved_nusd=9,
    spend_nusd=5,
    input_tokens=1,
    output_tokens=1,
    saved_tokens=0,
    saved_nusd=0,
    counts=True,
    asked=True,
    status="answered",
    route="main",
    task="code",
    confidence=0.9,
    baseline_nusd=9,
    escalations=0,
)


def a_call(**fields: Any) -> CostRow:
    """One that gave its turn's answer, except where `fields` say otherwise."""
    return replace(_PLAIN, **fields)
