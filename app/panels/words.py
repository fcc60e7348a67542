"""The words and glyphs for what happened to an attempt: the same on every panel, strip and screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.panels.draw import chance, dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.decision.model import Candidate, Decision
    from routing.trace import AttemptView, Confidence, Note, Trace


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
    "taken": State("✓", "taken", "warn"),
    "failed": State("✗", "failed", "bad"),
    "cancelled": State("✂", "stopped", "muted"),
    "interrupted": State("✂", "interrupted", "warn"),
    "cut": State("✂", "cut", "muted"),
}
_FIRST = State("✓", "was first", "good")
_GONE_ON = State("+", "gone on with", "info")
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
HEDGE = State("h", "asked as well", "info")
"""How the path came to a model that was asked because another was late."""


def state(trace: Trace, attempt: AttemptView) -> State:
    """What became of an attempt, or what it is doing."""
    if attempt.outcome == "live":
        return _LIVE.get(attempt.state, _LIVE["finished"])
    if attempt.outcome == "answered" and below_floor(trace):
        return _OUTCOMES["kept"]
    if attempt.outcome == "kept" and attempt.failure is not None:
        return _BROKEN_OFF
    if attempt.outcome == "answered" and attempt.role == "hedge":
        return _FIRST
    if attempt.outcome == "superseded" and any(one.continues == attempt.id for one in trace.attempts):
        return _GONE_ON
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
    if after.role == "hedge":
        return HEDGE
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


def names(models: Sequence[str]) -> list[str]:
    """The models' names, with the provider where two have the same."""
    brief = [short(model) for model in models]
    return [name if brief.count(name) == 1 else model for name, model in zip(brief, models, strict=True)]


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


def path(trace: Trace) -> tuple[AttemptView, ...]:
    """The answers without those that were asked as well and were not first."""
    return tuple(one for one in answers(trace) if not (one.role == "hedge" and beside(one)))


def beside(attempt: AttemptView) -> bool:
    """Whether the attempt came to nothing while another went on."""
    return attempt.outcome == "cut" or (attempt.failure is not None and attempt.failure.next == "stop")


def hedged(trace: Trace, attempt: AttemptView) -> AttemptView | None:
    """The attempt that was late, so that this one was made."""
    if attempt.role != "hedge":
        return None
    return next((one for one in trace.attempts if one.n == attempt.n - 1), None)


def sent(trace: Trace, attempt: AttemptView) -> list[str]:
    """What was sent, where that is not the whole prompt with its chat."""
    found = []
    before = next((one for one in trace.attempts if one.id == attempt.continues), None)
    if before is not None:
        found.append(f"goes on from attempt {before.n}")
    if attempt.left_out or attempt.saved_nusd:
        many = f"{attempt.left_out} " if attempt.left_out else ""
        saved = f", saves {dollars(attempt.saved_nusd, attempt.simulated)}" if attempt.saved_nusd else ""
        found.append(f"{many}old message{'' if attempt.left_out == 1 else 's'} left out{saved}")
    return found


def now_s(trace: Trace) -> float:
    """The trace's present in tenths of a second: what moves is drawn at most ten times a second."""
    return round(trace.at_s, 1)


def ended_s(trace: Trace, attempt: AttemptView) -> float:
    """When the attempt ended: as told, or when the next one began, or (it still runs) now."""
    if attempt.ended_s is not None:
        return attempt.ended_s
    later = (made.started_s for made in trace.attempts if made.n > attempt.n and made.role != "hedge")
    if (following := next(later, None)) is not None:
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


def spent(trace: Trace, attempt: AttemptView) -> str:
    """What an attempt was settled at: `≤` where that is only a bound, `≈` where it is an estimate."""
    return sign(trace, attempt) + dollars(attempt.spend_nusd or 0, attempt.simulated)


def sign(trace: Trace, attempt: AttemptView) -> str:
    if not price_known(trace, attempt.model) or attempt.basis == "reserved":
        return "≤ "
    return "≈ " if attempt.basis == "estimated" else ""


_NOTES = {
    "retry": ("↻", "warn"),
    "failover": ("→", "warn"),
    "escalation": ("↑", "warn"),
    "step_down": ("↓", "warn"),
    "breaker": ("■", "warn"),
    "hedge": ("h", "info"),
    "cap": ("■", "warn"),
    "warning": ("!", "warn"),
    "precheck": ("?", "info"),
    "context": ("−", "muted"),
    "throttle": ("!", "warn"),
    "opinion": ("?", "info"),
    "degraded": ("!", "bad"),
}


def note(one: Note) -> tuple[str, str]:
    """The glyph of a note, and its style."""
    return _NOTES[one.kind]


def cap(kind_: str, name: str) -> str:
    """`day cap`, `sim-north cap`, `large share`, `quota of hard`: a cap in few words."""
    return {
        "provider": f"{name} cap",
        "premium": f"{name} share",
        "class": f"{name} cap",
        "route": f"quota of {name}",
        "attempts": "limit of calls",
        "seconds": "limit of time",
    }.get(kind_, f"{kind(kind_)} cap")


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
