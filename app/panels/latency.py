"""Where did the time go? A waterfall of the attempts, the first token, and the whole against the time allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.panels import draw, words
from app.panels.draw import Row, line
from app.panels.panel import Panel

if TYPE_CHECKING:
    from textual.content import Content

    from routing.trace import AttemptView, Trace

_TICKS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_LEGEND = "░ queue  ▒ first token  █ stream  ✂ cut  ✗ failed"
_SHORT_LEGEND = "░ queue ▒ wait █ stream ✂ cut"
_FIRST = ("first token of the answer ", "answer from ", "first ")
"""The same in fewer words; where a draft was shown before, the first text of the turn came earlier."""
_TOOK = 7


@dataclass(frozen=True, slots=True)
class Span:
    """The phases of one attempt, in seconds since the turn began; `first_s` None: no token came."""

    attempt: AttemptView
    queued_s: float
    sent_s: float
    first_s: float | None
    end_s: float
    mark: str


def spans(trace: Trace) -> tuple[Span, ...]:
    """Every attempt with the wait before it: from the end of those before, or from the turn's start."""
    found: list[Span] = []
    for attempt in trace.attempts:
        queued = max((span.end_s for span in found), default=0.0)
        end = max(words.ended_s(trace, attempt), attempt.started_s)
        first = attempt.first_token_s
        found.append(
            Span(
                attempt,
                min(queued, attempt.started_s),
                attempt.started_s,
                None if first is None else min(first, end),
                end,
                _mark(trace, attempt),
            )
        )
    return tuple(found)


def lines(trace: Trace | None, width: int, height: int = 40) -> list[Content]:
    """The waterfall in at most `height` lines of `width` cells; the scale gives way first, the total never."""
    if trace is None or not trace.attempts:
        return draw.fit(_nothing(trace), width, height)
    shown = spans(trace)
    label = _label_width(shown, width)
    size = max(width - label - _TOOK, 4)
    whole = max([span.end_s for span in shown] + [words.now_s(trace) if trace.live else 0.0, 0.1])
    rows = [Row(_scale(whole, size, label), 4)]
    rows += [Row(_waterfall(trace, span, whole, size, label), 3 - min(n, 2)) for n, span in enumerate(shown)]
    legend = _LEGEND if width >= len(_LEGEND) else _SHORT_LEGEND
    rows += [Row(line((legend, "muted")), 5), Row(total(trace, width))]
    return draw.fit(rows, width, height)


def _nothing(trace: Trace | None) -> list[Row]:
    if trace is not None and trace.live:
        return [Row(line(("▸ deciding  ", "info"), ("nothing was sent yet", "muted")))]
    said = "No message yet." if trace is None else "Nothing was sent."
    return [Row(line((said, "muted")))]


def _label_width(shown: tuple[Span, ...], width: int) -> int:
    """Room for the attempt's number, and for its model where the width allows one."""
    if width < 64:
        return 2
    return 3 + min(max(len(span.attempt.model) for span in shown), 28)


def _scale(whole: float, size: int, label: int) -> Content:
    """`0 s    2    4    6`: a tick at round seconds, as many as stay readable."""
    tick = next((tick for tick in _TICKS_S if size * tick / whole >= 7), _TICKS_S[-1])
    marks = "0 s"
    n = 1
    while (at := round(n * tick / whole * size)) + 4 <= size:
        marks = f"{marks:<{at}}{n * tick:g}"
        n += 1
    return line(" " * label, (marks, "muted"))


def _waterfall(trace: Trace, span: Span, whole: float, size: int, label: int) -> Content:
    number = "h" if span.attempt.role == "hedge" else str(span.attempt.n)
    name = f"{number:<2}" if label < 4 else f"{number:<2}{words.fitted(span.attempt.model, label - 3)}"
    took = draw.seconds(words.taken_s(trace, span.attempt))
    head = draw.column(line(name), label)
    return draw.between(head + _bar(trace, span, whole, size), line((took, "muted")), label + size + _TOOK)


def _bar(trace: Trace, span: Span, whole: float, size: int) -> Content:
    """Each phase in its own glyph; a phase that took any time at all is at least one cell."""

    def cell(s: float) -> int:
        return min(max(round(s / whole * size), 0), size)

    state = words.state(trace, span.attempt)
    end = max(cell(span.end_s), 1)
    sent = min(cell(span.sent_s), end - 1)
    first = end if span.first_s is None else min(max(cell(span.first_s), sent + 1), max(end - 1, sent + 1))
    queued = min(cell(span.queued_s), sent)
    streamed = "█" * max(end - first, 0)
    waited = "▒" * (first - sent)
    if span.mark:
        waited, streamed = (waited, streamed[:-1]) if streamed else (waited[:-1], "")
    return line(
        " " * queued,
        ("░" * (sent - queued), "muted"),
        (waited, "info"),
        (streamed, "accent" if span.attempt.outcome in ("answered", "live") else "muted"),
        (span.mark, state.style),
    )


def _mark(trace: Trace, attempt: AttemptView) -> str:
    state = words.state(trace, attempt)
    return state.glyph if state.glyph in "✂✗▸" else ""


def total(trace: Trace, width: int) -> Content:
    """`answer from 0.8 s   total 6.3 s of 20 s`, or `… total 2.8 s over 2.0 s`."""
    first = first_token_s(trace)
    passed = trace.finished.latency_s if trace.finished else words.now_s(trace)
    allowed = trace.decision.time_s if trace.decision else 0.0
    over = 0 < allowed < passed
    of = f" {'over' if over else 'of'} {draw.seconds(allowed)}" if allowed > 0 else ""
    right = line(("total " if width >= 34 else "", "muted"), draw.seconds(passed), (of, "warn" if over else "muted"))
    said = draw.seconds(first) if first is not None else "–"
    room = width - len(said) - right.cell_length - 1
    label = next((label for label in _FIRST if len(label) <= room), _FIRST[-1])
    return draw.between(line((label, "muted"), said), right, width)


def first_token_s(trace: Trace) -> float | None:
    """Seconds from Enter to the first token of the answer that is shown, not of a draft that was left."""
    return trace.current.first_token_s if trace.current is not None else None


def part(trace: Trace | None) -> object:
    """All that `lines` reads of a trace."""
    if trace is None:
        return None
    timed = tuple(replace(attempt, characters=0, reasoning_characters=0, confidence=None) for attempt in trace.attempts)
    moving = words.now_s(trace) if trace.live else None
    return (moving, timed, trace.decision, trace.finished)


class LatencyPanel(Panel):
    BORDER_TITLE = "latency"

    def lines(self, width: int, height: int) -> list[Content]:
        return lines(self.trace, width, height)

    def part(self) -> object:
        return part(self.trace)
