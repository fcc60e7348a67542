"""The keys that a turn answers once it has ended, as the last line of its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import ACTIONS, key_name
from routing.clock import lasting

if TYPE_CHECKING:
    from routing.events import Degraded
    from routing.trace import AttemptView, Trace

Runs = tuple[tuple[str, str], ...]

AGAIN_S = 60.0
"""When a prompt is asked again of which nobody knows when it can work."""
_SOONEST_S = 1.0
_KEYS = {action.name: key_name(action.keys[0]) for action in ACTIONS if action.keys}


def wait_s(degraded: Degraded, passed_s: float = 0.0) -> float:
    """Seconds until the prompt can be asked again, `passed_s` after its turn ended."""
    again = AGAIN_S if degraded.again_in_s is None else degraded.again_in_s - passed_s
    return max(_SOONEST_S, again)


def question(attempt: AttemptView) -> Runs:
    """`Was this answer good?  g good · b bad (Esc leaves the composer)`, while it is asked and not answered; of a draft
    that was left, that it is asked by lot."""
    if not attempt.rating_asked or attempt.rated is not None:
        return ()
    good, bad = (_KEYS[f"rate('{word}')"] for word in ("good", "bad"))
    asked = "By lot: was this draft good?  " if attempt.outcome == "superseded" else "Was this answer good?  "
    return (
        (asked, "info"),
        (good, "accent"),
        (" good · ", "muted"),
        (bad, "accent"),
        (" bad (Esc leaves the composer)", "muted"),
    )


def keys(trace: Trace) -> Runs:
    """`r retry now · s ask again in 41 s · o take the draft · e edit (Esc leaves the composer)`; nothing under a turn
    that is not degraded, or whose draft was taken."""
    degraded, finished = trace.degraded, trace.finished
    taken = any(attempt.outcome == "taken" for attempt in trace.attempts)
    if degraded is None or finished is None or finished.status != "degraded" or taken:
        return ()
    offered = [("retry", "retry now"), ("schedule", f"ask again in {lasting(wait_s(degraded))}")]
    if trace.takeable is not None:
        offered.append(("take_draft", "take the draft"))
    runs: list[tuple[str, str]] = []
    for name, does in (*offered, ("edit", "edit")):
        runs += [(_KEYS[name], "accent"), (f" {does} · ", "muted")]
    return (*runs[:-1], (" edit (Esc leaves the composer)", "muted"))
