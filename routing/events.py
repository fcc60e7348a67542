"""Every event of a turn: the one stream that the ledger keeps and that every screen, report and test reads.

An event is committed to the ledger before it is published (text, reasoning and tool-call deltas alone are
journalled in batches). `seq` counts from 1 within a turn; `at_s` is monotonic seconds since the turn began,
`wall_s` the Unix time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from routing.analysis.features import Features
from routing.budget.caps import CapKind
from routing.decision.model import Advice, Decision, PatternKind, Snapshot
from routing.errors import ErrorKind
from routing.messages import RateLimit, Request, ToolCall, Usage

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDecided(Stamp):
    """The decision with the snapshot that it was made from, so that it can be made again."""

    type: Literal["RouteDecided"] = "RouteDecided"
    decision: Decision
    snapshot: Snapshot
    took_s: float


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
class RetryScheduled(Stamp):
    """`attempt` is the answer that the model is to give once more, as it was not in the form asked for; None after a
    failure."""

    type: Literal["RetryScheduled"] = "RetryScheduled"
    model: str
    wait_s: float
    why: str
    attempt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Stamp):
    """Of a provider, or of one `model` of it. `again_in_s` None with `open`: until the configuration changes."""

    type: Literal["BreakerChanged"] = "BreakerChanged"
    provider: str
    state: Literal["open", "half_open", "closed"]
    why: str
    again_in_s: float | None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeStarted(Stamp):
    """Nothing had come from the attempt that `attempt` hedges for `after_s`, so another provider is asked as well."""

    type: Literal["HedgeStarted"] = "HedgeStarted"
    attempt: str
    to_model: str
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeCut(Stamp):
    """`winner` began to answer first, so `attempt` was stopped."""

    type: Literal["HedgeCut"] = "HedgeCut"
    attempt: str
    winner: str


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
class Throttled(Stamp):
    """Spend grows out of proportion: from this turn on it is slowed in this `step` (0: no longer)."""

    type: Literal["Throttled"] = "Throttled"
    step: int
    does: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFrozen(Stamp):
    """Successful answers of the route cost more than its ceiling, held against it over many turns: it climbs no more
    until the profile changes."""

    type: Literal["RouteFrozen"] = "RouteFrozen"
    route: str
    success_nusd: int
    ceiling_nusd: int
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapWarned(Stamp):
    """A cap has been taken to a share that the user wants to be told of."""

    type: Literal["CapWarned"] = "CapWarned"
    cap: CapKind
    name: str
    taken_nusd: int
    hard_nusd: int
    share: float


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
    of how its model fails."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(Stamp):
    """The draft of `attempt` stays, superseded; a stronger model is asked."""

    type: Literal["Escalated"] = "Escalated"
    attempt: str
    from_model: str
    to_model: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOver(Stamp):
    type: Literal["FailedOver"] = "FailedOver"
    attempt: str | None
    from_model: str
    to_model: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedDown(Stamp):
    """Premium first: the time budget was exceeded, a quicker model is asked."""

    type: Literal["SteppedDown"] = "SteppedDown"
    attempt: str | None
    from_model: str
    to_model: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapReached(Stamp):
    """A call was not made: it would have passed `cap`; `name` says which of several. Of attempts and seconds, `needed`
    and `left` are counts and milliseconds."""

    type: Literal["CapReached"] = "CapReached"
    cap: CapKind | Literal["request", "attempts", "seconds"]
    model: str
    needed_nusd: int
    left_nusd: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded(Stamp):
    """`level`: kept_draft (the best draft is shown as below the floor), reduced (a labelled extract that was made on
    this machine), static (a card). `tried` are sentences; `again_in_s` None: when it can work is not known."""

    type: Literal["Degraded"] = "Degraded"
    level: Literal["kept_draft", "reduced", "static"]
    cause: str
    tried: tuple[str, ...]
    do: str
    again_in_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Stamp):
    """What the attempt cost in the end, and how that is known. Comes once for every `Reserved`."""

    type: Literal["Settled"] = "Settled"
    attempt: str
    spend_nusd: int
    basis: Basis
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFinished(Stamp):
    """The last event that the turn itself tells. `attempt` gave the reply (None: a degraded card).

    `path` tells the models in order with what became of each (`a/small superseded`, `b/large answered`);
    `spend_nusd` is real money, unless every attempt was simulated; `baseline_nusd` is what the dearest model would
    have cost for the same tokens.
    """

    type: Literal["TurnFinished"] = "TurnFinished"
    status: Status
    attempt: str | None
    provider: str | None
    model: str | None
    tier: str | None
    confidence: float | None
    below_floor: bool
    path: tuple[str, ...]
    latency_s: float
    first_token_s: float | None
    spend_nusd: int
    simulated_spend_nusd: int
    baseline_nusd: int
    simulated: bool
    sentence: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTaken(Stamp):
    """After the end: the user takes the text of `attempt`, which the turn could not vouch for, for its answer. `at_s`
    stays that of the end, `wall_s` tells when."""

    type: Literal["DraftTaken"] = "DraftTaken"
    attempt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingAsked(Stamp):
    """After the end: the user is asked whether the answer of `attempt` is good, which happens to a share of turns,
    `propensity`, whatever they are."""

    type: Literal["RatingAsked"] = "RatingAsked"
    attempt: str
    propensity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(Stamp):
    """After the end: what the user says of the answer of `attempt`; the last word counts. `solicited`: after
    `RatingAsked`, so that it says something of answers that nobody would have rated."""

    type: Literal["Rated"] = "Rated"
    attempt: str
    good: bool
    solicited: bool


Event = Annotated[
    TurnStarted
    | RequestAnalysed
    | Advised
    | RouteDecided
    | Reserved
    | AttemptStarted
    | FirstToken
    | TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | AttemptFinished
    | AttemptFailed
    | RetryScheduled
    | BreakerChanged
    | HedgeStarted
    | HedgeCut
    | Prechecked
    | ContextCut
    | Throttled
    | RouteFrozen
    | CapWarned
    | ConfidenceMeasured
    | Escalated
    | FailedOver
    | SteppedDown
    | CapReached
    | Degraded
    | Settled
    | TurnFinished
    | DraftTaken
    | RatingAsked
    | Rated,
    Field(discriminator="type"),
]
Delta = TextDelta | ReasoningDelta | ToolCallDelta

_ADAPTER: TypeAdapter[Any] = TypeAdapter(Event)


def dump(event: Event) -> bytes:
    """The event as JSON."""
    return _ADAPTER.dump_json(event)


def load(body: bytes | str) -> Event:
    """The event back from its JSON. Raises pydantic's ValidationError when it is none."""
    event: Event = _ADAPTER.validate_json(body)
    return event
