"""Reports as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app import accounting
from app.cli.figures import seconds
from app.cli.money_tables import group_table, money_tables, raise_tables
from app.cli.tables import Table
from routing.clock import local_time
from routing.money import format_usd

if TYPE_CHECKING:
    from routing.ledger.rows import SessionRow
    from routing.reports.session import SessionSummary
    from routing.reports.spend import SpendReport
    from routing.reports.sums import Slice

_NAMES = {"drill": "drill (one small test call of a model)"}
GONE = "turns no longer kept"
_SLICE = ("money", "calls", "tokens in", "out", "spend")


def moment(wall_s: float) -> str:
    """The local time, to the minute."""
    return local_time(wall_s).strftime("%Y-%m-%d %H:%M")


def session_list(sessions: Sequence[SessionRow]) -> Table:
    rows = [
        (one.id, moment(one.started_s), one.program, one.profile, str(one.turns), "" if one.ended_s else "running")
        for one in sessions
    ]
    return Table(("session", "began", "program", "profile", "turns", ""), rows)


def session_tables(summary: SessionSummary) -> list[Table]:
    """What happened, how the money went, then the slices."""
    return [
        Table(("what", "how much"), _facts(summary), f"Session {summary.session.id}"),
        *money_tables({"real": summary.real, "simulated": summary.simulated}),
        group_table("Route", summary.by_route),
        group_table("Task", summary.by_task),
        slice_table("Model", summary.by_model),
        slice_table("Tier", summary.by_tier),
        slice_table("Purpose", summary.by_purpose),
    ]


def spend_tables(report: SpendReport) -> list[Table]:
    since = f" since {report.since}" if report.since else ""
    return [
        Table(("money", "spend", "held"), list(_totals(report)), f"Spend{since}"),
        *raise_tables(report.raises),
        *money_tables({"real": report.real, "simulated": report.simulated}),
        group_table("Route", report.by_route),
        group_table("Task", report.by_task),
        day_table(report),
        slice_table("Model", report.by_model),
        slice_table("Tier", report.by_tier),
        slice_table("Purpose", report.by_purpose),
    ]


def _totals(report: SpendReport) -> Iterator[tuple[str, str, str]]:
    kinds = (
        (False, report.total_nusd, report.held_nusd),
        (True, report.simulated_total_nusd, report.simulated_held_nusd),
    )
    for simulated, nusd, held_nusd in kinds:
        yield _kind(simulated), format_usd(nusd), format_usd(held_nusd)
        if gone_nusd := sum(one.spend_nusd for one in report.gone if one.simulated is simulated):
            yield f"  of it {GONE}", format_usd(gone_nusd), ""


def day_table(report: SpendReport) -> Table:
    """The calls of each day, then what the days' sums know of turns that are gone."""
    known = slice_table("Day", report.by_day)
    gone = [
        (f"{one.day}, {GONE}", _kind(one.simulated), *[accounting.NONE] * 3, format_usd(one.spend_nusd))
        for one in report.gone
    ]
    return replace(known, rows=[*known.rows, *gone])


def slice_table(title: str, slices: Sequence[Slice]) -> Table:
    rows = [
        (
            _NAMES.get(one.name, one.name) if title == "Purpose" else one.name,
            _kind(one.simulated),
            str(one.calls),
            f"{one.input_tokens:,}",
            f"{one.output_tokens:,}",
            format_usd(one.spend_nusd),
        )
        for one in slices
    ]
    return Table((title.lower(), *_SLICE), rows, f"By {title.lower()}")


def _kind(simulated: bool) -> str:
    return "simulated" if simulated else "real"


def _facts(summary: SessionSummary) -> list[tuple[str, str]]:
    ends = {
        "answered": summary.answered,
        "degraded": summary.degraded,
        "failed": summary.failed,
        "stopped": summary.cancelled,
        "running": summary.running,
    }
    told = ", ".join(f"{count} {word}" for word, count in ends.items() if count)
    return [
        ("began", f"{moment(summary.session.started_s)} · {summary.session.program} · {summary.session.profile}"),
        ("turns", f"{summary.turns} ({told})" if told else "0"),
        ("calls", str(summary.calls)),
        ("tokens", f"{summary.input_tokens:,} in, {summary.output_tokens:,} out"),
        ("escalations", str(summary.escalations)),
        ("failovers", str(summary.failovers)),
        ("retries", str(summary.retries)),
        ("first text", f"p50 {seconds(summary.first_text_p50_s)}, p95 {seconds(summary.first_text_p95_s)}"),
        ("whole turn", f"p50 {seconds(summary.latency_p50_s)}, p95 {seconds(summary.latency_p95_s)}"),
    ]
