"""Climb the ladder: who is asked next after an answer, a failure or a refusal, and when to stop.

Quality alone moves up a rung (`Escalated`), once the model was asked again where the route says so of an answer that
is not the JSON asked for (`RetryScheduled`); a broken provider moves to the next model that can do the work
(`FailedOver`); under `premium_first` only a time budget that is exceeded moves down (`SteppedDown`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from routing import events as ev
from routing.analysis.features import Risk
from routing.confidence.measure import Measurement, measure
from routing.decision.model import PlannedRung
from routing.errors import ErrorKind, ProviderError
from routing.execution.asking import Answer, Asking, Failure, Refusal
from routing.execution.call import within
from routing.execution.context import TurnContext
from routing.messages import Reply
from routing.policy.model import Timeouts
from routing.registry.model import Model

_LEAST_SHARE = 0.2
_SLACK = 1.2


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer with what it scored; `fault` says why it is not the JSON that was asked for."""

    attempt: str
    model: Model
    reply: Reply
    score: float
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """One model of the ladder: `rung` counts from the first; rungs from `above` on lie below the first."""

    rung: int
    model: str


@dataclass(slots=True)
class Ending:
    """How the climb ended. `draft` is what to show; `failures` say why models did not answer."""

    draft: Draft | None = None
    partial: Failure | None = None
    declined: Failure | None = None
    refusals: list[Refusal] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Move:
    """Why the next model is asked."""

    kind: Literal["escalate", "failover", "step_down", "again"]
    attempt: str | None
    from_model: str
    why: str


_MOVES: dict[str, type[ev.Escalated | ev.FailedOver | ev.SteppedDown]] = {
    "escalate": ev.Escalated,
    "failover": ev.FailedOver,
    "step_down": ev.SteppedDown,
}


_WHOLE_PROVIDER = frozenset(
    {ErrorKind.AUTH, ErrorKind.QUOTA, ErrorKind.CONNECTION, ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED}
)
"""What is wrong with the provider, not with one of its models: none of them is asked again in this turn."""

_OTHER_FIRST = frozenset(
    {
        ErrorKind.SERVER_ERROR,
        ErrorKind.MALFORMED_STREAM,
        ErrorKind.TIMEOUT,
        ErrorKind.PERMISSION,
        ErrorKind.CONTENT_FILTER,
    }
)
"""What may be wrong with the whole provider: its other models are asked last."""


