"""The words and glyphs for what happened to an attempt: the same on every panel, strip and screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.panels.draw import chance

if TYPE_CHECKING:
    from routing.decision.model import Candidate, Decision
    from routing.trace import AttemptView, Confidence, Trace


@dataclass(frozen=True, slots=True)
class State:
    """A glyph and a word (never a colour alone), and the style that goes with them."""

    glyph: str
    word: str
    style: str


WAITING = State("·", "waiting", "muted")
UNUSED = State("·", "unused", "muted")
_LIVE = {
    "waiting": State("▸", "asked", "info"),
    "streaming": State("▸", "live", "info"),
    "finished": State("▸", "weighed", "info"),
}
_OUTCOMES = {
    "answered": State("✓", "kept", "good"),
    "kept": State("!", "below floor", "warn"),
    "failed": State("✗", "failed", "bad"),
    "cancelled": State("✂", "stopped", "muted"),
    "interrupted": State("✂", "interrupted", "warn"),
}
_BROKEN_OFF = State("✂", "broke off", "bad")
_ESCALATED, _STEPPED_DOWN = State("↑", "escalated", "warn"), State("↓", "stepped down", "warn")
_NEXT = {
    "retry": State("↻", "retried", "warn"),
    "failover": State("→", "failed over", "warn"),
    "step_down": _STEPPED_DOWN,
    "escalate": _ESCALATED,
    "degrade": State("!", "gave up", "bad"),
    "stop": State("✂", "stopped", "muted"),
}


def state(trace: Trace, attempt: AttemptView) -> State:
    """What became of an attempt, or what it is doing."""
    if attempt.outcome == "live":
        return _LIVE.get(attempt.state, _LIVE["finished"])
    if attempt.outcome == "answered" and below_floor(trace):
        return _OUTCOMES["kept"]
    if attempt.outcome == "kept" and attempt.failure is not None:
        return _BROKEN_OFF
    if attempt.outcome == "superseded":
        return _NEXT["retry"] if _asked_again(trace, attempt) else _STEPPED_DOWN if _steps_down(trace) else _ESCALATED
    return _OUTCOMES[attempt.outcome]


def _asked_again(trace: Trace, attempt: AttemptView) -> bool:
    """Whether the same model was asked next: its answer was not in the form that it had to be in."""
    following = next((one for one in trace.attempts if one.n == attempt.n + 1), None)
    return following is not None and following.model == attempt.model


def follow_up(next_step: str) -> State:
    """What the router did after a failure, out of the failure's `next`."""
    return _NEXT[next_step]


def link(trace: Trace, before: AttemptView, after: AttemptView) -> State:
    """How the path came from one attempt to the one after it."""
    if before.failure is not None and before.failure.next in ("retry", "failover", "step_down", "escalate"):
        return _NEXT[before.failure.next]
    if before.outcome == "superseded":
        return state(trace, before)
    return _NEXT["retry" if before.model == after.model else "failover"]


def kind(word: str) -> str:
    """A name of the code as words: `server_error` becomes `server error`."""
    return word.replace("_", " ")


def short(model: str) -> str:
    """A model's name without its provider."""
    return model.partition("/")[2] or model


def fitted(model: str, width: int) -> str:
    """A model's id in `width` cells: the provider gives way before the name."""
    if len(model) <= width or "/" not in model:
        return model
    provider, _, name = model.partition("/")
    room = width - len(name) - 2
    return f"{provider[:room]}…/{name}" if room >= 2 else name


def answers(trace: Trace) -> tuple[AttemptView, ...]:
    """The attempts that were made to answer, in order."""
    return tuple(attempt for attempt in trace.attempts if attempt.purpose == "answer")


def now_s(trace: Trace) -> float:
    """The trace's present in tenths of a second: what moves is drawn at most ten times a second."""
    return round(trace.at_s, 1)


def ended_s(trace: Trace, attempt: AttemptView) -> float:
    """When the attempt ended: as told, or when the next one began, or (it still runs) now."""
    if attempt.ended_s is not None:
        return attempt.ended_s
    following = next((made.started_s for made in trace.attempts if made.n == attempt.n + 1), None)
    if following is not None:
        return following
    return max(now_s(trace) if trace.live else trace.at_s, attempt.started_s)


def taken_s(trace: Trace, attempt: AttemptView) -> float:
    """Seconds that an attempt took, or has taken so far."""
    return max(ended_s(trace, attempt) - attempt.started_s, 0.0)


def askable(decision: Decision) -> tuple[Candidate, ...]:
    """What is predicted of the models that may be asked; those that are out have a prediction as well."""
    out = {exclusion.model for exclusion in decision.excluded}
    return tuple(candidate for candidate in decision.candidates if candidate.model not in out)


def price_known(trace: Trace, model: str) -> bool:
    candidates = trace.decision.candidates if trace.decision else ()
    return next((candidate.price_known for candidate in candidates if candidate.model == model), True)


def score(confidence: Confidence) -> str:
    """`.87`, or `.7?` while the answer still comes."""
    return chance(confidence.score) + ("?" if confidence.provisional else "")


def below_floor(trace: Trace) -> bool:
    """Whether the reply is shown, but not vouched for."""
    return trace.finished is not None and trace.finished.below_floor


def enough(confidence: Confidence) -> bool:
    return confidence.needed is None or confidence.score >= confidence.needed


def compared(confidence: Confidence) -> str:
    """`.41 < .66`, `.87 ≥ .66`, or the number alone where any answer stays."""
    if confidence.needed is None:
        return score(confidence)
    return f"{score(confidence)} {'≥' if enough(confidence) else '<'} {chance(confidence.needed)}"


def _steps_down(trace: Trace) -> bool:
    return trace.decision is not None and trace.decision.mode == "premium_first"
