"""The life of one call of one model, from the money that is held for it to what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.errors import ErrorKind
from routing.events.stamp import Basis, NextStep, Purpose, Role, Stamp
from routing.messages import RateLimit, ToolCall, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved(Stamp):
    """`scopes` are the sums that the call counts in, on the local `day` and in the `session`."""

    type: Literal["Reserved"] = "Reserved"
    attempt: str
    amount_nusd: int
    day: str
    simulated: bool
    session: str = ""
    scopes: tuple[str, ...] = ("all",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(Stamp):
    """`n` counts the turn's attempts from 1; `rung` is the ladder's index, `try_` counts calls of this model.
    `left_out` counts the oldest messages of the chat that are not sent along, `saved_tokens` and `saved_nusd` what they
    would have been; `continues` names the attempt whose text this one goes on with."""

    type: Literal["AttemptStarted"] = "AttemptStarted"
    attempt: str
    n: int
    rung: int
    try_: int
    purpose: Purpose
    provider: str
    model: str
    tier: str
    simulated: bool
    left_out: int = 0
    role: Role = "first"
    continues: str | None = None
    saved_tokens: int = 0
    saved_nusd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstToken(Stamp):
    type: Literal["FirstToken"] = "FirstToken"
    attempt: str
    first_token_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta(Stamp):
    type: Literal["TextDelta"] = "TextDelta"
    attempt: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta(Stamp):
    type: Literal["ReasoningDelta"] = "ReasoningDelta"
    attempt: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallDelta(Stamp):
    type: Literal["ToolCallDelta"] = "ToolCallDelta"
    attempt: str
    call: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished(Stamp):
    """`limits` are the rate limits that the provider announced with the answer."""

    type: Literal["AttemptFinished"] = "AttemptFinished"
    attempt: str
    usage: Usage
    finish: str
    request_id: str | None
    latency_s: float
    limits: tuple[RateLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(Stamp):
    """`words` are the provider's own; `sentence` is ours; `shown` says whether text had come."""

    type: Literal["AttemptFailed"] = "AttemptFailed"
    attempt: str
    kind: ErrorKind
    words: str
    sentence: str
    status: int | None
    request_id: str | None
    retry_after_s: float | None
    shown: bool
    next: NextStep
    latency_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Stamp):
    """What the attempt cost in the end, and how that is known. Comes once for every `Reserved`."""

    type: Literal["Settled"] = "Settled"
    attempt: str
    spend_nusd: int
    basis: Basis
    usage: Usage
