"""What came in, what was seen in it, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.analysis.features import Features
from routing.decision.model import Advice, Decision, Snapshot
from routing.events.stamp import Purpose, Stamp
from routing.messages import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Stamp):
    """`purpose` is that of all its attempts. Only answers belong to a chat."""

    type: Literal["TurnStarted"] = "TurnStarted"
    chat: str
    session: str
    profile: str
    request: Request
    purpose: Purpose = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnalysed(Stamp):
    type: Literal["RequestAnalysed"] = "RequestAnalysed"
    features: Features
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised(Stamp):
    type: Literal["Advised"] = "Advised"
    advice: Advice


@dataclass(frozen=True, slots=True)
class Finding:
    """Something seen before anything is sent: `kind` is risk, personal, pattern or secret, `subject` what or who,
    `what` a few words, `action` what is done about it."""

    kind: Literal["risk", "personal", "pattern", "secret"]
    subject: str
    what: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prechecked(Stamp):
    """What was looked at before anything was sent, where there was something to tell."""

    type: Literal["Prechecked"] = "Prechecked"
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextCut(Stamp):
    """The oldest messages of the chat are not sent: the policy keeps no place for them. `summary` is sent in their
    place, empty where none is; `by_turn` made it, None when it was known."""

    type: Literal["ContextCut"] = "ContextCut"
    left_out: int
    saved_tokens: int
    summary: str
    by_turn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDecided(Stamp):
    """The decision with the snapshot that it was made from, so that it can be made again."""

    type: Literal["RouteDecided"] = "RouteDecided"
    decision: Decision
    snapshot: Snapshot
    took_s: float
