"""`pointsman report`: how a session went, and what was spent."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import click

from app.cli.ago import ago
from app.cli.forms import forms, tell_report
from app.cli.manners import say, well_behaved
from app.cli.report_providers import providers

if TYPE_CHECKING:
    from app.settings import Paths
    from routing.ledger.store import Store
    from routing.reports.money import Group
    from routing.reports.session import SessionSummary
    from routing.reports.spend import SpendReport

_ONLY_TESTED = "No prompt was asked, models were only tested: see `pointsman report spend` for what that cost."


@click.group()
def report() -> None:
    """What the ledger tells: a session's summary, spend, or how providers did."""


report.add_command(providers)


@report.command()
@click.argument("session", default="last", metavar="[ID|last]")
@click.option("--list", "listed", is_flag=True, help="The sessions there are, the newest first.")
@forms
@well_behaved
def session(paths: Paths, session: str, listed: bool, form: str | None) -> None:
    """What it cost and what for, what a success cost, against the largest model; by route, task, model and tier."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import session_list, session_tables
    from routing.reports.session import list_sessions, summarise_session

    with open_ledger(paths) as store:
        if listed:
            sessions = list_sessions(store)
            records = [asdict(one) for one in sessions]
            tell_report(form, {"sessions": records}, records, [session_list(sessions)])
            return
        found = _find_session(store, session)
        if found is None:
            return
        summary = summarise_session(store, found)
    tell_report(form, asdict(summary), _records(summary, ("model", "tier", "purpose")), session_tables(summary))


@report.command()
@click.option("--since", metavar="7d", callback=ago, help="From so long ago: 12h, 7d, 4w. Whole local days count.")
@forms
@well_behaved
def spend(paths: Paths, since: float | None, form: str | None) -> None:
    """What was spent and what for, by day, model, tier, purpose, route and task; simulated money apart."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import spend_tables
    from routing.clock import SystemClock, local_day
    from routing.reports.spend import report_spend

    day = None if since is None else local_day(max(0.0, SystemClock().wall() - since))
    with open_ledger(paths) as store:
        found = report_spend(store, day)
    records = _records(found, ("day", "model", "tier", "purpose"))
    for one in found.gone:
        records.append({"by": "gone", "name": one.day, "simulated": one.simulated, "spend_nusd": one.spend_nusd})
    tell_report(form, asdict(found), records, spend_tables(found))


def _find_session(store: Store, wanted: str) -> str | None:
    """The session's id; None (and a word on stderr) when nothing was asked yet."""
    from routing.errors import ConfigurationError
    from routing.reports.session import list_sessions, only_tested

    sessions = list_sessions(store)
    if not sessions and wanted == "last":
        say(_ONLY_TESTED if only_tested(store) else "Nothing was asked yet, so there is no session to tell of.")
        return None
    matching = sessions[:1] if wanted == "last" else [one for one in sessions if one.id.startswith(wanted)]
    if len(matching) != 1:
        raise ConfigurationError(f"There is no one session {wanted!r}: see `pointsman report session --list`.")
    return matching[0].id


def _records(report: SessionSummary | SpendReport, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """The report's slices, each with what it is a slice by, then what the money went for and how it is known."""
    records = [{"by": kind, **asdict(one)} for kind in kinds for one in getattr(report, f"by_{kind}")]
    for kind in ("route", "task"):
        records += [{"by": kind, **_slice_of(one)} for one in getattr(report, f"by_{kind}")]
    for simulated, money in ((False, report.real), (True, report.simulated)):
        for part in money.parts:
            records.append({"by": "part", "simulated": simulated, **asdict(part)})
        for known in money.known:
            sums = {"calls": known.calls, "spend_nusd": known.spend_nusd}
            records.append({"by": "basis", "name": known.basis, "simulated": simulated, **sums})
    return records


def _slice_of(group: Group) -> dict[str, Any]:
    from routing.reports.sums import Slice

    return {field.name: getattr(group, field.name) for field in fields(Slice)}
