"""The life of a turn's attempts: opened with money held, streamed, and closed with a bill, however they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from routing import events as ev
from routing.analysis.tokens import history_tokens
from routing.budget.caps import Limit, day_limit, profile_limits
from routing.budget.scopes import scopes_of
from routing.decision.prediction import price_of, worst_cost
from routing.errors import ErrorKind, ProviderError
from routing.execution.attempt import Attempt, stream
from routing.execution.breaker import Change
from routing.execution.call import Unfinished, build_call, for_provider, within
from routing.execution.context import TurnContext
from routing.execution.masking import Mask
from routing.execution.pruning import kept_history
from routing.execution.settling import note_failed, note_finished
from routing.messages import Message, Usage
from routing.policy.model import Timeouts
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class Step:
    """One model to ask: its place on the way over the ladder, its rung, and the time that it has."""

    at: int
    model: Model
    rung: int
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class Refusal:
    """A cap did not allow the call; `name` says which of several."""

    model: Model
    cap: str
    name: str = ""


class Attempts:
    """Opens, numbers and closes them. Those in `open` run, for a cancellation to settle."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._calls: Counter[str] = Counter()
        self.open: dict[str, Attempt] = {}

    @property
    def count(self) -> int:
        """How many calls were made."""
        return self._calls.total()

    async def begin(
        self, step: Step, role: ev.Role, moved: ev.Event | None = None, unfinished: Unfinished | None = None
    ) -> Attempt | Refusal:
        """Hold the money of one call and tell of it, and of the move that led to it; or of the cap that forbids it."""
        context, recorder, model = self._context, self._context.recorder, step.model
        worst = self._worst_nusd(model, unfinished)
        attempt_id = f"{recorder.turn}.{self.count + 1}"
        attempt = self._new(attempt_id, step, worst, unfinished)
        entering = (self._reserved(attempt), self._started(attempt, step, role))
        self.open[attempt_id] = attempt
        exceeded = await recorder.reserve(
            entering if moved is None else (moved, *entering),
            limits=self._limits(model),
            credit_nusd=context.decision.credit_nusd - recorder.trace.asides_nusd,
        )
        if exceeded is None:
            self._calls[model.id] += 1
            context.retry_budget.called()
            context.observed.rate_limits.called(model)
            self._breakers(context.breakers.called(model.provider, model.id))
            return attempt
        del self.open[attempt_id]
        recorder.note(
            ev.CapReached,
            cap=exceeded.cap,
            model=model.id,
            needed_nusd=worst,
            left_nusd=exceeded.left_nusd,
            name=exceeded.name,
        )
        return Refusal(model, exceeded.cap, exceeded.name)

    async def stream(self, attempt: Attempt, timeouts: Timeouts) -> None:
        """Raises ProviderError when the call fails."""
        context = self._context
        provider = context.providers[attempt.model.provider]
        attempt.sent = True
        model = context.observed.refused.fitted(attempt.model)
        request = replace(context.request, history=self._history(model))
        call = build_call(request, context.decision, model, attempt.unfinished, context.wish)
        if context.masked and not model.local:
            attempt.mask = Mask.of(call.messages)
            call = replace(call, messages=attempt.mask.messages(call.messages))
        patience = within(for_provider(timeouts, provider.config), context.time_left_s)
        await stream(attempt, provider, model, call, patience, context.recorder)

    def finish(self, attempt_id: str) -> None:
        """Note the end of an attempt that answered, and its bill."""
        attempt, context = self.open.pop(attempt_id), self._context
        self._observe(attempt, note_finished(context.recorder, attempt))
        self._breakers(context.breakers.succeeded(attempt.model.provider, attempt.model.id))

    def fail(self, attempt: Attempt, error: ProviderError, sentence: str, then: ev.NextStep) -> None:
        """Note the failure of an attempt, and its bill. What it says of the provider is counted where nothing is asked
        again."""
        self.open.pop(attempt.id, None)
        context = self._context
        changes = () if then == "retry" else context.breakers.failed(attempt.model.provider, attempt.model.id, error)
        note_failed(context.recorder, attempt, error, sentence, then)
        self._breakers(changes)

    def cut(self, attempt: Attempt, winner: str) -> None:
        """Another was quicker: what was sent is billed as an estimate."""
        self._context.recorder.note(ev.HedgeCut, attempt=attempt.id, winner=winner)
        self._break_off(attempt, ErrorKind.CANCELLED, "Another provider began to answer first; its cost is estimated.")

    def cancel(self) -> None:
        """Note that what runs was stopped, and what it must have cost."""
        self._break_all_off(ErrorKind.CANCELLED, "Stopped. What came is kept; its cost is estimated.")

    def abandon(self, fault: Exception) -> None:
        """The same for a fault of ours."""
        what = f"Something went wrong inside Pointsman ({type(fault).__name__})."
        self._break_all_off(ErrorKind.INTERRUPTED, f"{what} What came is kept; its cost is estimated.")

    def _break_all_off(self, kind: ErrorKind, sentence: str) -> None:
        """An attempt that was stopped on its way into the ledger runs if the ledger took it."""
        told = {view.id for view in self._context.recorder.trace.attempts}
        for attempt in tuple(self.open.values()):
            if attempt.id in told:
                self._break_off(attempt, kind, sentence)
        self.open.clear()

    def _break_off(self, attempt: Attempt, kind: ErrorKind, sentence: str) -> None:
        self.fail(attempt, ProviderError(kind, sent=attempt.sent), sentence, "stop")

    def _new(self, attempt_id: str, step: Step, worst_nusd: int, unfinished: Unfinished | None) -> Attempt:
        context = self._context
        left_out = self._left_out(step.model)
        return Attempt(
            id=attempt_id,
            model=step.model,
            reserved_nusd=worst_nusd,
            assumed_nusd_per_mtok=context.world.policy.assumed_nusd_per_mtok,
            input_tokens=context.features.input_tokens - history_tokens(left_out) + _tokens(unfinished),
            started_s=context.recorder.elapsed_s,
            unfinished=unfinished,
            left_out=len(left_out) + context.left_out,
            saved_tokens=history_tokens(left_out) + context.saved_tokens,
        )

    def _worst_nusd(self, model: Model, unfinished: Unfinished | None) -> int:
        """What the call may cost at most; an answer that it goes on with goes in as well."""
        context = self._context
        if unfinished is None:
            return context.decision.candidate(model.id).worst_nusd
        goes_in, assumed = context.features.input_tokens + unfinished.tokens, context.world.policy.assumed_nusd_per_mtok
        return worst_cost(model, goes_in, context.decision.max_output_tokens, assumed)

    def _reserved(self, attempt: Attempt) -> ev.Event:
        context, model = self._context, attempt.model
        return context.recorder.make(
            ev.Reserved,
            attempt=attempt.id,
            amount_nusd=attempt.reserved_nusd,
            day=context.today,
            simulated=model.simulated,
            session=context.session,
            scopes=scopes_of(model, context.features.task, context.world.policy.id, context.decision.route),
        )

    def _started(self, attempt: Attempt, step: Step, role: ev.Role) -> ev.Event:
        context, model = self._context, attempt.model
        assumed = context.world.policy.assumed_nusd_per_mtok
        return context.recorder.make(
            ev.AttemptStarted,
            attempt=attempt.id,
            n=self.count + 1,
            rung=step.rung,
            try_=self._calls[model.id] + 1,
            purpose=context.purpose,
            provider=model.provider,
            model=model.id,
            tier=model.tier,
            simulated=model.simulated,
            left_out=attempt.left_out,
            role=role,
            continues=attempt.unfinished.attempt if attempt.unfinished is not None else None,
            saved_tokens=attempt.saved_tokens,
            saved_nusd=price_of(model, attempt.saved_tokens, 0, assumed) if attempt.saved_tokens else 0,
        )

    def _limits(self, model: Model) -> tuple[Limit, ...]:
        """Every cap that the call counts against, as the turn found them when it began."""
        context = self._context
        budget, policy = context.budget, context.world.policy
        day_nusd = budget.simulated_day_cap_nusd if model.simulated else budget.day_cap_nusd
        own = profile_limits(policy, context.decision.route, context.features.task, model, day_nusd)
        return (*day_limit(day_nusd, model.simulated), *own)

    def _history(self, model: Model) -> tuple[Message, ...]:
        """As much of the chat so far as the decision lets the model read."""
        context = self._context
        whole = context.request.history
        return kept_history(whole, context.features.needs, model) if context.decision.pruned else whole

    def _left_out(self, model: Model) -> tuple[Message, ...]:
        whole = self._context.request.history
        return whole[: len(whole) - len(self._history(model))]

    def _observe(self, attempt: Attempt, usage: Usage) -> None:
        observed = self._context.observed
        observed.rate_limits.answered(attempt.model, usage.input_tokens + usage.output_tokens)
        observed.rate_limits.announced(attempt.model.id, attempt.limits)
        if attempt.first_token_s is not None:
            observed.first_token(attempt.model.id, attempt.first_token_s)

    def _breakers(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._context.recorder.note(
                ev.BreakerChanged,
                provider=change.provider,
                state=change.state,
                why=change.why,
                again_in_s=change.again_in_s,
                model=change.model,
            )


def _tokens(unfinished: Unfinished | None) -> int:
    return 0 if unfinished is None else unfinished.tokens