class Climb:
    """One turn's way over its ladder."""

    def __init__(self, context: TurnContext, asking: Asking) -> None:
        self._context = context
        self._asking = asking
        self._rungs: tuple[PlannedRung, ...] = (*context.decision.ladder, *context.decision.below)
        self._above = len(context.decision.ladder)
        self._stops = [Stop(n, model) for n, rung in enumerate(self._rungs) for model in rung.models]
        self._ending = Ending()
        self._asked: set[str] = set()
        self._again: set[str] = set()
        self._failed: set[str] = set()
        self._unfit: set[str] = set()
        self._too_small = 0

    async def run(self) -> Ending:
        at: int | None = 0 if self._stops else None
        move: _Move | None = None
        while at is not None:
            at, move = await self._ask(at, self._stops[at], move)
        self._ending.skipped.extend(self._resting_unasked())
        return self._ending

    async def _ask(self, at: int, stop: Stop, move: _Move | None) -> tuple[int | None, _Move | None]:
        """Ask one model, to which `move` led; returns where to go on, and why."""
        context = self._context
        model, rung = context.model(stop.model), self._rungs[stop.rung]
        timeouts = self._timeouts(at, rung)
        self._asked.add(model.id)
        result = await self._asking.ask(
            model,
            stop.rung,
            timeouts,
            moved=lambda: self._moved(move, model.id),
            after_failure=lambda error: self._after_failure(at, error),
        )
        match result:
            case Refusal():
                self._ending.refusals.append(result)
                if move is not None and move.kind == "again":
                    return self._up(stop.rung), replace(move, kind="escalate")
                return self._next(at), move
            case Failure():
                return await self._after(result, at)
            case Answer():
                return await self._judge(result, at)

    async def _after(self, failure: Failure, at: int) -> tuple[int | None, _Move | None]:
        self._ending.failures.append(failure)
        await self._context.recorder.commit()
        if failure.partial.text and self._ending.partial is None:
            self._ending.partial = failure
        if failure.error.kind is ErrorKind.CONTEXT_LENGTH:
            self._too_small = max(self._too_small, failure.model.context_window)
        following = self._following(at, failure.error)
        if following is None and not failure.error.failover:
            self._ending.declined = failure
        kind: Literal["failover", "step_down"] = "step_down" if self._steps_down(at, failure.error) else "failover"
        return following, _Move(kind, failure.attempt, failure.model.id, failure.sentence)

    async def _judge(self, answer: Answer, at: int) -> tuple[int | None, _Move | None]:
        """Measure the answer, then keep it, ask again, or climb."""
        stop = self._stops[at]
        rung = self._rungs[stop.rung]
        self._asking.finish()
        measured = await self._measure(answer)
        self._note_measured(answer, measured, rung)
        self._keep(Draft(answer.attempt, answer.model, answer.reply, measured.score, measured.fault))
        weak = rung.threshold is not None and measured.score < rung.threshold
        if measured.fault and self._may_again(stop):
            self._again.add(stop.model)
            return at, _Move("again", answer.attempt, answer.model.id, measured.fault)
        up = self._up(stop.rung) if weak or measured.fault else None
        if up is None:
            return None, None
        why = measured.fault or f"{weakness(measured)} ({measured.score:.2f} < {rung.threshold:.2f})"
        return up, _Move("escalate", answer.attempt, answer.model.id, why)

    async def _measure(self, answer: Answer) -> Measurement:
        """In a thread where a schema is to be met: the validator is slow to load and may be slow to judge."""
        context = self._context
        record = context.world.acceptance.get(answer.model.id, context.features.task)
        forced = context.request.response_format != "text" and self._forces_format(answer.model)
        measuring = partial(measure, context.request, context.features, answer.reply, record, constrained=forced)
        return measuring() if context.request.schema is None else await asyncio.to_thread(measuring)

    def _forces_format(self, model: Model) -> bool:
        """Whether the format was asked for in the model's own way, not in words."""
        capabilities = self._context.observed.refused.fitted(model).capabilities
        return self._context.request.response_format in capabilities or "json" in capabilities

    def _note_measured(self, answer: Answer, measured: Measurement, rung: PlannedRung) -> None:
        self._context.recorder.note(
            ev.ConfidenceMeasured,
            attempt=answer.attempt,
            score=measured.score,
            low=measured.low,
            high=measured.high,
            parts=measured.parts,
            needed=rung.threshold,
            valid=measured.valid,
        )

    def _keep(self, draft: Draft) -> None:
        """The last draft is the one to show, unless it is below the floor and one before it was better."""
        best = self._ending.draft
        if best is not None and bool(best.fault) != bool(draft.fault):
            better = not draft.fault
        else:
            better = best is None or draft.score >= min(best.score, self._context.decision.floor)
        if better:
            self._ending.draft = draft

    def _may_again(self, stop: Stop) -> bool:
        """Whether the route lets the model try once more to give the JSON asked for."""
        wanted = self._context.route.invalid == "retry" and stop.model not in self._again
        return wanted and self._askable(stop) and self._affords(stop.model)

    def _up(self, rung: int) -> int | None:
        """The first model of a cascade's next rung that can be asked, has the credit and has the time."""
        if self._context.decision.mode != "cascade":
            return None
        for at, stop in enumerate(self._stops):
            if rung < stop.rung < self._above and self._askable(stop) and self._affords(stop.model):
                return at
        return None

    def _affords(self, model: str) -> bool:
        """Whether one more call has the credit, which is told when it has not, and the time."""
        context = self._context
        candidate = context.decision.candidate(model)
        left = context.decision.credit_nusd - context.recorder.trace.spend_nusd
        if candidate.worst_nusd > left:
            self._request_cap(model, candidate.worst_nusd, left)
            return False
        return candidate.latency_s <= context.time_left_s

    def _request_cap(self, model: str, needed: int, left: int) -> None:
        self._context.recorder.note(
            ev.CapReached, cap="request", model=model, needed_nusd=needed, left_nusd=max(0, left)
        )

    def _next(self, at: int, too_small: int = 0) -> int | None:
        """The next model in order that is worth asking, while there is time. Another provider comes first; one that
        failed is asked for another model only when nobody else is left."""
        if self._context.time_left_s <= 0:
            return None
        left = [following for following in range(len(self._stops)) if self._worth_asking(following, at, too_small)]
        others = [one for one in left if self._provider(one) not in self._failed]
        return next(iter(others or left), None)

    def _worth_asking(self, following: int, at: int, too_small: int) -> bool:
        stop = self._stops[following]
        if stop.model in self._asked or self._provider(following) in self._unfit:
            return False
        if self._ending.draft is not None and not self._stops[at].rung <= stop.rung < self._above:
            return False
        return self._askable(stop, too_small) and self._in_time(following)

    def _provider(self, at: int) -> str:
        return self._context.model(self._stops[at].model).provider

    def _in_time(self, at: int) -> bool:
        """Premium first asks a model only when its answer is expected in time; the last one is asked anyway."""
        context = self._context
        if context.decision.mode != "premium_first" or at == len(self._stops) - 1:
            return True
        return context.decision.candidate(self._stops[at].model).latency_s <= context.time_left_s

    def _may_be_asked_elsewhere(self, error: ProviderError) -> bool:
        """Whether the route lets another provider see what a content filter declined; never where much is at stake."""
        context = self._context
        declined = error.kind is ErrorKind.CONTENT_FILTER and context.route.declined == "failover"
        return declined and context.features.risk is Risk.LOW

    def _following(self, at: int, error: ProviderError) -> int | None:
        """Who is asked after this error."""
        if not (error.failover or self._may_be_asked_elsewhere(error)):
            return None
        model = self._context.model(self._stops[at].model)
        if error.kind in _WHOLE_PROVIDER:
            self._unfit.add(model.provider)
        elif error.kind in _OTHER_FIRST:
            self._failed.add(model.provider)
        return self._next(at, model.context_window if error.kind is ErrorKind.CONTEXT_LENGTH else 0)

    def _steps_down(self, at: int, error: ProviderError) -> bool:
        following = self._following(at, error)
        return (
            self._context.decision.mode == "premium_first"
            and error.kind is ErrorKind.TIMEOUT
            and following is not None
            and self._stops[following].rung > self._stops[at].rung
        )

    def _askable(self, stop: Stop, too_small: int = 0) -> bool:
        """Whether a model that was fit to ask when the turn began still is."""
        model = self._context.model(stop.model)
        window = max(self._too_small, too_small)
        return model.context_window > window and not self._context.breakers.open(model.provider)

    def _resting_unasked(self) -> list[str]:
        """The models that were passed over because their provider rests."""
        unasked = [self._context.model(stop.model) for stop in self._stops if stop.model not in self._asked]
        resting = [model for model in unasked if self._context.breakers.open(model.provider)]
        return [f"{model.id}: {model.provider} is resting" for model in resting]

    def _after_failure(self, at: int, error: ProviderError) -> ev.NextStep:
        if self._following(at, error) is None:
            return "stop" if self._ending.draft or not error.failover else "degrade"
        return "step_down" if self._steps_down(at, error) else "failover"

    def _timeouts(self, at: int, rung: PlannedRung) -> Timeouts:
        """Under a time budget, leave the next rung what it is expected to need."""
        context = self._context
        following = self._next(at)
        if context.decision.mode != "premium_first" or following is None:
            return rung.timeouts
        left = context.time_left_s
        reserve = _SLACK * context.decision.candidate(self._stops[following].model).latency_s
        return within(rung.timeouts, max(_LEAST_SHARE * left, left - reserve))

    def _moved(self, move: _Move | None, to_model: str) -> ev.Event | None:
        """The event that tells of the move, once it is made."""
        if move is None:
            return None
        if move.kind == "again":
            return self._context.recorder.make(
                ev.RetryScheduled, attempt=move.attempt, model=to_model, wait_s=0.0, why=move.why
            )
        kind = _MOVES[move.kind]
        return self._context.recorder.make(
            kind, attempt=move.attempt, from_model=move.from_model, to_model=to_model, why=move.why
        )


def weakness(measured: Measurement) -> str:
    """The part that spoke loudest against the answer."""
    worst = min(measured.parts, key=lambda part: part.log_odds, default=None)
    return "not sure enough" if worst is None or worst.log_odds >= 0 else f"{worst.name}: {worst.raw}"
