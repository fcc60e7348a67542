"""`pointsman report`: how a session went, and what was spent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.cli.tables import Table
    from app.settings import Paths
    from routing.ledger.store import Store
    from routing.reports.session import SessionSummary
    from routing.reports.spend import SpendReport

_UNITS_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@click.group()
def report() -> None:
    """What the ledger tells: a session's summary, or spend."""


def _forms(function: Callable[..., Any]) -> Callable[..., Any]:
    """The forms in which a report can be had: a table is the default."""
    for form, help_ in (("csv", "As CSV."), ("md", "As Markdown."), ("json", "One JSON document.")):
        function = click.option(f"--{form}", "form", flag_value=form, help=help_)(function)
    return function


def _since(_: click.Context, __: click.Parameter, written: str | None) -> float | None:
    """Seconds back, from `7d`."""
    if written is None:
        return None
    match = re.fullmatch(r"(\d{1,6})([mhdw])", written.strip())
    if match is None:
        raise click.BadParameter("write a number and m, h, d or w, such as 7d.")
    return float(int(match[1]) * _UNITS_S[match[2]])


@report.command()
@click.argument("session", default="last", metavar="[ID|last]")
@click.option("--list", "listed", is_flag=True, help="The sessions there are, the newest first.")
@_forms
@well_behaved
def session(paths: Paths, session: str, listed: bool, form: str | None) -> None:
    """Spend by model, tier and purpose, tokens, turns, and what the largest model would have cost."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import session_list, session_tables
    from routing.reports.session import list_sessions, summarise_session

    with open_ledger(paths) as store:
        if listed:
            sessions = list_sessions(store)
            records = [asdict(one) for one in sessions]
            _print(form, {"sessions": records}, records, [session_list(sessions)])
            return
        found = _find_session(store, session)
        if found is None:
            return
        summary = summarise_session(store, found)
    _print(form, asdict(summary), _records(summary, ("model", "tier", "purpose")), session_tables(summary))


@report.command()
@click.option("--since", metavar="7d", callback=_since, help="From so long ago: 12h, 7d, 4w. Whole local days count.")
@_forms
@well_behaved
def spend(paths: Paths, since: float | None, form: str | None) -> None:
    """What was spent by day, model, tier and purpose; simulated money apart."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import spend_tables
    from routing.clock import SystemClock, local_day
    from routing.reports.spend import report_spend

    day = None if since is None else local_day(max(0.0, SystemClock().wall() - since))
    with open_ledger(paths) as store:
        found = report_spend(store, day)
    _print(form, asdict(found), _records(found, ("day", "model", "tier", "purpose")), spend_tables(found))


def _find_session(store: Store, wanted: str) -> str | None:
    """The session's id; None (and a word on stderr) when nothing was asked yet."""
    from routing.errors import ConfigurationError
    from routing.reports.session import list_sessions

    sessions = list_sessions(store)
    if not sessions and wanted == "last":
        say("Nothing was asked yet, so there is no session to tell of.")
        return None
    matching = sessions[:1] if wanted == "last" else [one for one in sessions if one.id.startswith(wanted)]
    if len(matching) != 1:
        raise ConfigurationError(f"There is no one session {wanted!r}: see `pointsman report session --list`.")
    return matching[0].id


def _records(report: SessionSummary | SpendReport, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """The report's slices, each with what it is a slice by."""
    return [{"by": kind, **asdict(one)} for kind in kinds for one in getattr(report, f"by_{kind}")]


def _print(
    form: str | None, document: dict[str, Any], records: Sequence[dict[str, Any]], tables: Sequence[Table]
) -> None:
    from app.cli import tables as written

    if form == "json":
        tell_json(document)
    elif form == "csv":
        tell(written.as_csv(records))
    else:
        tell("\n\n".join(map(written.as_markdown if form == "md" else written.as_text, tables)))
