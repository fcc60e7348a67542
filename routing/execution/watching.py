"""An answer watched while it streams: how sure it is so far, and whether it is worth waiting for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from routing.analysis.features import Features
from routing.confidence.measure import HARD_CEILING, Measurement, measure_so_far, with_part
from routing.confidence.provisional import LEAST_NEEDED, Abort, Watch
from routing.events import ConfidencePart, Observation
from routing.execution.context import TurnContext
from routing.messages import Reply, TokenLogprob
from routing.registry.model import Model

MOST_TOLD, FIRST_TOLD = 8, 32
"""How often a provisional score may be told, and after how many tokens first: then at twice as many, and so on, so that
all of them together read the answer twice."""
MOVED = 0.1
_CHARACTERS_PER_TOKEN = 4

SoFar = Callable[[str, Sequence[TokenLogprob]], Measurement]


class Watching:
    """One stream. `may_abort` says whether somebody better can be asked at this moment; `needed` is what the rung
    needs."""

    def __init__(self, needed: float, so_far: SoFar, watch: Watch | None, may_abort: Callable[[], bool]) -> None:
        self.needed = needed
        self._so_far = so_far
        self._watch = watch
        self._may_abort = may_abort
        self._tokens = 0.0
        self._next = FIRST_TOLD
        self._last = FIRST_TOLD << MOST_TOLD
        self._told: float | None = None

    @property
    def due(self) -> bool:
        """Whether it is time to say how sure the answer is so far."""
        return self._last > self._next <= self._tokens

    def read(self, text: str, logprobs: Sequence[TokenLogprob]) -> Abort | None:
        """Why to break off now that this piece has come. What cannot be helped when it is seen is not looked for any
        longer."""
        self._tokens += len(logprobs) or len(text) / _CHARACTERS_PER_TOKEN
        found = None if self._watch is None else self._watch.feed(text, logprobs)
        if found is None or self._may_abort():
            return found
        self._watch = None
        return None

    def news(self, texts: Sequence[str], logprobs: Sequence[TokenLogprob]) -> Measurement | None:
        """How sure the answer is so far; None: much as it was told before."""
        while self._tokens >= self._next:
            self._next *= 2
        measured = self._so_far("".join(texts), logprobs)
        if self._told is not None and abs(measured.score - self._told) <= MOVED:
            return None
        self._told = measured.score
        return measured


def watching(
    context: TurnContext, model: Model, needed: float | None, forced: bool, may_abort: Callable[[], bool]
) -> Watching | None:
    """Only an answer, on a rung that needs a score. One above which there is nobody to ask, as a pinned model, is heard
    out; where tools may be called nothing is watched."""
    request, features, so_far = context.request, context.features, _so_far(context, model)
    if needed is None or context.purpose != "answer" or request.tools:
        return None
    watched = needed >= LEAST_NEEDED and may_abort()
    watch = Watch(request, features, needed, lambda *part: so_far(*part).score, forced=forced) if watched else None
    return Watching(needed, so_far, watch, may_abort)


def broken_off(context: TurnContext, model: Model, reply: Reply, abort: Abort) -> Measurement:
    """What came of an answer before it was broken off: never as sure as one that was heard out."""
    measured = _so_far(context, model)(reply.text, reply.logprobs)
    above = sum(part.log_odds for part in measured.parts) - HARD_CEILING
    return with_part(measured, ConfidencePart("broken off", abort.why, -max(0.0, above)))


def _so_far(context: TurnContext, model: Model) -> SoFar:
    acceptance, features = context.world.acceptance, context.features
    return partial(
        measure_so_far,
        features=features,
        record=acceptance.get(model.id, features.task),
        calibration=acceptance.calibration,
        usual=acceptance.usual,
        model=model.id,
    )


def seen(features: Features, abort: Abort) -> tuple[Observation, ...]:
    """What an answer that was broken off says of how its model fails."""
    match abort.fault:
        case "refusal":
            return (Observation("refusal", features.task.value, True),)
        case "format":
            return (Observation("format", features.response_format, True),)
        case "language":
            return (Observation("language", features.language, True),)
        case _:
            return ()
