"""How sure is the answer, how sure must it be, and where does the number come from?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.reactive import reactive

from app.panels import draw, words
from app.panels.draw import Row, line
from app.panels.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content

    from routing.events import ConfidencePart
    from routing.trace import AttemptView, Confidence, Trace

_VALUE = 7  # cells of `+0.31`, with its gap
_LEAST_BAR, _SHORT_BAR = 8, 4
_LONGEST_RAW = 16


def lines(trace: Trace | None, width: int, height: int = 40, trust: Sequence[str] = ()) -> list[Content]:
    """The confidence of the answer (or of the attempt that runs) in at most `height` lines of `width` cells; `trust`
    tells what ratings say of such numbers, and how many labels stand behind them."""
    attempt = trace.current if trace is not None else None
    if trace is None or attempt is None:
        return draw.fit(_nothing(trace, width), width, height)
    drafts = [Row(_draft(draft, n), 4) for n, draft in enumerate(_drafts(trace, attempt), start=1)]
    if attempt.confidence is None:
        return draw.fit([*_unmeasured(trace, attempt), *drafts], width, height)
    rows = [*_number(attempt.confidence, width, words.below_floor(trace)), *drafts]
    earned = [Row(part, 2) for told in trust for part in draw.wrap(line((told, "muted")), width)]
    parts = _parts(attempt.confidence.parts, width, max(height - len(rows) - len(earned), 0))
    return draw.fit([*rows, *parts, *earned], width, height)


def _nothing(trace: Trace | None, width: int) -> list[Row]:
    if trace is not None and trace.degraded is not None:
        return [Row(line(("! degraded", "bad"))), Row(line(("There is no answer to judge.", "muted")), 1)]
    if trace is not None and trace.live:
        return [Row(line(("Nothing to judge yet.", "muted")))]
    told = line(("Its number, the number it needs and the signals behind both are drawn here.", "muted"))
    return [Row(line(("No answer yet.", "muted"))), *(Row(part, 1) for part in draw.wrap(told, width))]


def _unmeasured(trace: Trace, attempt: AttemptView) -> list[Row]:
    state = words.state(trace, attempt)
    found = "measured when the answer is there" if trace.live else "no answer was measured"
    return [
        Row(line((f"{state.glyph} {state.word}  ", state.style), words.short(attempt.model))),
        Row(line((found, "muted")), 1),
    ]


def _drafts(trace: Trace, shown: AttemptView) -> list[AttemptView]:
    """Earlier attempts that were measured too."""
    return [attempt for attempt in words.answers(trace) if attempt.confidence and attempt.id != shown.id]


def _draft(attempt: AttemptView, n: int) -> Content:
    assert attempt.confidence is not None
    said = f"draft {n}  {words.compared(attempt.confidence)}  {words.short(attempt.model)}"
    return line((said, "muted"))


def _number(confidence: Confidence, width: int, below_floor: bool) -> list[Row]:
    good = words.enough(confidence) and not below_floor
    tone = "good" if good else "warn"
    need = "any answer stays" if confidence.needed is None else f"need {draw.chance(confidence.needed)}"
    if confidence.provisional:
        verdict, tone = "▸ so far", "info"
    else:
        verdict = "✓ enough" if good else "! below floor" if words.enough(confidence) else "! too low"
    head = line((words.score(confidence), f"strong {tone}"), "   ", need)
    band = f"band {draw.chance(confidence.low)}–{draw.chance(confidence.high)}"
    if width >= 54:
        head += line((f"   {band}", "muted"))
    return [Row(draw.between(head, line((verdict, tone)), width)), Row(band_gauge(confidence, width, tone), 1)]


def band_gauge(confidence: Confidence, width: int, tone: str) -> Content:
    """`0 ······┊···━━●━━··· 1`: the likely band, the score in it, and where it must reach."""
    size = max(width - 4, 8)

    def cell(value: float) -> int:
        return min(max(round(value * (size - 1)), 0), size - 1)

    marks = [(draw.TRACK, "muted")] * size
    for at in range(cell(confidence.low), cell(confidence.high) + 1):
        marks[at] = ("━", tone)
    if confidence.needed is not None:
        marks[cell(confidence.needed)] = ("┊", "strong")
    marks[cell(confidence.score)] = ("●", f"strong {tone}")
    return line(("0 ", "muted"), *_merged(marks), (" 1", "muted"))


def _merged(marks: Sequence[draw.Run]) -> list[draw.Run]:
    """Neighbours of one style as one run."""
    runs: list[draw.Run] = []
    for glyph, words_ in marks:
        if runs and runs[-1][1] == words_:
            runs[-1] = (runs[-1][0] + glyph, words_)
        else:
            runs.append((glyph, words_))
    return runs


def _parts(parts: Sequence[ConfidencePart], width: int, room: int) -> list[Row]:
    """The strongest signals first; what does not fit is counted. What was read of one is told whole or not at all."""
    ordered = sorted(parts, key=lambda part: (-abs(part.log_odds), part.name))
    shown = ordered if len(ordered) <= room else ordered[: max(room - 1, 0)]
    most = max((abs(part.log_odds) for part in ordered), default=0.0)
    names = _names_room(shown, width)
    raws = _whole_raws(shown, width - names - _VALUE - 1 - _SHORT_BAR)
    widest = max((line(raw).cell_length for raw in raws), default=0)
    told = [replace(part, raw=raw) for part, raw in zip(shown, raws, strict=True)]
    rows = [Row(_part_line(part, most, width, names, widest), 3) for part in told]
    if len(shown) < len(ordered) and room > 0:
        rows.append(Row(line((f"and {len(ordered) - len(shown)} weaker signals", "muted")), 3))
    return rows


def part_lines(parts: Sequence[ConfidencePart], width: int) -> list[Content]:
    """Every signal in its order; what was read has the room that it needs, as far as the bars leave it."""
    most = max((abs(part.log_odds) for part in parts), default=0.0)
    longest = max((line(part.raw).cell_length for part in parts), default=0)
    most_room = width - _name_room(width) - _VALUE - 1 - _LEAST_BAR
    raw_room = max(min(longest, most_room), _raw_room(width))
    return [_part_line(part, most, width, _name_room(width), raw_room) for part in parts]


def _names_room(parts: Sequence[ConfidencePart], width: int) -> int:
    """As wide as the longest name, as long as its value has a place."""
    return min(max((len(part.name) + 1 for part in parts), default=0), max(width - _VALUE - 1, 1))


def _whole_raws(parts: Sequence[ConfidencePart], room: int) -> list[str]:
    """What was read, where it fits."""
    return [part.raw if line(part.raw).cell_length <= min(room, _LONGEST_RAW) else "" for part in parts]


def _name_room(width: int) -> int:
    return min(max(width * 2 // 5, 10), 28)


def _raw_room(width: int) -> int:
    return min(max(width // 5, 10 if width >= 36 else 5), _LONGEST_RAW)


def _part_line(part: ConfidencePart, most: float, width: int, name_room: int, raw_room: int) -> Content:
    """One signal: its name, what was read, and what it adds to the log-odds (`▒` takes away)."""
    bar_room = min(width - name_room - raw_room - _VALUE - 1, 24)
    cells = round(abs(part.log_odds) / most * bar_room) if most and bar_room > 0 else 0
    filled = ("█" if part.log_odds >= 0 else "▒") * (max(cells, 1) if part.log_odds else 0)
    left = (
        draw.column(line(part.name), name_room - 1)
        + line(" ")
        + draw.column(line((part.raw, "muted")), raw_room)
        + line(" ", (filled if bar_room >= 3 else "", "accent" if part.log_odds >= 0 else "warn"))
    )
    return draw.between(
        left, line(draw.signed(part.log_odds)), min(width, name_room + raw_room + bar_room + _VALUE + 1)
    )


def part(trace: Trace | None) -> object:
    """All that `lines` reads of a trace."""
    if trace is None:
        return None
    measured = tuple(
        (attempt.id, attempt.model, attempt.state, attempt.outcome, attempt.confidence) for attempt in trace.attempts
    )
    return (measured, trace.live, trace.degraded, trace.decision)


class ConfidencePanel(Panel):
    BORDER_TITLE = "confidence"

    trust: reactive[tuple[str, ...]] = reactive((), repaint=False)

    def lines(self, width: int, height: int) -> list[Content]:
        return lines(self.trace, width, height, self.trust)

    def part(self) -> object:
        return part(self.trace), self.trust

    def watch_trust(self) -> None:
        self.redraw()
