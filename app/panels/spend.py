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

    from routing.budget.standing import Standing
    from routing.trace import Trace


@dataclass(frozen=True, slots=True)
class Spending:
    """Money of the session and of the day, in nano-dollars. Real and simulated money never mix: `simulated` says
    which one this is. `cap_nusd` None: no cap. `held_nusd` is reserved, here and in other programs, and unsettled.
    `next_nusd` is the most that the prompt in the composer could cost, None without one and where none may be asked.
    `caps` are those of the profile that are in force beside the day's; from `warn_at` on a share of the day's is
    told."""

    session_nusd: int
    day_nusd: int
    cap_nusd: int | None
    held_nusd: int
    simulated: bool
    next_nusd: int | None = None
    warn_at: float = 0.8
    caps: tuple[Standing, ...] = ()

    @property
    def mark(self) -> str:
        """`■`: the day's cap is reached, `!`: the share at which to warn is, or else nothing."""
        if self.cap_nusd is None or self.share < min(self.warn_at, 1.0):
            return ""
        return "■" if self.share >= 1 else "!"

    @property
    def state(self) -> str:
        """The mark with its words."""
        return {"■": "■ cap", "!": f"! over {draw.percent(self.warn_at)}"}.get(self.mark, "")

    @property
    def session(self) -> Standing | None:
        """The session's cap."""
        return next((one for one in self.caps if one.cap == "session"), None)

    @property
    def share(self) -> float:
        """Of the cap, what is spent or held; 1 with a cap of nothing."""
        if self.cap_nusd is None:
            return 0.0
        used = self.day_nusd + self.held_nusd
        return used / self.cap_nusd if self.cap_nusd > 0 else 1.0


def lines(trace: Trace | None, spending: Spending | None, width: int, height: int = 40) -> list[Content]:
    """Turn, session, day and the profile's caps in at most `height` lines of `width` cells; the day and its cap are
    never left out, and a cap that fills comes before the session."""
    rows = []
    if trace is not None and trace.cap is not None:
        cap = trace.cap
        needed = draw.dollars(cap.needed_nusd, trace.simulated or cap.cap == "simulated_day")
        said = "" if cap.cap in ("attempts", "seconds") else f"needed {needed}"
        head = line((f"■ {words.cap(cap.cap, cap.name)} reached", "strong warn"))
        rows.append(Row(draw.with_room(head, line((said, "muted")), width)))
    rows.append(Row(_turn(trace, width), 2))
    if spending is not None:
        rows.append(Row(_session(spending, width), 3))
        rows += _day(spending, width)
        others = [one for one in spending.caps if one.cap in ("provider", "premium", "class", "route")]
        rows += [
            Row(_other(one, spending.simulated, width), 4 if one.state == "free" else 2)
            for one in sorted(others, key=lambda one: -one.share)
        ]
    return draw.fit(rows, width, height)


def turn_cost(trace: Trace) -> str:
    """The turn's money: `≤` where a price is not known, `≈` where a part of it is an estimate."""
    known = all(words.price_known(trace, attempt.model) for attempt in trace.attempts)
    signs = {words.sign(trace, attempt) for attempt in trace.attempts if attempt.spend_nusd}
    sign = next((sign for sign in ("≤ ", "≈ ") if sign in signs), "") if known else ""
    return sign + draw.dollars(trace.spend_nusd, trace.simulated, known)


def _turn(trace: Trace | None, width: int) -> Content:
    """What the turn has spent, what turns of their own cost that it needed, and what it holds itself: what others hold
    is told of the day."""
    if trace is None:
        return line(("turn     ", "muted"), "–")
    beside = f" + {draw.dollars(trace.asides_nusd, trace.simulated)} beside it" if trace.asides_nusd else ""
    left = line(("turn     ", "muted"), turn_cost(trace), (beside, "muted"))
    held = f"held {draw.dollars(trace.held_nusd, trace.simulated)}" if trace.held_nusd else ""
    return draw.with_room(left, line((held, "info")), width)


