"""Figures as the command line writes them, and the line that traces a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.money import format_usd

if TYPE_CHECKING:
    from routing.events import TurnFinished
    from routing.trace import AttemptView


def chance(value: float | None) -> str:
    """``.87``; a dash for what is not known."""
    if value is None:
        return "–"
    return f"{value:.2f}".removeprefix("0")


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s" if value < 60 else f"{value / 60:.1f} min"


def dollars(nusd: int, simulated: bool) -> str:
    return format_usd(nusd) + (" simulated" if simulated else "")


def age(s: float) -> str:
    """``4 minutes ago``."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if s >= size:
            count = int(s // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def trace_line(end: TurnFinished) -> str:
    """``→ sim-north/shunter · small · conf .87 · 1.2 s · $0.0001 simulated``."""
    parts = [end.model, end.tier] if end.model else ["no model answered"]
    if end.status != "answered":
        parts.append("below the floor" if end.below_floor else end.status)
    if end.confidence is not None:
        parts.append(f"conf {chance(end.confidence)}")
    parts += [seconds(end.latency_s), dollars(end.spend_nusd, end.simulated)]
    return "→ " + " · ".join(part for part in parts if part)


def attempt_line(attempt: AttemptView) -> str:
    """``1 ↑ sim-north/shunter · small · conf .41 need .66 · 0.4 s · $0.0001 simulated · superseded``."""
    parts = [attempt.model, attempt.tier]
    if attempt.confidence is not None:
        need = f" need {chance(attempt.confidence.needed)}" if attempt.confidence.needed is not None else ""
        parts.append(f"conf {chance(attempt.confidence.score)}{need}")
    if attempt.ended_s is not None:
        parts.append(seconds(attempt.ended_s - attempt.started_s))
    parts.append(dollars(attempt.spend_nusd or 0, attempt.simulated))
    parts.append(attempt.failure.kind.replace("_", " ") if attempt.failure else attempt.outcome)
    return f"{attempt.n} {_GLYPHS.get(attempt.outcome, '·')} " + " · ".join(parts)


_GLYPHS = {
    "answered": "✓",
    "kept": "!",
    "taken": "✓",
    "superseded": "↑",
    "failed": "✗",
    "cancelled": "✂",
    "interrupted": "✂",
    "cut": "✂",
}
