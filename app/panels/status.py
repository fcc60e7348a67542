"""The panels in two lines, for a terminal without room for a rail, and in one for a tiny one.

Where the width is short the parts of lower worth go first. What stays to the end: that the turn is degraded or a
cap was reached, the model, the confidence, and the money against the cap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels import draw, words
from app.panels.draw import line
from app.panels.ladder import Step, steps
from app.panels.spend import Spending, turn_cost

if TYPE_CHECKING:
    from textual.content import Content

    from routing.trace import AttemptView, Trace

_READY = "ready"


def status_lines(trace: Trace | None, spending: Spending | None, width: int) -> list[Content]:
    """Two lines: the path with its rungs; confidence, time and money."""
    if trace is None:
        return [line((_READY, "muted")), _joined(_money(None, spending), width)]
    made = len(words.answers(trace))
    right = line((f"attempt {made}" if made > 1 else "", "muted"))
    head = _alarm(trace)
    path = _path(trace, width - head.cell_length - right.cell_length - 1)
    figures = [(0, _confidence(trace)), *_time(trace), *_money(trace, spending)]
    return [draw.between(head + path, right, width), _joined(figures, width)]


def status_line(trace: Trace | None, spending: Spending | None, width: int) -> Content:
    """One line: rung of rungs, model and state, confidence, money."""
    if trace is None:
        return _joined([(3, line((_READY, "muted"))), *_money(None, spending)], width)
    parts = [(1, head)] if (head := _alarm(trace)) else []
    if (attempt := trace.current) is not None:
        state = words.state(trace, attempt)
        of = len(trace.decision.ladder) if trace.decision else len(trace.attempts)
        parts.append((2, line((f"{min(attempt.rung + 1, of)}/{of}", "muted"))))
        parts.append((0, line((f"{state.glyph} ", state.style), words.short(attempt.model))))
    short = attempt.confidence if attempt is not None else None
    parts.append((0, line(words.score(short) if short else "", ("" if short else "–", "muted"))))
    return _joined([*parts, *_money(trace, spending, brief=True)], width)


def _alarm(trace: Trace) -> Content:
    if trace.degraded is not None:
        return line(("! degraded  ", "strong bad"))
    if trace.cap is not None:
        return line((f"■ {words.cap(trace.cap.cap, trace.cap.name)}  ", "strong warn"))
    if words.below_floor(trace):
        return line(("! below floor  ", "strong warn"))
    return line()


def _path(trace: Trace, width: int) -> Content:
    """`1 ↑ pebble .41 ─ 2 ▸ boulder ─ 3 · summit`; where it is too long the rungs not climbed go first, from the top
    down, then those left behind, from the bottom up."""
    climbed = [step for step in steps(trace) if step.attempts]
    above = [step for step in steps(trace) if not step.attempts]
    if not climbed and not above:
        return line(("▸ deciding" if trace.live else "nothing was sent", "info" if trace.live else "muted"))
    left = False
    while len(climbed) + len(above) > 1 and _chain(trace, [*climbed, *above], left).cell_length > width:
        if above:
            above.pop()
        else:
            climbed.pop(0)
            left = True
    return draw.crop(_chain(trace, [*climbed, *above], left), width)


def _chain(trace: Trace, rungs: list[Step], left: bool) -> Content:
    join = line((" ─ ", "muted"))
    start = [line(("…", "muted"))] if left else []
    return join.join([*start, *(_rung(trace, rung) for rung in rungs)])


def _rung(trace: Trace, step: Step) -> Content:
    if not step.attempts:
        return line((f"{step.number} · {words.short(step.model)}", "muted"))
    asked = [attempt for attempt in step.attempts if attempt.role != "hedge"] or list(step.attempts)
    last = asked[-1]
    made = sum(attempt.model == last.model for attempt in asked)
    calls = f" ×{made}" if made > 1 else ""
    beside = [attempt for attempt in step.attempts if attempt not in asked]
    names = words.names([last.model, *(attempt.model for attempt in beside)])
    first = _call(trace, str(step.number), last, names[0], calls)
    return line(" ").join([first, *(_call(trace, "h", *one) for one in zip(beside, names[1:], strict=True))])


def _call(trace: Trace, number: str, attempt: AttemptView, name: str, calls: str = "") -> Content:
    state = words.state(trace, attempt)
    score = f" {words.score(attempt.confidence)}" if attempt.confidence else ""
    return line((f"{number} ", "muted"), (f"{state.glyph} ", state.style), name + score + calls)


def _confidence(trace: Trace) -> Content:
    measured = trace.current.confidence if trace.current else None
    if measured is None:
        return line(("conf –", "muted"))
    tone = "info" if measured.provisional else "good" if words.enough(measured) else "warn"
    need = f" need {draw.chance(measured.needed)}" if measured.needed is not None else ""
    return line(("conf ", "muted"), (words.score(measured), tone), (need, "muted"))


def _time(trace: Trace) -> list[tuple[int, Content]]:
    passed = trace.finished.latency_s if trace.finished else words.now_s(trace)
    limit = trace.decision.time_s if trace.decision else 0.0
    if limit <= 0:
        return [(2, line(draw.seconds(passed)))]
    said = line(draw.seconds(passed), (f" of {draw.seconds(limit)}", "muted"))
    return [(2, said), (4, draw.bar(passed / limit, 10))]


def _money(trace: Trace | None, spending: Spending | None, brief: bool = False) -> list[tuple[int, Content]]:
    parts = []
    if trace is not None and trace.attempts:
        parts.append((3 if brief else 1, line(turn_cost(trace))))
    if spending is None:
        return parts
    cap = spending.cap_nusd
    mark = spending.mark
    tone = "strong warn" if mark else ""
    if brief and cap is not None:
        share = f"{draw.percent(spending.share)} of {draw.limit(cap, spending.simulated)}"
        return [*parts, (0, line(("day ", "muted"), (f"{mark} " if mark else "", tone), (share, tone)))]
    said = draw.dollars(spending.day_nusd, spending.simulated and cap is None)
    of = f" of {draw.limit(cap, spending.simulated)}" if cap is not None else ""
    return [*parts, (0, line(("day ", "muted"), (f"{mark} " if mark else "", tone), (said, tone), (of, "muted")))]


def _joined(parts: list[tuple[int, Content]], width: int) -> Content:
    """Parts beside each other; while they are too wide the one of the highest rank goes."""
    parts = [part for part in parts if part[1]]
    while len(parts) > 1 and sum(part.cell_length + 3 for _, part in parts) - 3 > width:
        worst = max(rank for rank, _ in parts)
        if worst == 0:
            break
        parts.remove(next(part for part in reversed(parts) if part[0] == worst))
    return draw.crop(line(("   ", "")).join(part for _, part in parts), width)
