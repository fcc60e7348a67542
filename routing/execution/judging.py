"""How sure an answer is: measured, told, and put before somebody else where that may matter."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from routing import events as ev
from routing.confidence.measure import Measurement, measure
from routing.confidence.patterns import observed
from routing.confidence.provisional import Abort
from routing.decision.model import PlannedRung
from routing.execution.asking import Answer
from routing.execution.context import TurnContext
from routing.execution.watching import broken_off, seen
from routing.registry.model import Model

if TYPE_CHECKING:
    from routing.execution.opinions import Opinions


class Judging:
    """Of one turn's answers. What is counted of an answer is counted once."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._opinions: Opinions | None = None
        if context.world.policy.second_opinion != "never":
            from routing.execution.opinions import Opinions  # what it compares answers with is much code

            self._opinions = Opinions(context)

    async def judge(self, answer: Answer, rung: PlannedRung) -> Measurement:
        """What it comes to, with a second opinion where one was worth asking for."""
        measured = await self._measure(answer)
        counted = observed(self._context.features, answer.reply, measured.parts, measured.valid)
        self._note(answer, measured, rung, valid=measured.valid, observed=counted, logprobs=measured.logprobs)
        heard = measured if self._opinions is None else await self._opinions.hear(answer, rung, measured)
        if heard is not measured:
            self._note(answer, heard, rung, valid=heard.valid)
        return heard

    def give_up(self, answer: Answer, abort: Abort, rung: PlannedRung) -> None:
        """What came of it before it was broken off."""
        measured = broken_off(self._context, answer.model, answer.reply, abort)
        self._note(
            answer,
            measured,
            rung,
            provisional=True,
            valid=False if abort.fault == "format" else None,
            observed=seen(self._context.features, abort),
        )

    def forces_format(self, model: Model) -> bool:
        """Whether the format was asked for in the model's own way, not in words."""
        wanted = self._context.request.response_format
        capabilities = self._context.observed.refused.fitted(model).capabilities
        return wanted != "text" and (wanted in capabilities or "json" in capabilities)

    async def _measure(self, answer: Answer) -> Measurement:
        """In a thread where a schema is to be met: the validator is slow to load and may be slow to judge."""
        context = self._context
        acceptance = context.world.acceptance
        measuring = partial(
            measure,
            context.request,
            context.features,
            answer.reply,
            acceptance.get(answer.model.id, context.features.task),
            constrained=self.forces_format(answer.model),
            calibration=acceptance.calibration,
            usual=acceptance.usual,
            model=answer.model.id,
        )
        return measuring() if context.request.schema is None else await asyncio.to_thread(measuring)

    def _note(self, answer: Answer, measured: Measurement, rung: PlannedRung, **fields: Any) -> None:
        self._context.recorder.note(
            ev.ConfidenceMeasured,
            attempt=answer.attempt,
            score=measured.score,
            low=measured.low,
            high=measured.high,
            parts=measured.parts,
            needed=rung.threshold,
            **fields,
        )
