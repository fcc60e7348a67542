"""Climb the ladder: who is asked next after an answer, a failure or a refusal, and when to stop.

Quality alone moves up a rung (`Escalated`), once the model was asked again where the route says so of an answer that
is not the JSON asked for (`RetryScheduled`); a broken provider moves to the next model that can do the work
(`FailedOver`); under `premium_first` only a time budget that is exceeded moves down (`SteppedDown`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from routing import events as ev
from routing.confidence.measure import Measurement
from routing.confidence.provisional import Abort
from routing.errors import ErrorKind, ProviderError
from routing.execution.asking import Answer, Asking, Failure, Order
from routing.execution.attempts import Attempts, Refusal, Step
from routing.execution.call import Unfinished
from routing.execution.context import TurnContext
from routing.execution.hedging import Hedge
from routing.execution.judging import Judging
from routing.execution.stops import Stops, cap_reached
from routing.execution.watching import Watching, watching
from routing.messages import Reply
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer with what it scored; `fault` says why it is not the JSON that was asked for."""

    attempt: str
    model: Model
    reply: Reply
    score: float
    fault: str = ""


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
    """Why the next model is asked, and what it goes on with."""

    kind: Literal["escalation", "failover", "step_down", "again", "continuation"]
    attempt: str | None
    from_model: str
    why: str
    unfinished: Unfinished | None = None


_MOVES: dict[str, type[ev.Escalated | ev.FailedOver | ev.SteppedDown]] = {
    "escalation": ev.Escalated,
    "failover": ev.FailedOver,
    "step_down": ev.SteppedDown,
}


