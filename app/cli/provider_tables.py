"""How providers did, and who can stand in for whom, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli.figures import age, chance, seconds
from app.cli.tables import Table

if TYPE_CHECKING:
    from routing.reports.providers import ProviderFigures, ProvidersReport
    from routing.reports.readiness import Readiness

_HHI = "Concentration: the squares of the shares, added up (HHI); 1: one provider gives every answer"


def provider_tables(report: ProvidersReport) -> list[Table]:
    """Every provider, how much hangs on one of them, and the readiness of each pair."""
    first = "a call's first token p50"
    head = ("provider", "", "calls", "failures", first, "p95", "breaker openings", "answers", "share")
    since = f" since {report.since}" if report.since else ""
    tables = [Table(head, [_row(one) for one in report.providers], f"Providers{since}")]
    kinds = (("real", report.hhi), ("simulated", report.simulated_hhi))
    concentration = [(name, chance(hhi)) for name, hhi in kinds if hhi is not None]
    if concentration:
        tables.append(Table(("answers", "HHI"), concentration, _HHI))
    return [*tables, *readiness_tables(report.readiness)]


def readiness_tables(found: Sequence[Readiness]) -> list[Table]:
    """The matrix of providers by providers, and what each of its figures comes of; nothing without a pair."""
    if not found:
        return []
    names = sorted({one.provider for one in found})
    values = {(one.provider, one.stand_in): chance(one.value) for one in found}
    matrix = [(name, *(values.get((name, other), "") for other in names)) for name in names]
    head = ("failover", "turns it may take", "drills answered", "last drill", "quality kept", "readiness")
    return [
        Table(("from \\ to", *names), matrix, "Failover readiness"),
        Table(head, [_parts(one) for one in found], "What it comes of"),
    ]


def _row(one: ProviderFigures) -> tuple[str, ...]:
    return (
        one.name,
        "simulated" if one.simulated else "real",
        str(one.calls),
        ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in one.failures) or "none",
        seconds(one.first_token_p50_s),
        seconds(one.first_token_p95_s),
        str(one.openings),
        str(one.answers),
        "–" if one.share is None else f"{one.share:.0%}",
    )


def _parts(one: Readiness) -> tuple[str, ...]:
    return (
        f"{one.provider} → {one.stand_in}",
        f"{one.takes} of {one.turns}" if one.turns else "–",
        f"{one.answered} of {one.drills}" if one.drills else "–",
        "never" if one.drilled_s is None else age(one.drilled_s),
        chance(one.quality),
        chance(one.value),
    )
