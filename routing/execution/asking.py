"""Ask one model: reserve, stream, settle, and try again where that is the thing to do.

The result is an answer, a refusal by a cap, or a failure; what happens next is the ladder's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from routing import events as ev
from routing.analysis.tokens import history_tokens
from routing.errors import ErrorKind, ProviderError
from routing.execution.attempt import Attempt, stream
from routing.execution.breaker import Change
from routing.execution.call import build_call, for_provider, needed_of, within
from routing.execution.context import TurnContext
from routing.execution.pruning import kept_history
from routing.execution.retry import retry_wait_s
from routing.messages import Message, Reply, Usage, clean_text
from routing.policy.model import Timeouts
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class Answer:
    attempt: str
    model: Model
    reply: Reply


@dataclass(frozen=True, slots=True)
class Failure:
    """The last error of a model. `partial` is what it had said by then."""

    attempt: str
    model: Model
    error: ProviderError
    sentence: str
    partial: Reply


@dataclass(frozen=True, slots=True)
class Refusal:
    """A cap did not allow the call."""

    model: Model
    cap: str


Result = Answer | Failure | Refusal


class Asking:
    """Makes a turn's attempts and numbers them. `open` is the one that is running, for a cancellation to settle."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._count = 0
        self._calls: Counter[str] = Counter()
        self.open: Attempt | None = None

    async def ask(
        self,
        model: Model,
        rung: int,
        timeouts: Timeouts,
        *,
        moved: Callable[[], ev.Event | None],
        after_failure: Callable[[ProviderError], ev.NextStep],
    ) -> Result:
        """Ask until there is an answer or no retry is left. `moved` makes the event that tells why this model is
        asked, for it to go out with the first attempt; `after_failure` tells what the ladder does then.
        Every way out but the answer's has settled; an answer is settled by `finish`."""
        tries = 0
        while True:
            tries += 1
            refusal = await self._begin(model, rung, moved() if tries == 1 else None)
            if refusal is not None:
                return refusal
            attempt = self._opened()
            try:
                await self._stream(attempt, timeouts)
            except ProviderError as error:
                failure = await self._failed(attempt, error, tries, after_failure)
                if failure is not None:
                    return failure
                continue
            return Answer(attempt.id, model, attempt.reply())

    def finish(self) -> None:
        """Note the end of the attempt that answered, and its bill."""
        attempt, recorder = self._opened(), self._context.recorder
        spend, basis, usage = attempt.billed()
        recorder.note(
            ev.AttemptFinished,
            attempt=attempt.id,
            usage=usage,
            finish=attempt.finish or "stop",
            request_id=attempt.request_id,
            latency_s=recorder.elapsed_s - attempt.started_s,
            limits=attempt.limits,
        )
        self._observe(attempt, usage)
        recorder.note(ev.Settled, attempt=attempt.id, spend_nusd=spend, basis=basis, usage=usage)
        self._breaker(attempt.model.provider, self._context.breakers.succeeded(attempt.model.provider))
        self.open = None

    def _observe(self, attempt: Attempt, usage: Usage) -> None:
        observed = self._context.observed
        observed.rate_limits.answered(attempt.model, usage.input_tokens + usage.output_tokens)
        observed.rate_limits.announced(attempt.model.id, attempt.limits)
        if attempt.first_token_s is not None:
            observed.first_token(attempt.model.id, attempt.first_token_s - attempt.started_s)

    def cancel(self) -> None:
        """Note that the running attempt was stopped, and what it must have cost."""
        self._break_off(ErrorKind.CANCELLED, "Stopped. What came is kept; its cost is estimated.")

    def abandon(self, fault: Exception) -> None:
        """The same for a fault of ours."""
        what = f"Something went wrong inside Pointsman ({type(fault).__name__})."
        self._break_off(ErrorKind.INTERRUPTED, f"{what} What came is kept; its cost is estimated.")

    def _break_off(self, kind: ErrorKind, sentence: str) -> None:
        """An attempt that was stopped on its way into the ledger runs if the ledger took it."""
        attempt, self.open = self.open, None
        if attempt is not None and any(view.id == attempt.id for view in self._context.recorder.trace.attempts):
            self._note_failure(attempt, ProviderError(kind, sent=attempt.sent), sentence, "stop")

    async def _begin(self, model: Model, rung: int, moved: ev.Event | None) -> Refusal | None:
        context, recorder = self._context, self._context.recorder
        worst = context.decision.candidate(model.id).worst_nusd
        attempt_id = f"{recorder.turn}.{self._count + 1}"
        history = self._history(model)
        left_out = context.request.history[: len(context.request.history) - len(history)]
        reserved = recorder.make(
            ev.Reserved, attempt=attempt_id, amount_nusd=worst, day=context.today, simulated=model.simulated
        )
        started = recorder.make(
            ev.AttemptStarted,
            attempt=attempt_id,
            n=self._count + 1,
            rung=rung,
            try_=self._calls[model.id] + 1,
            purpose=context.purpose,
            provider=model.provider,
            model=model.id,
            tier=model.tier,
            simulated=model.simulated,
            left_out=len(left_out),
        )
        attempt = Attempt(
            id=attempt_id,
            model=model,
            reserved_nusd=worst,
            assumed_nusd_per_mtok=context.world.policy.assumed_nusd_per_mtok,
            input_tokens=context.features.input_tokens - history_tokens(left_out),
            started_s=recorder.elapsed_s,
        )
        self.open = attempt
        exceeded = await recorder.reserve(
            (reserved, started) if moved is None else (moved, reserved, started),
            day_cap_nusd=self._day_cap(model.simulated),
            credit_nusd=context.decision.credit_nusd,
        )
        if exceeded is None:
            self._count += 1
            self._calls[model.id] += 1
            context.retry_budget.called()
            context.observed.rate_limits.called(model)
            self._breaker(model.provider, context.breakers.called(model.provider))
            return None
        self.open = None
        recorder.note(ev.CapReached, cap=exceeded.cap, model=model.id, needed_nusd=worst, left_nusd=exceeded.left_nusd)
        return Refusal(model, exceeded.cap)

    def _history(self, model: Model) -> tuple[Message, ...]:
        """As much of the chat so far as the decision lets the model read."""
        context = self._context
        whole = context.request.history
        return kept_history(whole, context.features.needs, model) if context.decision.pruned else whole

    def _day_cap(self, simulated: bool) -> int | None:
        """The machine's cap, or the profile's where that is stricter."""
        caps = (self._context.caps.of(simulated), self._context.world.policy.day_cap_nusd)
        return min((cap for cap in caps if cap is not None), default=None)

    def _opened(self) -> Attempt:
        assert self.open is not None
        return self.open

    async def _stream(self, attempt: Attempt, timeouts: Timeouts) -> None:
        context = self._context
        provider = context.providers[attempt.model.provider]
        attempt.sent = True
        model = context.observed.refused.fitted(attempt.model)
        request = replace(context.request, history=self._history(model))
        call = build_call(request, context.decision, model)
        patience = within(for_provider(timeouts, provider.config), context.time_left_s)
        await stream(attempt, provider, model, call, patience, context.recorder)

    async def _failed(
        self,
        attempt: Attempt,
        error: ProviderError,
        tries: int,
        after_failure: Callable[[ProviderError], ev.NextStep],
    ) -> Failure | None:
        """Settle the failed attempt; wait and return None when the model is to be asked again."""
        context, model = self._context, attempt.model
        wait = retry_wait_s(
            error,
            tries=tries,
            retries=context.decision.retries,
            shown=attempt.shown,
            time_left_s=context.time_left_s,
            rng=context.rng,
        )
        if self._takes_less(model, error):
            wait = 0.0
        if wait is not None and (wait >= context.time_left_s or not context.retry_budget.take()):
            wait = None
        sentence = clean_text(context.explain_error(error, model))
        self.open = None
        if wait is None:
            change = context.breakers.failed(model.provider, model.id, error)
            self._note_failure(attempt, error, sentence, after_failure(error))
            self._breaker(model.provider, change)
            return Failure(attempt.id, model, error, sentence, attempt.reply())
        self._note_failure(attempt, error, sentence, "retry")
        context.recorder.note(ev.RetryScheduled, model=model.id, wait_s=round(wait, 3), why=sentence)
        await context.recorder.commit()
        await context.clock.sleep(wait)
        return None

    def _takes_less(self, model: Model, error: ProviderError) -> bool:
        """Whether the model would have answered without something that the request can do without: news, so that it
        is asked once more."""
        if error.refused is None:
            return False
        context = self._context
        news = context.observed.refused.note(model.id, error.refused)
        return news and error.refused not in needed_of(context.features, context.route)

    def _note_failure(self, attempt: Attempt, error: ProviderError, sentence: str, then: ev.NextStep) -> None:
        recorder = self._context.recorder
        spend, basis, usage = attempt.billed(error)
        recorder.note(
            ev.AttemptFailed,
            attempt=attempt.id,
            kind=error.kind,
            words=clean_text(error.words),
            sentence=sentence,
            status=error.status,
            request_id=error.request_id and clean_text(error.request_id),
            retry_after_s=error.retry_after_s,
            shown=attempt.shown,
            next=then,
            latency_s=recorder.elapsed_s - attempt.started_s,
        )
        recorder.note(ev.Settled, attempt=attempt.id, spend_nusd=spend, basis=basis, usage=usage)

    def _breaker(self, provider: str, change: Change | None) -> None:
        if change is not None:
            self._context.recorder.note(
                ev.BreakerChanged,
                provider=provider,
                state=change.state,
                why=change.why,
                again_in_s=change.again_in_s,
            )
