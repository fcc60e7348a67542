"""What was spent, by day, model, tier, purpose, route and task, and what it went for. Simulated money has its own
sums."""

from __future__ import annotations

from dataclasses import dataclass

from routing.budget.raising import Raise
from routing.ledger.costs import Scope
from routing.ledger.raising import read_raises
from routing.ledger.retention import Gone, read_gone
from routing.ledger.store import Store
from routing.reports.money import Group, Money, keep_book
from routing.reports.sums import Slice, slices


@dataclass(frozen=True, slots=True)
class SpendReport:
    """Nano-dollars from `since` on, a local day (None: all there is). The totals are what `real`, `simulated` and the
    slices tell, which is of the calls that the ledger still has, and what is `gone`. `held` is reserved and not settled
    yet; `raises` are overrides of the day's cap."""

    since: str | None
    total_nusd: int
    simulated_total_nusd: int
    held_nusd: int
    simulated_held_nusd: int
    real: Money
    simulated: Money
    by_day: tuple[Slice, ...]
    by_model: tuple[Slice, ...]
    by_tier: tuple[Slice, ...]
    by_purpose: tuple[Slice, ...]
    by_route: tuple[Group, ...]
    by_task: tuple[Group, ...]
    gone: tuple[Gone, ...]
    raises: tuple[Raise, ...]


def report_spend(store: Store, since: str | None = None) -> SpendReport:
    """Sums of every call in the ledger, whatever became of it, and of the days' sums what is told by none."""
    book, gone = keep_book(store, Scope(since=since)), read_gone(store, since or "")
    return SpendReport(
        since=since,
        total_nusd=book.real.spend_nusd + sum(one.spend_nusd for one in gone if not one.simulated),
        simulated_total_nusd=book.simulated.spend_nusd + sum(one.spend_nusd for one in gone if one.simulated),
        held_nusd=book.real.held_nusd,
        simulated_held_nusd=book.simulated.held_nusd,
        real=book.real,
        simulated=book.simulated,
        by_day=tuple(sorted(slices(book.calls, lambda call: call.day), key=lambda one: (one.name, one.simulated))),
        by_model=slices(book.calls, lambda call: call.model),
        by_tier=slices(book.calls, lambda call: call.tier),
        by_purpose=slices(book.calls, lambda call: call.purpose),
        by_route=book.by_route,
        by_task=book.by_task,
        gone=gone,
        raises=store.read(lambda db: read_raises(db, since or "")),
    )
