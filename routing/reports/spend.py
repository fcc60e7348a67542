"""What was spent, by day, model, tier and purpose. Simulated money has its own sums."""

from __future__ import annotations

from dataclasses import dataclass

from routing.ledger.queries import read_spend
from routing.ledger.store import Store
from routing.reports.sums import Slice, slices


@dataclass(frozen=True, slots=True)
class SpendReport:
    """Nano-dollars from `since` on, a local day (None: all there is). `held` is reserved and not settled yet."""

    since: str | None
    total_nusd: int
    simulated_total_nusd: int
    held_nusd: int
    simulated_held_nusd: int
    by_day: tuple[Slice, ...]
    by_model: tuple[Slice, ...]
    by_tier: tuple[Slice, ...]
    by_purpose: tuple[Slice, ...]


def report_spend(store: Store, since: str | None = None) -> SpendReport:
    """Sums of every call in the ledger, whatever became of it."""
    rows = read_spend(store, since)
    return SpendReport(
        since=since,
        total_nusd=sum(row.spend_nusd for row in rows if not row.simulated),
        simulated_total_nusd=sum(row.spend_nusd for row in rows if row.simulated),
        held_nusd=sum(row.held_nusd for row in rows if not row.simulated),
        simulated_held_nusd=sum(row.held_nusd for row in rows if row.simulated),
        by_day=tuple(sorted(slices(rows, lambda row: row.day), key=lambda one: (one.name, one.simulated))),
        by_model=slices(rows, lambda row: row.model),
        by_tier=slices(rows, lambda row: row.tier),
        by_purpose=slices(rows, lambda row: row.purpose),
    )
