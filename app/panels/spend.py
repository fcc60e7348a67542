"""What did it cost, and how much may still be spent? The turn, the session and the day against the cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.reactive import reactive

from app.panels import draw, words
from app.panels.draw import Row, line
from app.panels.panel import Panel

if TYPE_CHECKING:
    from textual.content import Content

    from routing.trace import Trace


@dataclass(frozen=True, slots=True)
class Spending:
    """Money of the session and of the day, in nano-dollars. Real and simulated money never mix: `simulated` says
    which one this is. `cap_nusd` None: no cap. `held_nusd` is reserved, here and in other programs, and unsettled."""

    session_nusd: int
    day_nusd: int
    cap_nusd: int | None
    held_nusd: int
    simulated: bool

    @property
    def share(self) -> float:
        """Of the cap, what is spent or held; 1 with a cap of nothing."""
        if self.cap_nusd is None:
            return 0.0
        used = self.day_nusd + self.held_nusd
        return used / self.cap_nusd if self.cap_nusd > 0 else 1.0


def lines(trace: Trace | None, spending: Spending | None, width: int, height: int = 40) -> list[Content]:
    """Turn, session and day in at most `height` lines of `width` cells; the day and its cap are never left out."""
    rows = []
    if trace is not None and trace.cap is not None:
        cap = trace.cap
        needed = draw.dollars(cap.needed_nusd, trace.simulated or cap.cap == "simulated_day")
        head = line((f"■ {words.kind(cap.cap)} cap reached", "strong warn"))
        rows.append(Row(draw.with_room(head, line((f"needed {needed}", "muted")), width)))
    rows.append(Row(_turn(trace, spending, width), 2))
    if spending is not None:
        rows.append(Row(line(("session  ", "muted"), draw.dollars(spending.session_nusd, spending.simulated)), 3))
        rows += _day(spending, width)
    return draw.fit(rows, width, height)


def turn_cost(trace: Trace) -> str:
    """The turn's money, as a bound where a price is not known."""
    known = all(words.price_known(trace, attempt.model) for attempt in trace.attempts)
    return draw.dollars(trace.spend_nusd, trace.simulated, known)


def _turn(trace: Trace | None, spending: Spending | None, width: int) -> Content:
    left = line(("turn     ", "muted"), turn_cost(trace) if trace is not None else "–")
    held = spending.held_nusd if spending is not None else trace.held_nusd if trace is not None else 0
    simulated = spending.simulated if spending is not None else trace is not None and trace.simulated
    return draw.with_room(left, line((f"held {draw.dollars(held, simulated)}" if held else "", "info")), width)


def _day(spending: Spending, width: int) -> list[Row]:
    if spending.cap_nusd is None:
        said = draw.dollars(spending.day_nusd, spending.simulated)
        return [Row(line(("day      ", "muted"), said, ("  no cap", "muted")))]
    of = f" of {draw.limit(spending.cap_nusd, spending.simulated)}"
    head = line(("day      ", "muted"), draw.dollars(spending.day_nusd, simulated=False), (of, "muted"))
    reached = line(("■ cap" if spending.share >= 1 else "", "strong warn"))
    size = max(min(width - 6, 60), 1)
    gauge = _gauge(spending, size) + line(f" {draw.percent(spending.share):>4}")
    return [Row(draw.with_room(head, reached, width)), Row(gauge, 1)]


def _gauge(spending: Spending, size: int) -> Content:
    """What is spent (`█`), then what is held (`▒`), of the cap."""
    cap = spending.cap_nusd or 1
    spent = draw.bar(spending.day_nusd / cap, size, "warn" if spending.share >= 0.8 else "accent")
    used = min(-(-spending.day_nusd * size // cap), size)
    held = min(-(-spending.held_nusd * size // cap), size - used)
    return spent[:used] + line(("▒" * held, "info")) + spent[used + held :] if held > 0 else spent


def part(trace: Trace | None) -> object:
    """All that `lines` reads of a trace."""
    if trace is None:
        return None
    paid = tuple((made.model, made.simulated, made.spend_nusd, made.held_nusd) for made in trace.attempts)
    return (paid, trace.cap, trace.decision)


class SpendPanel(Panel):
    BORDER_TITLE = "spend"

    spending: reactive[Spending | None] = reactive(None, repaint=False)

    def lines(self, width: int, height: int) -> list[Content]:
        return lines(self.trace, self.spending, width, height)

    def part(self) -> object:
        return part(self.trace), self.spending

    def watch_spending(self) -> None:
        self.redraw()
