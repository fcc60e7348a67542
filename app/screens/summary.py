"""What a session spent: by model, tier and purpose, against "always the largest model". Past sessions open as well."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from app.panels import draw
from app.panels.draw import line
from app.screens.page import Page, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.content import Content

    from routing.ledger.rows import SessionRow
    from routing.reports.session import Money, SessionSummary
    from routing.reports.sums import Slice

_BAR = 20


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
        if money.spend_nusd or money.baseline_nusd or money.held_nusd:
            rows += heading("Simulated dollars" if simulated else "Dollars")
            rows += _against(money, simulated)
    for title, slices in (
        ("By model", summary.by_model),
        ("By tier", summary.by_tier),
        ("By purpose", summary.by_purpose),
    ):
        rows += heading(title)
        rows += _slices(slices, width)
    return [draw.crop(row, width) for row in rows]


def _title(summary: SessionSummary) -> str:
    began = datetime.datetime.fromtimestamp(summary.session.started_s)  # noqa: DTZ006 - the reader's own time
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
        line(("first token  ", "muted"), _pair(summary.first_token_p50_s, summary.first_token_p95_s)),
        line(("whole turn   ", "muted"), _pair(summary.latency_p50_s, summary.latency_p95_s)),
    ]


def _pair(p50: float | None, p95: float | None) -> str:
    if p50 is None or p95 is None:
        return "–"
    return f"p50 {draw.seconds(p50)} · p95 {draw.seconds(p95)}"


def _against(money: Money, simulated: bool) -> list[Content]:
    """Spent, beside what always asking the largest model would have cost."""
    most = max(money.spend_nusd, money.baseline_nusd, 1)
    saved = money.saved_nusd / money.baseline_nusd if money.baseline_nusd else 0.0
    word = f"saved {draw.percent(saved)}" if saved >= 0 else f"{draw.percent(-saved)} more"
    return [
        _bar("spent", money.spend_nusd, most, simulated, ""),
        _bar("always largest", money.baseline_nusd, most, simulated, word if money.baseline_nusd else ""),
        *([_bar("held", money.held_nusd, most, simulated, "not settled yet")] if money.held_nusd else []),
    ]


def _bar(name: str, nusd: int, most: int, simulated: bool, aside: str) -> Content:
    left = line((f"{name:<16}", "muted"))
    return left + draw.bar(nusd / most, _BAR) + line(f"  {draw.dollars(nusd, simulated)}", (f"  {aside}", "good"))


def _slices(slices: Sequence[Slice], width: int) -> list[Content]:
    name = max(12, min(28, width - 44))
    rows = [line((f"{'':<{name}}  calls  tokens in      out  spend", "muted"))]
    for one in slices:
        shown = one.name if len(one.name) <= name else one.name[: name - 1] + "…"
        figures = f"{one.calls:>5}  {one.input_tokens:>9,}  {one.output_tokens:>7,}  "
        rows.append(line(f"{shown:<{name}}  {figures}{draw.dollars(one.spend_nusd, one.simulated)}"))
    return rows
