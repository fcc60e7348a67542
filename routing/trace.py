"""Events folded into what a panel, a report or a line of text needs: the same for a live turn and a past one.

`Fold` takes events one by one and hands out a frozen `Trace` of what is known so far; `fold` does it for a whole
stream. Text deltas change the trace only by how much text there is: the text itself is read with `Fold.text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from routing import events as ev
from routing.analysis.features import Features
from routing.decision.model import Advice, Decision, Snapshot
from routing.messages import Request, Usage

AttemptState = Literal["waiting", "streaming", "finished", "failed", "cancelled"]
Outcome = Literal["live", "answered", "superseded", "failed", "cancelled", "kept", "interrupted"]
NoteKind = Literal["retry", "failover", "escalation", "step_down", "breaker", "cap", "degraded"]


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
    """One call of one model. Seconds count from the turn's start; `spend_nusd` None: not settled yet."""

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
    degraded: ev.Degraded | None = None
    cap: ev.CapReached | None = None
    finished: ev.TurnFinished | None = None

    @property
    def live(self) -> bool:
        return self.finished is None

    @property
    def current(self) -> AttemptView | None:
        """The attempt that answered, or the last one."""
        kept = [attempt for attempt in self.attempts if attempt.outcome in ("answered", "kept")]
        return _last(kept) or _last(self.attempts)

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
    def simulated(self) -> bool:
        return bool(self.attempts) and all(attempt.simulated for attempt in self.attempts)

    def _paid(self) -> list[AttemptView]:
        return [attempt for attempt in self.attempts if attempt.simulated == self.simulated]


_ENDED: dict[str, Outcome] = {"cancelled": "cancelled", "interrupted": "interrupted"}


