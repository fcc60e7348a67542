"""A turn as panels, reports and lines of text read it: the same for a live turn and a past one. `routing.folding` makes
it of the turn's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from routing import events as ev
from routing.analysis.features import Features
from routing.decision.model import Advice, Decision, Snapshot
from routing.messages import Request, Usage

AttemptState = Literal["waiting", "streaming", "finished", "failed", "cancelled"]
Outcome = Literal["live", "answered", "superseded", "failed", "cancelled", "cut", "kept", "taken", "interrupted"]
NoteKind = Literal[
    "retry",
    "failover",
    "escalation",
    "step_down",
    "breaker",
    "hedge",
    "cap",
    "warning",
    "precheck",
    "context",
    "throttle",
    "opinion",
    "degraded",
]


@dataclass(frozen=True, slots=True)
class Confidence:
    score: float
    low: float
    high: float
    parts: tuple[ev.ConfidencePart, ...]
    needed: float | None
    provisional: bool
    valid: bool | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    kind: str
    sentence: str
    words: str
    next: str


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One call of one model. Seconds count from the turn's start; `spend_nusd` None: not settled yet. `rated` is what
    the user says of its answer: True for good; `better` says it of one that was compared with another."""

    id: str
    n: int
    rung: int
    purpose: str
    provider: str
    model: str
    tier: str
    simulated: bool
    state: AttemptState
    outcome: Outcome
    started_s: float
    first_token_s: float | None = None
    ended_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    reserved_nusd: int = 0
    spend_nusd: int | None = None
    basis: str = ""
    confidence: Confidence | None = None
    failure: Failure | None = None
    finish: str | None = None
    request_id: str | None = None
    characters: int = 0
    reasoning_characters: int = 0
    left_out: int = 0
    role: ev.Role = "first"
    continues: str | None = None
    saved_nusd: int = 0
    rating_asked: bool = False
    rated: bool | None = None
    better: bool | None = None

    @property
    def held_nusd(self) -> int:
        """What is reserved and not settled."""
        return self.reserved_nusd if self.spend_nusd is None else 0


@dataclass(frozen=True, slots=True)
class Note:
    """Something that changed the path, in words."""

    at_s: float
    kind: NoteKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A turn as far as its events tell. `finished` None: still running (or cut off before its end)."""

    turn: str
    chat: str = ""
    profile: str = ""
    wall_s: float = 0.0
    at_s: float = 0.0
    request: Request | None = None
    features: Features | None = None
    advice: tuple[Advice, ...] = ()
    decision: Decision | None = None
    snapshot: Snapshot | None = None
    attempts: tuple[AttemptView, ...] = ()
    notes: tuple[Note, ...] = ()
    findings: tuple[ev.Finding, ...] = ()
    degraded: ev.Degraded | None = None
    opinions: tuple[ev.SecondOpinion, ...] = ()
    cap: ev.CapReached | None = None
    finished: ev.TurnFinished | None = None

    @property
    def live(self) -> bool:
        return self.finished is None

    @property
    def current(self) -> AttemptView | None:
        """The attempt that answered, or the last one."""
        kept = [attempt for attempt in self.attempts if attempt.outcome in ("answered", "kept", "taken")]
        return _last(kept) or _last(self.attempts)

    @property
    def takeable(self) -> AttemptView | None:
        """What a degraded turn shows of a model's, for the user to take for the answer."""
        return next((attempt for attempt in self.attempts if attempt.outcome == "kept"), None)

    @property
    def spoken(self) -> AttemptView | None:
        """The last attempt that said something, or else the last one: what is kept of a turn that was cut off."""
        said = [attempt for attempt in self.attempts if attempt.characters]
        return _last(said) or _last(self.attempts)

    @property
    def spend_nusd(self) -> int:
        """Settled, of the real attempts, or of the simulated ones when all are."""
        return sum(attempt.spend_nusd or 0 for attempt in self._paid())

    @property
    def held_nusd(self) -> int:
        return sum(attempt.held_nusd for attempt in self._paid())

    @property
    def asides_nusd(self) -> int:
        """What turns of their own cost that were carried out for this one, of the same kind of money."""
        kind = self.simulated
        heard = sum(one.spend_nusd for one in self.opinions if one.simulated == kind)
        return heard + sum(one.cost_nusd for one in self.advice if one.simulated == kind)

    @property
    def simulated(self) -> bool:
        return bool(self.attempts) and all(attempt.simulated for attempt in self.attempts)

    def _paid(self) -> list[AttemptView]:
        return [attempt for attempt in self.attempts if attempt.simulated == self.simulated]


def _last(attempts: Sequence[AttemptView]) -> AttemptView | None:
    return attempts[-1] if attempts else None