def _session(spending: Spending, width: int) -> Content:
    """What the session has spent, of its cap if it has one; beside it what the next prompt could cost at most."""
    cap, simulated = spending.session, spending.simulated
    said = draw.dollars(spending.session_nusd, simulated and cap is None)
    of = f" of {draw.limit(cap.hard_nusd, simulated)}" if cap is not None else ""
    mark = (f"  {_MARKS[cap.state]}", "strong warn") if cap is not None and _MARKS[cap.state] else ("", "")
    left = line(("session  ", "muted"), said, (of, "muted"), mark)
    return draw.with_room(left, line((_next(spending), "info")), width)


def _next(spending: Spending) -> str:
    if spending.next_nusd is None:
        return ""
    return f"next ≤ {draw.limit(spending.next_nusd, simulated=False)}" if spending.next_nusd else "next free"


_LEAST_GAUGE = 12
_MARKS = {"free": "", "warned": "! warned", "reached": "■ reached"}


def _other(cap: Standing, simulated: bool, width: int) -> Content:
    """`sim-north cap  $0.12 of $0.80 sim  15%`."""
    taken = draw.dollars(cap.spent_nusd + cap.held_nusd, simulated=False)
    left = line((f"{words.cap(cap.cap, cap.name)}  ", "muted"), taken)
    of = line((f" of {draw.limit(cap.hard_nusd, simulated)}", "muted"))
    mark = _MARKS[cap.state].partition(" ")[0]
    right = line((f"{mark} " if mark else "", "strong warn"), f"{draw.percent(cap.share):>4}")
    whole = left + of
    return draw.between(whole if whole.cell_length + right.cell_length < width else left, right, width)


def _day(spending: Spending, width: int) -> list[Row]:
    held = f"held {draw.dollars(spending.held_nusd, simulated=False)}" if spending.held_nusd else ""
    if spending.cap_nusd is None:
        said = draw.dollars(spending.day_nusd, spending.simulated)
        head = line(("day      ", "muted"), said, ("" if held else "  no cap", "muted"))
        return [Row(draw.with_room(head, line((held, "info")), width))]
    of = f" of {draw.limit(spending.cap_nusd, spending.simulated)}"
    head = line(("day      ", "muted"), draw.dollars(spending.day_nusd, simulated=False), (of, "muted"))
    reached = line((spending.state, "strong warn"))
    beside = f"  {held}" if held and width - 6 - len(held) >= _LEAST_GAUGE else ""
    size = max(min(width - 6 - len(beside), 60), 1)
    gauge = _gauge(spending, size) + line((beside, "info"), f" {draw.percent(spending.share):>4}")
    return [Row(draw.with_room(head, reached, width)), Row(gauge, 1)]


def _gauge(spending: Spending, size: int) -> Content:
    """What is spent (`█`), held (`▒`) and could come next (`░`), of the cap; `┊` is the share at which to warn."""
    cap = spending.cap_nusd or 1
    track = _marked(draw.bar(spending.day_nusd / cap, size, "warn" if spending.mark else "accent"), spending, size)
    used = min(-(-spending.day_nusd * size // cap), size)
    held = min(-(-spending.held_nusd * size // cap), size - used)
    following = min(-(-(spending.next_nusd or 0) * size // cap), size - used - held)
    if not held and not following:
        return track
    waiting = line(("▒" * held, "info"), ("░" * following, "muted"))
    return track[:used] + waiting + track[used + held + following :]


def _marked(bar: Content, spending: Spending, size: int) -> Content:
    """The bar with a mark at the share at which to warn, where it is not filled so far."""
    at = int(spending.warn_at * size)
    if at >= size or bar.plain[at] != draw.TRACK:
        return bar
    return bar[:at] + line(("┊", "muted")) + bar[at + 1 :]


def part(trace: Trace | None) -> object:
    """All that `lines` reads of a trace."""
    if trace is None:
        return None
    paid = tuple((made.model, made.simulated, made.spend_nusd, made.held_nusd, made.basis) for made in trace.attempts)
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
