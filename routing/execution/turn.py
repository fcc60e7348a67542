"""A turn: one request carried out in a task of its own, to an end that is always told and always settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from routing import events as ev
from routing.decision.model import World
from routing.decision.prediction import bill
from routing.errors import StorageError
from routing.execution.attempts import Attempts
from routing.execution.context import TurnContext
from routing.execution.degrade import card, degrade
from routing.execution.ladder import Climb, Draft, Ending
from routing.execution.recorder import Recorder
from routing.execution.reduced import Extract, extract, reducible
from routing.narration import narrate
from routing.registry.model import UNRANKED
from routing.trace import Trace


class Turn:
    """A running or finished turn. Looking on (`events`) and carrying out are independent; only `cancel` stops it."""

    def __init__(self, turn_id: str, recorder: Recorder, task: asyncio.Task[None]) -> None:
        self.id = turn_id
        self._recorder = recorder
        self._task = task

    def events(self) -> AsyncIterator[ev.Event]:
        """Every event from the first. Raises StorageError when the ledger failed."""
        return self._recorder.events()

    @property
    def trace(self) -> Trace:
        return self._recorder.trace

    @property
    def elapsed_s(self) -> float:
        """Seconds since the turn began."""
        return self._recorder.elapsed_s

    def cancel(self) -> None:
        """Stop asking; what came is kept and settled, then the turn ends."""
        # A task that is cancelled before its first step never takes one, and then nothing would be told.
        self._task.get_loop().call_soon(self._task.cancel)

    async def wait(self) -> None:
        """Until the turn has ended and is settled."""
        await asyncio.wait([self._task])


async def carry_out(context: TurnContext) -> None:
    """Climb the ladder and tell the end. A cancellation or a fault of ours is settled and told as well, then passed
    on; when the ledger fails, the next start settles."""
    attempts = Attempts(context)
    try:
        ending = await Climb(context, attempts).run()
        _finish(context, ending, await _extracted(context, ending))
    except asyncio.CancelledError:
        attempts.cancel()
        await stopped(context.recorder, context.world)
        raise
    except StorageError:
        raise
    except Exception as fault:
        attempts.abandon(fault)
        await stopped(context.recorder, context.world, "failed")
        raise
    await context.recorder.commit()


async def stopped(recorder: Recorder, world: World, status: ev.Status = "cancelled") -> None:
    """Tell that the turn was broken off, and keep the last text that came."""
    last = recorder.trace.spoken
    _tell(recorder, world, status, last.id if last else None, recorder.text(last.id) if last else "")
    await recorder.commit()


async def _extracted(context: TurnContext, ending: Ending) -> Extract | None:
    """What stands in for an answer where no model said anything; in a thread, as the text may be long."""
    said = ending.draft or ending.partial or ending.declined
    if said is not None or context.purpose != "answer" or not reducible(context.request, context.features.task):
        return None
    found = await asyncio.to_thread(extract, context.request)
    return found if found.sentences else None


def _finish(context: TurnContext, ending: Ending, extracted: Extract | None) -> None:
    tell = partial(_tell, context.recorder, context.world)
    draft = ending.draft
    if draft is not None and draft.score >= context.decision.floor and not draft.fault:
        tell("answered", draft.attempt, draft.reply.text, draft=draft)
    elif draft is not None:
        degrade(context, ending)
        tell("degraded", draft.attempt, draft.reply.text, draft=draft, below_floor=True)
    elif ending.declined is not None:
        tell("failed", ending.declined.attempt, ending.declined.partial.text)
    elif ending.partial is not None:
        degrade(context, ending)
        tell("degraded", ending.partial.attempt, ending.partial.partial.text)
    else:
        degraded = degrade(context, ending, reduced=extracted is not None)
        guidance = card(degraded, context.decision.degraded_text)
        tell("degraded", None, f"{extracted.markdown}\n\n{guidance}" if extracted is not None else guidance)


def _tell(
    recorder: Recorder,
    world: World,
    status: ev.Status,
    attempt: str | None,
    reply: str,
    *,
    draft: Draft | None = None,
    below_floor: bool = False,
) -> None:
    """Note the last event, read off the trace so far."""
    trace = recorder.trace
    view = next((one for one in trace.attempts if one.id == attempt), None)
    first = min((one.first_token_s for one in trace.attempts if one.first_token_s is not None), default=None)
    recorder.note(
        ev.TurnFinished,
        status=status,
        attempt=attempt,
        provider=view.provider if view else None,
        model=view.model if view else None,
        tier=view.tier if view else None,
        confidence=draft.score if draft else None,
        below_floor=below_floor,
        path=tuple(f"{one.model} {_became(one.id == attempt, status, one.outcome)}" for one in trace.attempts),
        latency_s=recorder.elapsed_s,
        first_token_s=first,
        spend_nusd=trace.spend_nusd,
        simulated_spend_nusd=sum(one.spend_nusd or 0 for one in trace.attempts if one.simulated),
        baseline_nusd=_baseline_nusd(world, trace),
        simulated=trace.simulated,
        sentence=narrate(trace, view, status=status, below_floor=below_floor),
        reply=reply,
    )


def _became(replied: bool, status: ev.Status, outcome: str) -> str:
    if replied and status in ("answered", "degraded"):
        return "answered" if status == "answered" else "kept"
    return outcome if outcome != "live" else "superseded"


def _baseline_nusd(world: World, trace: Trace) -> int:
    """What the dearest model on any rung, of the kind asked (real or simulated), would have charged for the answer's
    tokens."""
    answer = trace.current
    if answer is None:
        return 0
    assumed = world.policy.assumed_nusd_per_mtok
    compared = [
        model
        for model in world.registry.models
        if model.price and model.simulated == trace.simulated and (model.tier != UNRANKED or model.id == answer.model)
    ]
    return max((bill(model, answer.usage, assumed) for model in compared), default=0)
