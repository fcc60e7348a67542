"""The lines above and under an answer: who said it, how sure it is, which way it came, what it took and cost.

Runs are `(text, style)`; the styles are the words of `app.panels.draw.STYLES`, or none.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from app.panels import draw, words
from app.panels.spend import turn_cost

if TYPE_CHECKING:
    from routing.trace import AttemptView, Trace

Runs = tuple[tuple[str, str], ...]

_DOT = (" · ", "muted")


def strip(trace: Trace, attempt: AttemptView) -> Runs:
    """`model · tier · conf .87 · path small ↑ mid · 1.2 s · $0.0004 sim`.

    An answer's seconds and dollars are the whole turn's, a superseded draft's are its own.
    """
    whole = attempt is trace.current or attempt.outcome in ("answered", "kept", "taken")
    parts: list[Runs] = [((words.short(attempt.model), "strong"),), ((attempt.tier, "muted"),)]
    if attempt.confidence is not None:
        tone = "info" if attempt.confidence.provisional else "good" if words.enough(attempt.confidence) else "warn"
        parts.append((("conf ", "muted"), (words.score(attempt.confidence), tone)))
    if whole and trace.finished is not None and trace.finished.below_floor:
        parts.append((("! below the floor", "warn"),))
    if attempt.rated is not None:
        parts.append((("✓ good", "good") if attempt.rated else ("✗ bad", "bad"),))
    if attempt.better is not None:
        parts.append((("✓ better", "good") if attempt.better else ("✗ worse", "bad"),))
    if attempt.finish == "length":
        parts.append((("✂ cut off", "warn"),))
    if path := _path(trace, attempt):
        parts.append((("path ", "muted"), *path))
    passed = trace.finished.latency_s if whole and trace.finished else words.taken_s(trace, attempt)
    parts.append(((draw.seconds(passed), "muted"),))
    parts.append(((_money(trace, attempt, whole), "muted"),))
    return _dotted(parts)


def header(trace: Trace, attempt: AttemptView) -> Runs:
    """`sim-north/boulder · answer · ▸ live`, or for a draft `… · draft 1 · superseded · conf .41 < .66`."""
    state = words.state(trace, attempt)
    if attempt.outcome == "superseded":
        gone_on = any(one.continues == attempt.id for one in trace.attempts)
        said: list[Runs] = [
            ((f"draft {_draft_number(trace, attempt)}", "muted"),),
            ((state.word if gone_on else "superseded", state.style),),
        ]
        if attempt.confidence is not None:
            said.append(((f"conf {words.compared(attempt.confidence)}", "muted"),))
        return _dotted([((attempt.model, "muted"),), *said])
    said = [(("answer" if attempt.outcome != "failed" else f"attempt {attempt.n}", "muted"),)]
    if attempt.outcome != "answered":
        said.append(((f"{state.glyph} {state.word}", state.style),))
    if attempt.failure is not None and attempt.outcome == "failed":
        said.append(((words.kind(attempt.failure.kind), "muted"),))
    return _dotted([((attempt.model, "strong accent"),), *said])


def _dotted(parts: list[Runs]) -> Runs:
    """The parts with a dot between them, cleaned of what a terminal could obey."""
    runs: list[tuple[str, str]] = []
    for part in parts:
        if runs:
            runs.append(_DOT)
        runs += ((draw.clean(text), style) for text, style in part if text)
    return tuple(runs)


def _path(trace: Trace, attempt: AttemptView) -> Runs:
    """Tiers climbed or stepped down to, providers failed over to, retries as their glyph; nothing for a first try."""
    made = words.path(trace)
    upto = made[: made.index(attempt) + 1] if attempt in made else made
    if len(upto) < 2:
        return ()
    runs: list[tuple[str, str]] = [(upto[0].tier, "")]
    for before, after in pairwise(upto):
        link = words.link(trace, before, after)
        runs += [(f" {link.glyph}", link.style), (_goal(before, after), "")]
    return tuple(runs)


def _goal(before: AttemptView, after: AttemptView) -> str:
    """What changed on the way from one attempt to the next: the tier, or else the provider or the model."""
    if before.model == after.model:
        return ""
    if before.tier != after.tier:
        return f" {after.tier}"
    return f" {after.provider if before.provider != after.provider else words.short(after.model)}"


def _draft_number(trace: Trace, attempt: AttemptView) -> int:
    drafts = [made.id for made in words.answers(trace) if made.outcome == "superseded"]
    return drafts.index(attempt.id) + 1


def _money(trace: Trace, attempt: AttemptView, whole: bool) -> str:
    if attempt.spend_nusd is None:
        return f"held {draw.dollars(attempt.held_nusd, attempt.simulated)}"
    if whole:
        return turn_cost(trace)
    return words.spent(trace, attempt)
