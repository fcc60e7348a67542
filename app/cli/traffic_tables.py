"""What somebody's prompts are and cost, as tables and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from app.cli.figures import chance, dollars
from app.cli.summaries import moment
from app.cli.tables import Table
from routing.evaluation.traffic.report import percent
from routing.registry.terms import TIERS

if TYPE_CHECKING:
    from routing.evaluation.traffic.pricing import Bill
    from routing.evaluation.traffic.report import Kind, TierShare, Traffic
    from routing.evaluation.traffic.worked_example import Saving, WorkedExample
    from routing.reports.intervals import Proportion


def traffic_tables(traffic: Traffic, drafted: Bill) -> list[Table]:
    """From what is asked to what it costs; a table that would be empty is left out."""
    tables = [_kinds(traffic), _bills(traffic, drafted), _dear(traffic), _dearest(traffic), _example(traffic.example)]
    return [table for table in tables if table.rows]


def notes(traffic: Traffic) -> Iterator[str]:
    """How far the figures can be trusted."""
    yield "Which tier a prompt needs is an estimate by the rules of `balanced`: nobody has looked at the answers."
    yield "“Climbing”: an answer is asked for again, one rung up, as often as its model is expected to be wrong."
    estimated = traffic.prompts - traffic.counted
    if estimated:
        yield f"Tokens of {estimated:,} of {traffic.prompts:,} prompts are estimated from their texts."
    if not traffic.dear and traffic.paid and traffic.simulated != traffic.paid_simulated:
        yield "Which dear answers could have been cheaper is not told: what answered is real, and the models are not."
    equal, realistic = traffic.example.equal, traffic.example.realistic
    yield (
        f"The worked example claims {percent(traffic.example.claimed)}; it saves {percent(equal.share)} with as many "
        f"tokens in every class, and {percent(realistic.share)} with more where the work is harder."
    )


def _kinds(traffic: Traffic) -> Table:
    tiers = [tier for tier in TIERS if any(one.tier == tier for one in traffic.tiers)]
    head = ("kind", "prompts", "share", "complexity", "tokens in", "tokens out", *(f"needs {tier}" for tier in tiers))
    rows = [_kind(kind, tiers) for kind in traffic.kinds]
    every = ("all", f"{traffic.prompts:,}", "100 %", "–", "–", "–", *_tiers(traffic.tiers, tiers))
    return Table(head, [*rows, every], "What your prompts are")


def _kind(kind: Kind, tiers: Sequence[str]) -> tuple[str, ...]:
    return (
        kind.task,
        f"{kind.prompts.count:,}",
        _share(kind.prompts),
        chance(kind.complexity),
        f"{kind.input_tokens:,.0f}",
        f"{kind.output_tokens:,.0f}",
        *_tiers(kind.tiers, tiers),
    )


def _tiers(shares: Sequence[TierShare], tiers: Sequence[str]) -> Iterator[str]:
    found = {one.tier: one.prompts for one in shares}
    yield from (_share(found[tier]) if tier in found else "–" for tier in tiers)


def _bills(traffic: Traffic, drafted: Bill) -> Table:
    head = ("profile", "first answers", "climbing", "cannot be asked", "price unknown")
    rows = [_bill(one.profile, one) for one in traffic.bills]
    rows.append(_bill(f"{drafted.profile} (this draft)", drafted))
    if traffic.paid:
        paid = dollars(traffic.paid_nusd, traffic.paid_simulated)
        rows.append((f"as {traffic.paid:,} were answered", "–", paid, "–", "–"))
    return Table(head, rows, "What they would cost")


def _bill(name: str, bill: Bill) -> tuple[str, ...]:
    first, climbing = (dollars(nusd, bill.simulated) for nusd in (bill.first_nusd, bill.climbing_nusd))
    return name, first, climbing, f"{bill.unserved:,}", f"{bill.unpriced:,}"


def _dear(traffic: Traffic) -> Table:
    head = ("kind", "answered by", "tier", "prompts", "cost", "could be", "for", "saves")
    rows = [
        (
            one.task,
            one.model,
            one.tier,
            f"{one.prompts:,}",
            dollars(one.paid_nusd, one.simulated),
            one.instead,
            dollars(one.instead_nusd, one.simulated),
            percent(1 - one.instead_nusd / one.paid_nusd),
        )
        for one in traffic.dear
    ]
    return Table(head, rows, "Dear answers that a cheaper model could have given")


def _dearest(traffic: Traffic) -> Table:
    head = ("when", "kind", "answered by", "cost", "for", "prompt")
    rows = [
        (
            "–" if one.at_s is None else moment(one.at_s),
            one.task,
            one.model,
            dollars(one.paid_nusd, one.simulated),
            dollars(one.instead_nusd, one.simulated),
            one.begins,
        )
        for one in traffic.dearest
    ]
    return Table(head, rows, "The dearest of them: see whether you agree")


def _example(example: WorkedExample) -> Table:
    head = ("class", "prompts", "tier", "per 1M tokens", "tokens each", "cost", "tokens each", "cost")
    pairs = zip(example.equal.portions, example.realistic.portions, strict=True)
    rows = [
        (
            equal.name,
            f"{equal.prompts:,}",
            equal.tier,
            dollars(equal.nusd_per_mtok, False),
            f"{equal.tokens:,}",
            dollars(equal.prompts * equal.tokens * equal.nusd_per_mtok // 1_000_000, False),
            f"{realistic.tokens:,}",
            dollars(realistic.prompts * realistic.tokens * realistic.nusd_per_mtok // 1_000_000, False),
        )
        for equal, realistic in pairs
    ]
    totals = [("routed", *_total(example, "routed_nusd")), ("always large", *_total(example, "dearest_nusd"))]
    saved = ("saved", "–", "–", "–", "–", percent(example.equal.share), "–", percent(example.realistic.share))
    return Table(head, [*rows, *totals, saved], "The worked example, calculated")


def _total(example: WorkedExample, what: str) -> tuple[str, ...]:
    def of(saving: Saving) -> str:
        return dollars(getattr(saving, what), False)

    return "–", "–", "–", "–", of(example.equal), "–", of(example.realistic)


def _share(share: Proportion) -> str:
    return percent(share.count / share.of)