class Climb:
    """One turn's way over its ladder."""

    def __init__(self, context: TurnContext, attempts: Attempts) -> None:
        self._context = context
        self._attempts = attempts
        self._stops = Stops(context)
        self._ending = Ending()
        self._again: set[str] = set()
        self._judging = Judging(context)
        self._continued = False
        self._aborted: Failure | None = None
        self._move: _Move | None = None

    async def run(self) -> Ending:
        self._context.hedge_budget.turn()
        at: int | None = 0 if self._stops else None
        while at is not None:
            at, self._move = await self._ask(at)
        self._ending.partial = self._ending.partial or self._aborted
        self._ending.skipped.extend(self._stops.resting())
        return self._ending

    def moved(self, model: Model) -> ev.Event | None:
        """The event that tells of the move, once it is made."""
        move, recorder = self._move, self._context.recorder
        if move is None:
            return None
        if move.kind in ("again", "continuation"):
            return recorder.make(ev.RetryScheduled, attempt=move.attempt, model=model.id, wait_s=0.0, why=move.why)
        return recorder.make(
            _MOVES[move.kind], attempt=move.attempt, from_model=move.from_model, to_model=model.id, why=move.why
        )

    def after_failure(self, step: Step, error: ProviderError) -> ev.NextStep:
        if self._going_on or self._following(step.at, error) is None:
            return "stop" if self._ending.draft or not error.failover else "degrade"
        return "step_down" if self._stops.steps_down(step.at, error) else "failover"

    @property
    def _going_on(self) -> bool:
        """Whether an answer is being gone on with, which stays as it is if that fails."""
        return self._move is not None and self._move.kind == "continuation"

    async def _ask(self, at: int) -> tuple[int | None, _Move | None]:
        """Ask one model, to which the last move led; returns where to go on, and why."""
        move, step = self._move, self._stops.step(at)
        self._stops.asked(step)
        asking = Asking(self._context, self._attempts, self)
        result = await asking.ask(
            Order(
                step,
                "first" if move is None else move.kind,
                None if move is None else move.unfinished,
                self._hedge(at),
                partial(self._watching, at),
            )
        )
        for failure in asking.lost:
            self._stops.learn(failure.model, failure.error)
        for failure in asking.retried:
            self._keep_partial(failure)
        self._ending.failures += asking.lost
        match result:
            case Refusal():
                self._ending.refusals.append(result)
                if move is not None and move.kind == "again":
                    return self._up(self._stops[at].rung), replace(move, kind="escalation")
                return (None, None) if self._going_on else (self._stops.next(at), move)
            case Failure():
                return await self._after(result)
            case Answer(aborted=Abort() as abort):
                return self._abandon(result, abort)
            case Answer():
                return await self._judge(result)

    def _watching(self, at: int) -> Watching | None:
        """What reads the answer while it comes, and may break it off as long as somebody stronger can be asked."""
        model, rung = self._stops.model(at), self._stops[at].rung
        if self._going_on:
            return None

        def may_abort() -> bool:
            above = (self._stops[up].model for up in self._stops.above_rung(rung))
            return any(self._short_of(other, also=model.id) is None for other in above)

        return watching(
            self._context, model, self._stops.rungs[rung].threshold, self._judging.forces_format(model), may_abort
        )

    def _abandon(self, answer: Answer, abort: Abort) -> tuple[int | None, _Move | None]:
        """Climb from an answer that was broken off; it is shown where nobody else says anything."""
        at = answer.step.at
        self._attempts.finish(answer.attempt)
        self._judging.give_up(answer, abort, self._stops.rung(at))
        error = ProviderError(ErrorKind.CANCELLED)
        self._aborted = Failure(answer.step, answer.attempt, error, abort.why, answer.reply)
        told = next(view for view in self._context.recorder.trace.attempts if view.id == answer.attempt)
        why = f"{abort.why}: aborted after {told.usage.output_tokens} tokens"
        return self._up(self._stops[at].rung), _Move("escalation", answer.attempt, answer.model.id, why)

    def _hedge(self, at: int) -> Hedge | None:
        """A second provider may be asked beside the first model of a turn that is asked, when it is late."""
        after_s = self._context.decision.hedge_after_s
        alone = self._context.decision.attempts < 2 or self._stops.partner(at) is None
        if after_s is None or self._move is not None or alone:
            return None

        def partner() -> Step | None:
            other = self._stops.partner(at)
            affordable = other is not None and self._has_credit(self._stops[other].model, also=self._stops[at].model)
            return self._stops.step(other) if other is not None and affordable else None

        return Hedge(after_s, partner, self._stops.asked)

    async def _after(self, failure: Failure) -> tuple[int | None, _Move | None]:
        at = failure.step.at
        self._ending.failures.append(failure)
        await self._context.recorder.commit()
        self._keep_partial(failure)
        if self._going_on:
            return None, None
        following = self._following(at, failure.error)
        if following is None and not failure.error.failover:
            self._ending.declined = failure
        kind: Literal["failover", "step_down"] = "failover"
        if following is not None and self._stops.steps_down(at, failure.error):
            kind = "step_down"
        return following, _Move(kind, failure.attempt, failure.model.id, failure.sentence, self._unfinished(failure))

    def _keep_partial(self, failure: Failure) -> None:
        """Of what broke off the first that says something is kept, with all that others went on with."""
        kept, text = self._ending.partial, failure.partial.text
        if text and (kept is None or (text != kept.partial.text and text.startswith(kept.partial.text))):
            self._ending.partial = failure

    def _unfinished(self, failure: Failure) -> Unfinished | None:
        """What the next model goes on with, where the route keeps what came of an answer that broke off. What was
        withheld is nobody's to go on with."""
        withheld = failure.error.kind is ErrorKind.CONTENT_FILTER
        if self._context.route.broken == "restart" or not self._divisible(failure.partial) or withheld:
            return None
        return Unfinished(failure.attempt, failure.partial.text)

    def _divisible(self, reply: Reply) -> bool:
        """Whether somebody can go on with it: neither JSON nor a call of a tool is made in two halves."""
        return bool(reply.text) and not reply.tool_calls and self._context.request.response_format == "text"

    def _following(self, at: int, error: ProviderError) -> int | None:
        return self._stops.after(at, error) if self._attempts.count < self._context.decision.attempts else None

    async def _judge(self, answer: Answer) -> tuple[int | None, _Move | None]:
        """Measure the answer, then keep it, ask again, or climb."""
        at = answer.step.at
        stop, rung = self._stops[at], self._stops.rung(at)
        self._attempts.finish(answer.attempt)
        measured = await self._judging.judge(answer, rung)
        self._keep(Draft(answer.attempt, answer.model, answer.reply, measured.score, measured.fault))
        if self._goes_on(answer):
            self._continued = True
            unfinished = Unfinished(answer.attempt, answer.reply.text)
            why = "it reached its most tokens"
            return at, _Move("continuation", answer.attempt, answer.model.id, why, unfinished)
        weak = rung.threshold is not None and measured.score < rung.threshold
        if measured.fault and self._may_again(at):
            self._again.add(stop.model)
            return at, _Move("again", answer.attempt, answer.model.id, measured.fault)
        up = self._up(stop.rung) if weak or measured.fault else None
        if up is None:
            return None, None
        why = measured.fault or f"{weakness(measured)} ({measured.score:.2f} < {rung.threshold:.2f})"
        return up, _Move("escalation", answer.attempt, answer.model.id, why)

    def _goes_on(self, answer: Answer) -> bool:
        """Whether the route lets the model go on, once, with an answer that reached its most tokens. Where the request
        itself says how many, they are enough."""
        cut = answer.reply.finish == "length" and self._divisible(answer.reply)
        wanted = self._context.route.cut == "continue" and self._context.request.limits.max_output_tokens is None
        if not cut or self._continued or not wanted:
            return False
        return self._stops.askable(answer.step.at) and self._affords(answer.model.id)

    def _keep(self, draft: Draft) -> None:
        """The last draft is the one to show, unless it is below the floor and one before it was better."""
        best = self._ending.draft
        if best is not None and bool(best.fault) != bool(draft.fault):
            better = not draft.fault
        else:
            better = best is None or draft.score >= min(best.score, self._context.decision.floor)
        if better:
            self._ending.draft = draft
        self._stops.drafted = True

    def _may_again(self, at: int) -> bool:
        """Whether the route lets the model try once more to give the JSON asked for."""
        model = self._stops[at].model
        wanted = self._context.route.invalid == "retry" and model not in self._again
        return wanted and self._stops.askable(at) and self._affords(model)

    def _up(self, rung: int) -> int | None:
        """The first model of a cascade's next rung that can be asked, has the credit and has the time."""
        return next((at for at in self._stops.above_rung(rung) if self._affords(self._stops[at].model)), None)

    def _affords(self, model: str) -> bool:
        """Whether one more call fits the caps of the message, which is told when it does not."""
        short = self._short_of(model)
        if short is not None:
            cap, needed, left = short
            cap_reached(self._context, cap, model, needed, left)
        return short is None

    def _short_of(self, model: str, also: str | None = None) -> tuple[str, int, int] | None:
        """The cap of the message that one more call would pass, what it needs and what is left; `also` is under way."""
        context, candidate = self._context, self._context.decision.candidate(model)
        if self._attempts.count >= context.decision.attempts:
            return "attempts", self._attempts.count + 1, 0
        if not self._has_credit(model, also):
            return "request", candidate.worst_nusd, self._credit_left()
        if candidate.latency_s > context.time_left_s:
            return "seconds", round(1000 * candidate.latency_s), round(1000 * context.time_left_s)
        return None

    def _has_credit(self, model: str, also: str | None = None) -> bool:
        """Whether the message may spend what a call of the model could cost, beside one that is under way."""
        needed = sum(self._context.decision.candidate(one).worst_nusd for one in (model, also) if one is not None)
        return needed <= self._credit_left()

    def _credit_left(self) -> int:
        trace = self._context.recorder.trace
        return self._context.decision.credit_nusd - trace.spend_nusd - trace.asides_nusd


def weakness(measured: Measurement) -> str:
    """The part that spoke loudest against the answer."""
    worst = min(measured.parts, key=lambda part: part.log_odds, default=None)
    return "not sure enough" if worst is None or worst.log_odds >= 0 else f"{worst.name}: {worst.raw}"
