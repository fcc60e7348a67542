"""How money went, as tables: how it is known, what it went for, what a success cost, by route and task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from app import accounting
from app.cli.tables import Table
from routing.money import format_usd

if TYPE_CHECKING:
    from routing.budget.raising import Raise
    from routing.reports.money import Group, Money

Monies = Mapping[str, "Money"]


def money_tables(monies: Monies) -> list[Table]:
    told = {name: money for name, money in monies.items() if accounting.moved(money)}
    if not told:
        return []
    return [
        Table(("money", "spend", "always the largest", "saved", "held"), _against(told), "Against the largest model"),
        Table(("money", "what", "how much"), list(_facts(told)), "What it was worth"),
        Table(("money", "part", "calls", "spend", "share"), list(_parts(told)), "What it went for"),
        Table(("money", "amounts", "calls", "spend"), list(_known(told)), "How it is known"),
    ]


def group_table(title: str, groups: Sequence[Group]) -> Table:
    head = (title.lower(), "money", "turns", "calls", "spend", "per success", "escalated", "degraded")
    rows = [
        (
            one.name,
            "simulated" if one.simulated else "real",
            str(one.turns),
            str(one.calls),
            format_usd(one.spend_nusd),
            accounting.untold(one.success) if one.success.nusd is None else format_usd(one.success.nusd),
            str(one.escalated),
            str(one.degraded),
        )
        for one in groups
    ]
    return Table(head, rows, f"By {title.lower()}")


def raise_tables(raises: Sequence[Raise]) -> list[Table]:
    """Overrides of the day's cap; nothing without one."""
    rows = [
        (one.day, "simulated" if one.simulated else "real", format_usd(one.amount_nusd), " ".join(one.reason.split()))
        for one in raises
    ]
    return (
        [Table(("day", "money", "raised by", "reason"), rows, "Caps that were raised until midnight")] if rows else []
    )


def _against(monies: Monies) -> list[tuple[str, ...]]:
    return [
        (
            name,
            format_usd(one.spend_nusd),
            format_usd(one.baseline_nusd),
            accounting.saving(one),
            format_usd(one.held_nusd),
        )
        for name, one in monies.items()
    ]


def _facts(monies: Monies) -> Iterator[tuple[str, str, str]]:
    for name, one in monies.items():
        yield name, "cost per success", accounting.success(one.success)
        yield name, "quality against the largest", accounting.quality(one.quality)
        yield name, "escalated", accounting.rate(one.escalated)
        yield name, "asked again", accounting.rate(one.reasked)
        if one.economy.calls:
            yield name, "context economy", accounting.economy(one.economy)


def _parts(monies: Monies) -> Iterator[tuple[str, ...]]:
    for name, one in monies.items():
        for part in one.parts:
            share = f"{part.spend_nusd / one.spend_nusd:.0%}" if one.spend_nusd else accounting.NONE
            yield name, accounting.PARTS[part.name], str(part.calls), format_usd(part.spend_nusd), share


def _known(monies: Monies) -> Iterator[tuple[str, ...]]:
    for name, one in monies.items():
        for found in one.known:
            yield name, accounting.BASES[found.basis], str(found.calls), format_usd(found.spend_nusd)
            if found.basis == "estimated":
                for words, calls, nusd in accounting.broken_off(one.estimated):
                    yield name, words, str(calls), format_usd(nusd)
