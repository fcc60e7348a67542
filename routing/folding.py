"""Events folded into a trace.

`Fold` takes events one by one and hands out a frozen `Trace` of what is known so far; `fold` does it for a whole
stream. Text deltas change the trace only by how much text there is: the text itself is read with `Fold.text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from routing import events as ev
from routing.budget.naming import cap_words
from routing.trace import AttemptView, Confidence, Failure, Note, NoteKind, Outcome, Trace

_ASKED = {"agreement": "for its own answer", "judge": "whether the answer is right"}
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
        """What the attempt has said so far, with what it goes on from."""
        own = "".join(self._texts.get(attempt, ()))
        view = self._attempts.get(attempt)
        return own if view is None or view.continues is None else self.text(view.continues) + own

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
            case ev.TurnFinished():
                self._finish(event)
            case ev.SecondOpinion():
                self._update(opinions=(*self.trace.opinions, event))
                self._note(event.at_s, "opinion", f"{event.model} was asked {_ASKED[event.kind]}: {event.said}")
            case _:
                self._step_afterwards(event)

    def _step_afterwards(self, event: ev.Event) -> None:
        """What the user said once the turn had ended."""
        match event:
            case ev.DraftTaken():
                self._set(event.attempt, outcome="taken")
            case ev.RatingAsked():
                self._set(event.attempt, rating_asked=True)
            case ev.Rated():
                self._set(event.attempt, rated=event.good)
            case ev.Compared():
                for one in (event.attempt, event.other):
                    self._set(one, better=None if event.better is None else event.better == one)
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
                was_cut = self._attempts[event.attempt].outcome == "cut" if event.attempt in self._attempts else False
                self._set(
                    event.attempt,
                    state="failed" if ended == "failed" else "cancelled",
                    outcome="cut" if was_cut else ended,
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
                self._step_money(event)

    def _step_money(self, event: ev.Event) -> None:
        """What was seen before anything was sent, and what caps and spikes of spend did."""
        match event:
            case ev.Prechecked():
                self._update(findings=event.findings)
                for finding in event.findings:
                    self._note(event.at_s, "precheck", f"{finding.what}: {finding.action}")
            case ev.ContextCut():
                instead = ", a summary goes in their place" if event.summary else ""
                self._note(
                    event.at_s,
                    "context",
                    f"{event.left_out} old messages left out, {event.saved_tokens} tokens{instead}",
                )
            case ev.Throttled():
                self._note(event.at_s, "throttle", f"{event.does}: {event.why}")
            case ev.RouteFrozen():
                self._note(event.at_s, "throttle", f"route {event.route} climbs no more: its answers cost too much")
            case ev.CapWarned():
                self._note(event.at_s, "warning", f"{event.share:.0%} of {cap_words(event.cap, event.name)} is used")
            case ev.CapReached():
                self._update(cap=event)
                self._note(event.at_s, "cap", f"{cap_words(event.cap, event.name)} reached before {event.model}")
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
                who = event.model or event.provider
                self._note(event.at_s, "breaker", f"{who} {event.state.replace('_', ' ')}: {event.why}")
            case ev.HedgeStarted():
                self._note(
                    event.at_s, "hedge", f"{event.to_model} asked as well, after {event.after_s:.1f} s of silence"
                )
            case ev.HedgeCut():
                self._set(event.attempt, outcome="cut")
                self._note(
                    event.at_s, "hedge", f"{self._model(event.attempt)} stopped: {self._model(event.winner)} was first"
                )
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
                role=event.role,
                continues=event.continues,
                saved_nusd=event.saved_nusd,
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

    def _model(self, attempt_id: str) -> str:
        attempt = self._attempts.get(attempt_id)
        return attempt_id if attempt is None else attempt.model

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


def fold(events: Iterable[ev.Event]) -> Trace:
    """The trace of a whole stream of one turn's events."""
    folding = Fold()
    for event in events:
        folding.feed(event)
    return folding.trace