class Fold:
    """Feeds on a turn's events in order; `trace` is what they amount to so far."""

    def __init__(self, turn: str = "") -> None:
        self._trace = Trace(turn)
        self._changes: dict[str, Any] = {}
        self._attempts: dict[str, AttemptView] = {}
        self._texts: dict[str, list[str]] = {}
        self._reasoning: dict[str, list[str]] = {}
        self._reserved_nusd: dict[str, int] = {}
        self._grown: set[str] = set()
        self._stale = False

    @property
    def trace(self) -> Trace:
        if self._stale:
            self._measure()
            self._update(attempts=tuple(self._attempts.values()))
            self._stale = False
        if self._changes:
            self._trace = replace(self._trace, **self._changes)
            self._changes = {}
        return self._trace

    def text(self, attempt: str) -> str:
        """What the attempt has said so far."""
        return "".join(self._texts.get(attempt, ()))

    def reasoning(self, attempt: str) -> str:
        return "".join(self._reasoning.get(attempt, ()))

    def feed(self, event: ev.Event) -> None:
        match event:
            case ev.TextDelta():
                self._grow(event.attempt, self._texts, event.text)
            case ev.ReasoningDelta():
                self._grow(event.attempt, self._reasoning, event.text)
            case ev.ToolCallDelta():
                pass
            case _:
                self._update(at_s=event.at_s)
                self._step(event)

    def _grow(self, attempt_id: str, pieces: dict[str, list[str]], text: str) -> None:
        """On the path of every token: one append, no new trace until somebody asks for it."""
        pieces.setdefault(attempt_id, []).append(text)
        self._grown.add(attempt_id)
        self._stale = True

    def _measure(self) -> None:
        for attempt_id in self._grown & self._attempts.keys():
            attempt = self._attempts[attempt_id]
            self._attempts[attempt_id] = replace(
                attempt,
                state="streaming" if attempt.state == "waiting" else attempt.state,
                characters=sum(map(len, self._texts.get(attempt_id, ()))),
                reasoning_characters=sum(map(len, self._reasoning.get(attempt_id, ()))),
            )
        self._grown.clear()

    def _step(self, event: ev.Event) -> None:
        match event:
            case ev.TurnStarted():
                self._update(
                    turn=event.turn,
                    chat=event.chat,
                    profile=event.profile,
                    wall_s=event.wall_s,
                    request=event.request,
                )
            case ev.RequestAnalysed():
                self._update(features=event.features)
            case ev.Advised():
                self._update(advice=(*self.trace.advice, event.advice))
            case ev.RouteDecided():
                self._update(decision=event.decision, snapshot=event.snapshot)
            case ev.Degraded():
                self._update(degraded=event)
                self._note(event.at_s, "degraded", event.cause)
            case ev.CapReached():
                self._update(cap=event)
                self._note(event.at_s, "cap", f"{event.cap} cap reached before {event.model}")
            case ev.TurnFinished():
                self._finish(event)
            case _:
                self._step_attempt(event)

    def _step_attempt(self, event: ev.Event) -> None:
        match event:
            case ev.Reserved():
                self._reserved_nusd[event.attempt] = event.amount_nusd
            case ev.AttemptStarted():
                self._start(event)
            case ev.FirstToken():
                self._set(event.attempt, first_token_s=event.at_s, state="streaming")
            case ev.AttemptFinished():
                self._set(
                    event.attempt,
                    state="finished",
                    ended_s=event.at_s,
                    usage=event.usage,
                    finish=event.finish,
                    request_id=event.request_id,
                )
            case ev.AttemptFailed():
                ended = _ENDED.get(event.kind, "failed")
                self._set(
                    event.attempt,
                    state="failed" if ended == "failed" else "cancelled",
                    outcome=ended,
                    ended_s=event.at_s,
                    request_id=event.request_id,
                    failure=Failure(event.kind, event.sentence, event.words, event.next),
                )
            case ev.ConfidenceMeasured():
                self._set(
                    event.attempt,
                    confidence=Confidence(
                        event.score,
                        event.low,
                        event.high,
                        event.parts,
                        event.needed,
                        event.provisional,
                        event.valid,
                    ),
                )
            case ev.Settled():
                self._set(event.attempt, spend_nusd=event.spend_nusd, basis=event.basis, usage=event.usage)
            case _:
                self._step_path(event)

    def _step_path(self, event: ev.Event) -> None:
        match event:
            case ev.RetryScheduled():
                if event.attempt is not None:
                    self._set(event.attempt, outcome="superseded")
                when = f"in {event.wait_s:.1f} s" if event.wait_s else "at once"
                self._note(event.at_s, "retry", f"{event.model} again {when}: {event.why}")
            case ev.BreakerChanged():
                self._note(event.at_s, "breaker", f"{event.provider} {event.state.replace('_', ' ')}: {event.why}")
            case ev.Escalated():
                self._set(event.attempt, outcome="superseded")
                self._note(event.at_s, "escalation", f"{event.from_model} → {event.to_model}: {event.why}")
            case ev.FailedOver():
                self._note(event.at_s, "failover", f"{event.from_model} → {event.to_model}: {event.why}")
            case ev.SteppedDown():
                self._note(event.at_s, "step_down", f"{event.from_model} → {event.to_model}: {event.why}")

    def _start(self, event: ev.AttemptStarted) -> None:
        self._put(
            AttemptView(
                id=event.attempt,
                n=event.n,
                rung=event.rung,
                purpose=event.purpose,
                provider=event.provider,
                model=event.model,
                tier=event.tier,
                simulated=event.simulated,
                left_out=event.left_out,
                state="waiting",
                outcome="live",
                started_s=event.at_s,
                reserved_nusd=self._reserved_nusd.get(event.attempt, 0),
            )
        )

    def _finish(self, event: ev.TurnFinished) -> None:
        """The attempt that gave the reply stands, whatever it was taken for on the way; the others are superseded."""
        reply: Outcome = "answered" if event.status == "answered" else "kept"
        for attempt in self._attempts.values():
            if attempt.id == event.attempt and event.status in ("answered", "degraded"):
                self._put(replace(attempt, outcome=reply))
            elif attempt.outcome == "live":
                self._put(replace(attempt, outcome="superseded"))
        self._update(finished=event)

    def _set(self, attempt_id: str, **changes: Any) -> None:
        attempt = self._attempts.get(attempt_id)
        if attempt is not None:
            self._put(replace(attempt, **changes))

    def _put(self, attempt: AttemptView) -> None:
        self._attempts[attempt.id] = attempt
        self._stale = True

    def _update(self, **changes: Any) -> None:
        self._changes |= changes

    def _note(self, at_s: float, kind: NoteKind, sentence: str) -> None:
        self._update(notes=(*self.trace.notes, Note(at_s, kind, sentence)))


def _last(attempts: Sequence[AttemptView]) -> AttemptView | None:
    return attempts[-1] if attempts else None


def fold(events: Iterable[ev.Event]) -> Trace:
    """The trace of a whole stream of one turn's events."""
    folding = Fold()
    for event in events:
        folding.feed(event)
    return folding.trace
