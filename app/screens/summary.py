"""What a session spent, what for, and what that was worth against "always the largest model". Past sessions open as
well."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from app import accounting
from app.panels import draw
from app.panels.draw import line
from app.screens.page import Page, heading
from routing.clock import local_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.content import Content

    from routing.ledger.rows import SessionRow
    from routing.reports.money import Group, Money
    from routing.reports.session import SessionSummary
    from routing.reports.sums import Slice

_BAR = 20
_NAME, _WORDS = 16, 30
_GAP = 4
_TWO_COLUMNS = 112


class SummaryScreen(Page):
    """One session; the app reads another one when an older or newer is asked for."""

    NAME = "Session summary"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,left_square_bracket,p", "app.summary_step(1)", "older session"),
        Binding("right,right_square_bracket,n", "app.summary_step(-1)", "newer session"),
    ]

    def __init__(self, summary: SessionSummary | None, sessions: Sequence[SessionRow]) -> None:
        super().__init__(None)
        self._summary = summary
        self._sessions = sessions

    def show(self, summary: SessionSummary) -> None:
        self._summary = summary
        self.refresh(layout=True, recompose=True)

    @property
    def session(self) -> str:
        return self._summary.session.id if self._summary else ""

    def lines(self, width: int) -> list[Content]:
        place = [session.id for session in self._sessions]
        at = place.index(self.session) if self.session in place else 0
        return summary_lines(self._summary, width, at, len(place))


def summary_lines(summary: SessionSummary | None, width: int, at: int = 0, count: int = 1) -> list[Content]:
    """The whole page; `at` counts sessions back from the latest."""
    if summary is None or not summary.turns:
        return [line(), line(("Nothing was asked yet in this session.", "muted"))]
    rows = [line(), line((_title(summary), "strong"), (f"   {count - at} of {count}  ← older  newer →", "muted"))]
    rows += [line(), *_facts(summary)]
    for money, simulated in ((summary.real, False), (summary.simulated, True)):
        if accounting.moved(money):
            rows += heading("Simulated dollars" if simulated else "Dollars")
            rows += [*_against(money, simulated), *_worth(money, width)]
            half = (width - _GAP) // 2 if width >= _TWO_COLUMNS else width
            rows += _beside(_parts(money, simulated), _known(money, simulated), half, width)
    for title, groups in (("By route", summary.by_route), ("By task", summary.by_task)):
        rows += [*heading(title), *_groups(groups, width)]
    for title, slices in (
        ("By model", summary.by_model),
        ("By tier", summary.by_tier),
        ("By purpose", summary.by_purpose),
    ):
        rows += [*heading(title), *_slices(slices, width)]
    return [draw.crop(row, width) for row in rows]


def _title(summary: SessionSummary) -> str:
    began = local_time(summary.session.started_s)
    return f"{began:%Y-%m-%d %H:%M} · {summary.session.program} · {summary.session.profile}"


def _facts(summary: SessionSummary) -> list[Content]:
    ended = [
        (summary.answered, "answered", "good"),
        (summary.degraded, "degraded", "warn"),
        (summary.failed, "failed", "bad"),
        (summary.cancelled, "stopped", "muted"),
        (summary.running, "running", "info"),
    ]
    turns = [(f"{count} {word}  ", tone) for count, word, tone in ended if count]
    on_the_way = f"{summary.escalations} escalated · {summary.failovers} failed over · {summary.retries} retried"
    return [
        line(("turns        ", "muted"), f"{summary.turns}  ", *turns),
        line(("on the way   ", "muted"), on_the_way),
        line(("tokens       ", "muted"), f"{summary.input_tokens:,} in · {summary.output_tokens:,} out"),
        line(("first text   ", "muted"), _pair(summary.first_text_p50_s, summary.first_text_p95_s)),
        line(("whole turn   ", "muted"), _pair(summary.latency_p50_s, summary.latency_p95_s)),
    ]


def _pair(p50: float | None, p95: float | None) -> str:
    if p50 is None or p95 is None:
        return "–"
    return f"p50 {draw.seconds(p50)} · p95 {draw.seconds(p95)}"


def _against(money: Money, simulated: bool) -> list[Content]:
    """Spent, beside what always asking the largest model would have cost."""
    most = max(money.spend_nusd, money.baseline_nusd, 1)
    tone = "good" if money.saved_nusd >= 0 else "warn"
    word = f"saved {accounting.saving(money)}" if money.baseline_nusd else ""
    return [
        _bar("spent", money.spend_nusd, most, simulated, "", tone),
        _bar("always largest", money.baseline_nusd, most, simulated, word, tone),
        *([_bar("held", money.held_nusd, most, simulated, "not settled yet", "info")] if money.held_nusd else []),
    ]


def _bar(name: str, nusd: int, most: int, simulated: bool, aside: str, tone: str) -> Content:
    left = line((f"{name:<16}", "muted"))
    return left + draw.bar(nusd / most, _BAR) + line(f"  {draw.dollars(nusd, simulated)}", (f"  {aside}", tone))


def _worth(money: Money, width: int) -> list[Content]:
    """What a success cost, at what quality, and what was seen on the way. Long lines go on below."""
    told = [
        ("per success", accounting.success(money.success)),
        ("quality", accounting.quality(money.quality)),
        ("escalated", accounting.rate(money.escalated)),
        ("asked again", accounting.rate(money.reasked)),
        *([("old context", accounting.economy(money.economy))] if money.economy.calls else []),
    ]
    rows: list[Content] = []
    for name, words in told:
        rows += draw.wrap(line((f"{name:<16}", "muted"), words), width, _NAME)
    return rows


def _parts(money: Money, simulated: bool) -> list[Content]:
    """The share of each part in what was spent."""
    rows = [*heading("What it went for"), line((f"{'':<{_WORDS}}calls  share  spend", "muted"))]
    for part in money.parts:
        share = part.spend_nusd / money.spend_nusd if money.spend_nusd else 0.0
        figures = f"{part.calls:>5}  {draw.percent(share):>5}  {draw.dollars(part.spend_nusd, simulated)}"
        rows.append(line(f"{accounting.PARTS[part.name]:<{_WORDS}}{figures}"))
    return rows


def _known(money: Money, simulated: bool) -> list[Content]:
    rows = [*heading("How it is known"), line((f"{'':<{_WORDS}}calls  spend", "muted"))]
    for found in money.known:
        told = [(accounting.BASES[found.basis], found.calls, found.spend_nusd)]
        if found.basis == "estimated":
            told += accounting.broken_off(money.estimated)
        rows += [line(f"{words:<{_WORDS}}{calls:>5}  {draw.dollars(nusd, simulated)}") for words, calls, nusd in told]
    return rows


def _beside(left: Sequence[Content], right: Sequence[Content], half: int, width: int) -> list[Content]:
    """Two columns where there is room for both, else one under the other."""
    if half == width:
        return [*left, *right]
    pairs = zip_longest(left, right, fillvalue=line())
    return [draw.column(one, half) + line(" " * _GAP) + other for one, other in pairs]


def _groups(groups: Sequence[Group], width: int) -> list[Content]:
    name = max(12, min(28, width - 56))
    rows = [line((f"{'':<{name}}  turns  calls  escalated  {'per success':>14}  spend", "muted"))]
    for one in groups:
        nusd = one.success.nusd
        cost = accounting.untold(one.success) if nusd is None else draw.dollars(nusd, one.simulated)
        figures = f"{one.turns:>5}  {one.calls:>5}  {one.escalated:>9}  {cost:>14}  "
        rows.append(line(f"{_short(one.name, name):<{name}}  {figures}{draw.dollars(one.spend_nusd, one.simulated)}"))
    return rows


def _slices(slices: Sequence[Slice], width: int) -> list[Content]:
    name = max(12, min(28, width - 44))
    rows = [line((f"{'':<{name}}  calls  tokens in      out  spend", "muted"))]
    for one in slices:
        figures = f"{one.calls:>5}  {one.input_tokens:>9,}  {one.output_tokens:>7,}  "
        rows.append(line(f"{_short(one.name, name):<{name}}  {figures}{draw.dollars(one.spend_nusd, one.simulated)}"))
    return rows


def _short(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"
