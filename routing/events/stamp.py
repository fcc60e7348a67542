"""What every event carries, and the words that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal[
    "answer", "classifier", "judge", "agreement", "embedding", "title", "summary", "drill", "canary", "check"
]
Status = Literal["answered", "degraded", "failed", "cancelled"]
Basis = Literal["reported", "estimated", "reserved", "free"]
NextStep = Literal["retry", "failover", "step_down", "escalate", "degrade", "stop"]
Role = Literal["first", "retry", "again", "failover", "escalation", "step_down", "hedge", "continuation", "side"]
"""Why a call was made: as the first, once more after a failure, once more for the form asked for, instead of or after
another, beside one that is late, to go on with an answer, or for something else than the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every event carries."""

    turn: str
    seq: int
    at_s: float
    wall_s: float
