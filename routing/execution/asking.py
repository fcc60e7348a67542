"""Ask one model, try again where that is the thing to do, and ask a second beside it where the first is late.

The result is an answer, a refusal by a cap, or a failure; what happens next is the ladder's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from routing import events as ev
from routing.confidence.provisional import Abort
from routing.errors import ProviderError
from routing.execution.attempt import Attempt
from routing.execution.attempts import Attempts, Refusal, Step
from routing.execution.call import Unfinished, needed_of
from routing.execution.context import TurnContext
from routing.execution.hedging import Hedge, Race, check
from routing.execution.retry import retry_wait_s
from routing.execution.watching import Watching
from routing.messages import Reply, clean_text
from routing.registry.model import Model

_FIRST, _SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said; `aborted`: why nobody waited for the rest."""

    step: Step
    attempt: str
    reply: Reply
    aborted: Abort | None = None

    @property
    def model(self) -> Model:
        return self.step.model


@dataclass(frozen=True, slots=True)
class Failure:
    """The last error of a model. `partial` is what it had said by then."""

    step: Step
    attempt: str
    error: ProviderError
    sentence: str
    partial: Reply

    @property
    def model(self) -> Model:
        return self.step.model


Result = Answer | Failure | Refusal


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked: the step, why, what goes on from where, who may be asked beside it, and what watches each
    call."""

    step: Step
    role: ev.Role
    unfinished: Unfinished | None = None
    hedge: Hedge | None = None
    watching: Callable[[], Watching | None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Run:
    step: Step
    attempt: Attempt


class Guide(Protocol):
    """What the ladder tells on the way: the event of the move that led here, and what follows an error."""

    def moved(self, model: Model) -> ev.Event | None: ...

    def after_failure(self, step: Step, error: ProviderError) -> ev.NextStep: ...


class Asking:
    """One question to one model, or to two. `lost` are failures of calls that ran beside the one that counts,
    `retried` those after which the model was asked once more."""

    def __init__(self, context: TurnContext, attempts: Attempts, guide: Guide) -> None:
        self._context = context
        self._attempts = attempts
        self._guide = guide
        self.lost: list[Failure] = []
        self.retried: list[Failure] = []

    async def ask(self, order: Order) -> Result:
        """Ask until there is an answer or no retry is left. Every way out but the answer's has settled; an answer is
        settled by `Attempts.finish`."""
        step, tries = order.step, 0
        while True:
            tries += 1
            first = tries == 1
            begun = await self._attempts.begin(
                step,
                order.role if first else "retry",
                self._guide.moved(step.model) if first else None,
                order.unfinished,
            )
            if isinstance(begun, Refusal):
                return begun
            begun.watch = order.watching()
            run, error = await self._run(_Run(step, begun), order.hedge if first else None)
            if error is None:
                return Answer(run.step, run.attempt.id, run.attempt.reply(), run.attempt.aborted)
            wait_s = self._wait_s(run, error, tries) if run.attempt is begun else None
            if wait_s is None:
                return self._failed(run, error)
            await self._wait(run, error, wait_s)

    async def _run(self, run: _Run, hedge: Hedge | None) -> tuple[_Run, ProviderError | None]:
        """The call that counts, and the error that it ended with."""
        if hedge is not None:
            return await self._raced(run, hedge)
        try:
            await self._attempts.stream(run.attempt, run.step.timeouts)
        except ProviderError as error:
            return run, error
        return run, None

    async def _raced(self, run: _Run, hedge: Hedge) -> tuple[_Run, ProviderError | None]:
        """As `_run`, of the call that began to answer first, or else of the one that failed last."""
        race = Race(lambda lane: self._cut(run, lane))
        run.attempt.speaks = partial(race.speak, _FIRST)
        first = race.enter(_FIRST, self._first(race, run))
        second = race.enter(_SECOND, self._second(race, run, hedge))
        try:
            await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
            check(second)
            if not first.done():
                await asyncio.wait({first})
            if race.winner != _SECOND:
                error = first.result()
                if error is None or race.winner == _FIRST:
                    return run, error
                async with race.entering:
                    check(second)
                    if not self._beside(run):
                        return run, error
                    self.lost.append(self._failed(run, error, "failover"))
            await asyncio.wait({second})
            return second.result() or (run, None)
        finally:
            await race.end()

    async def _first(self, race: Race, run: _Run) -> ProviderError | None:
        _, error = await self._run(run, None)
        if error is None:
            await race.speak(_FIRST)
        return error

    async def _second(self, race: Race, first: _Run, hedge: Hedge) -> tuple[_Run, ProviderError | None] | None:
        """Ask a partner once the time has come. None when there is nobody to ask, or it failed while the first goes
        on."""
        await self._context.clock.sleep(hedge.after_s)
        async with race.entering:
            run = await self._hedge(first, hedge) if race.winner is None else None
        if run is None:
            return None
        run.attempt.speaks = partial(race.speak, _SECOND)
        _, error = await self._run(run, None)
        if error is not None and race.winner is None and first.attempt.id in self._attempts.open:
            self.lost.append(self._failed(run, error, "stop"))
            return None
        await race.speak(_SECOND)
        return run, error

    def _cut(self, first: _Run, lane: str) -> None:
        """The call in the lane lost, if there is one there by now."""
        beside = self._beside(first)
        loser, winner = (first.attempt.id, beside) if lane == _FIRST else (beside, first.attempt.id)
        if loser in self._attempts.open:
            self._attempts.cut(self._attempts.open[loser], winner)

    async def _hedge(self, first: _Run, hedge: Hedge) -> _Run | None:
        context = self._context
        step = hedge.partner()
        if step is None or not context.hedge_budget.take(context.world.policy.hedging.max_share):
            return None
        started = context.recorder.make(
            ev.HedgeStarted, attempt=first.attempt.id, to_model=step.model.id, after_s=round(hedge.after_s, 3)
        )
        begun = await self._attempts.begin(step, "hedge", started)
        if isinstance(begun, Refusal):
            return None
        hedge.asked(step)
        return _Run(step, begun)

    def _beside(self, run: _Run) -> str:
        """The other call that is open; empty when there is none."""
        return next((attempt for attempt in self._attempts.open if attempt != run.attempt.id), "")

    def _wait_s(self, run: _Run, error: ProviderError, tries: int) -> float | None:
        """Seconds until the model is asked once more; None: not at all. Where the route has somebody go on with what
        came, nobody begins anew."""
        context = self._context
        if run.attempt.texts and context.route.broken == "continue":
            return None
        wait_s = retry_wait_s(
            error,
            tries=tries,
            retries=context.decision.retries,
            shown=run.attempt.shown,
            time_left_s=context.time_left_s,
            rng=context.rng,
        )
        if self._takes_less(run.step.model, error):
            wait_s = 0.0
        if wait_s is None or wait_s >= context.time_left_s or self._attempts.count >= context.decision.attempts:
            return None
        return wait_s if context.retry_budget.take() else None

    async def _wait(self, run: _Run, error: ProviderError, wait_s: float) -> None:
        """Settle the failed attempt, and wait until the model is asked once more."""
        recorder, failure = self._context.recorder, self._failed(run, error, "retry")
        self.retried.append(failure)
        recorder.note(ev.RetryScheduled, model=failure.model.id, wait_s=round(wait_s, 3), why=failure.sentence)
        await recorder.commit()
        await self._context.clock.sleep(wait_s)

    def _failed(self, run: _Run, error: ProviderError, then: ev.NextStep | None = None) -> Failure:
        """Settle the failed attempt."""
        sentence, partial_reply = self._sentence(run, error), run.attempt.reply()
        self._attempts.fail(run.attempt, error, sentence, then or self._guide.after_failure(run.step, error))
        return Failure(run.step, run.attempt.id, error, sentence, partial_reply)

    def _sentence(self, run: _Run, error: ProviderError) -> str:
        return clean_text(self._context.explain_error(error, run.step.model))

    def _takes_less(self, model: Model, error: ProviderError) -> bool:
        """Whether the model would have answered without something that the request can do without: news, so that it
        is asked once more."""
        if error.refused is None:
            return False
        context = self._context
        news = context.observed.refused.note(model.id, error.refused)
        return news and error.refused not in needed_of(context.features, context.route)
