"""What exactly happened? One turn in full: its path, every attempt with its tokens, times, money and request id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels import confidence, draw, latency, words
from app.panels.draw import line
from app.panels.spend import turn_cost
from app.screens.page import Page, heading

if TYPE_CHECKING:
    from textual.content import Content

    from routing.trace import AttemptView, Note, Trace

_SIGNALS = 96  # columns that the signals of a confidence take at most
_BASIS = {
    "reported": "as the provider reported",
    "estimated": "estimated from the text",
    "reserved": "what was reserved, nothing better is known",
    "free": "free",
}


def lines(trace: Trace | None, width: int) -> list[Content]:
    """The whole turn as lines of at most `width` cells."""
    if trace is None:
        return draw.wrap(line(("There is nothing to inspect yet: send a prompt first.", "muted")), width)
    found = [*_summary(trace, width), *_path(trace, width)]
    for attempt in trace.attempts:
        found += _attempt(trace, attempt, width)
    if trace.attempts:
        found += [*heading("Time"), *latency.lines(trace, width)]
        found += [*heading("Money"), *_money(trace, width)]
    return [draw.crop(one, width) for one in found]


def _summary(trace: Trace, width: int) -> list[Content]:
    finished = trace.finished
    status: str = finished.status if finished else "running"
    glyph, tone = {
        "answered": ("✓", "good"),
        "running": ("▸", "info"),
        "cancelled": ("✂", "muted"),
        "degraded": ("!", "bad"),
    }.get(status, ("✗", "bad"))
    if finished is not None and finished.below_floor:
        status, glyph, tone = f"{status}, below the floor", "!", "warn"
    found = [line((f"{glyph} {status}", f"strong {tone}"), f"   {trace.profile}", (f"   turn {trace.turn}", "muted"))]
    if finished is not None and finished.sentence:
        found += draw.wrap(line(finished.sentence), width)
    return found


def _path(trace: Trace, width: int) -> list[Content]:
    notes = [one for note in trace.notes for one in _note(note, width)]
    if trace.degraded is not None:
        tried = [
            one for told in trace.degraded.tried for one in draw.wrap(line(("  tried: ", "muted"), told), width, 2)
        ]
        notes += [*tried, *draw.wrap(line(("  do: ", "muted"), trace.degraded.do), width, 2)]
    return [*heading("Path"), *(notes or [line(("Nothing went wrong on the way.", "muted"))])]


def _note(note: Note, width: int) -> list[Content]:
    glyph, tone = words.note(note)
    told = line((f"{note.at_s:6.2f} s ", "muted"), (f"{glyph} {words.kind(note.kind)}  ", tone), note.sentence)
    return draw.wrap(told, width, indent=9)


def _attempt(trace: Trace, attempt: AttemptView, width: int) -> list[Content]:
    state = words.state(trace, attempt)
    role = "" if attempt.role == "first" else f" · {words.kind(attempt.role)}"
    aside = f"{attempt.tier} · {attempt.purpose}{role} · rung {attempt.rung + 1}"
    found = heading(f"{attempt.n}  {attempt.model}", aside + (" · simulated" if attempt.simulated else ""))
    took = draw.seconds(words.taken_s(trace, attempt))
    found.append(
        line((f"{state.glyph} {state.word}", state.style), f"   after {took}, begun at {attempt.started_s:.2f} s")
    )
    found += [line((said, "muted")) for said in words.sent(trace, attempt)]
    if attempt.failure is not None:
        after = words.follow_up(attempt.failure.next)
        found += draw.wrap(line(attempt.failure.sentence, (f"  {after.glyph} {after.word}", after.style)), width)
        if attempt.failure.words:
            found += draw.wrap(line(("provider: ", "muted"), attempt.failure.words), width, indent=2)
    usage = attempt.usage
    source = "reported" if usage.reported else "estimated"
    tokens = f"{draw.count(usage.input_tokens)} tokens in, {draw.count(usage.output_tokens)} out"
    more = [
        *([f"{draw.count(usage.cached_tokens)} cached"] if usage.cached_tokens else []),
        *([f"{draw.count(usage.reasoning_tokens)} to reason"] if usage.reasoning_tokens else []),
        source,
        *([f"finish {attempt.finish}"] if attempt.finish else []),
    ]
    found += draw.wrap(line(tokens, (" · " + " · ".join(more), "muted")), width)
    if attempt.request_id:
        found.append(line(("request ", "muted"), attempt.request_id))
    return [*found, *_confidence(attempt, width)]


def _confidence(attempt: AttemptView, width: int) -> list[Content]:
    measured = attempt.confidence
    if measured is None:
        return []
    good = "good" if words.enough(measured) else "warn"
    band = f"band {draw.chance(measured.low)}–{draw.chance(measured.high)}"
    size = min(width, 72)
    return [
        line(("confidence ", "muted"), (words.compared(measured), good), (f"   {band}", "muted")),
        confidence.band_gauge(measured, size, good),
        *confidence.part_lines(measured.parts, min(width, _SIGNALS)),
    ]


def _basis(attempt: AttemptView) -> str:
    """How it is known what an attempt cost; of one that was stopped nobody reports it."""
    stopped = attempt.basis == "estimated" and attempt.outcome in ("cut", "cancelled", "interrupted")
    return "stopped, so billed as an estimate" if stopped else _BASIS.get(attempt.basis, attempt.basis)


def _money(trace: Trace, width: int) -> list[Content]:
    found = []
    for attempt in trace.attempts:
        if attempt.spend_nusd is None:
            said, basis = f"held {draw.dollars(attempt.held_nusd, attempt.simulated)}", "not settled yet"
        else:
            said, basis = words.spent(trace, attempt), _basis(attempt)
            basis += f"; {draw.dollars(attempt.reserved_nusd, attempt.simulated)} had been reserved"
        told = line((f"{attempt.n}  ", "muted"), f"{words.short(attempt.model)}  {said}", (f"   {basis}", "muted"))
        found += draw.wrap(told, width, indent=3)
    found.append(line(("turn  ", "muted"), (turn_cost(trace), "strong")))
    if trace.finished is not None and trace.finished.baseline_nusd:
        largest = draw.dollars(trace.finished.baseline_nusd, trace.simulated)
        found += draw.wrap(line((f"The largest model alone would have cost {largest}.", "muted")), width)
    return found


class InspectScreen(Page):
    NAME = "inspect"

    def lines(self, width: int) -> list[Content]:
        return lines(self.trace, width)
