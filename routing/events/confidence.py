"""How sure an answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.confidence.usual import LogprobStatistic
from routing.decision.model import PatternKind
from routing.events.stamp import Stamp


@dataclass(frozen=True, slots=True)
class ConfidencePart:
    """One signal: what was read, and what it adds to the log-odds."""

    name: str
    raw: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that could go wrong in an answer, and whether it did. `subject`: the response format for `format`, the
    language for `language`, the class of task for `length` and `refusal`."""

    kind: PatternKind
    subject: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceMeasured(Stamp):
    """`score` 0..1 with its likely band; `needed` None: any answer stays. `valid` says whether an answer that had to
    be JSON is, and meets its schema; None: it did not have to, or nobody can tell. `observed` is what the answer says
    of how its model fails, `logprobs` what its tokens add to what is usual of it. `provisional`: of what had come of it
    so far."""

    type: Literal["ConfidenceMeasured"] = "ConfidenceMeasured"
    attempt: str
    score: float
    low: float
    high: float
    parts: tuple[ConfidencePart, ...]
    needed: float | None
    provisional: bool = False
    valid: bool | None = None
    observed: tuple[Observation, ...] = ()
    logprobs: tuple[LogprobStatistic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion(Stamp):
    """Somebody else was asked about the answer of `attempt`, in the turn `by_turn`: another model for its own answer,
    to see whether they agree, or a judge. `said` tells in words what came of it; the confidence is measured anew."""

    type: Literal["SecondOpinion"] = "SecondOpinion"
    attempt: str
    kind: Literal["agreement", "judge"]
    model: str
    by_turn: str
    said: str
    spend_nusd: int
    simulated: bool
