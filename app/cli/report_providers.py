"""`pointsman report providers`: how each provider did, and who can stand in for whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.cli.ago import ago
from app.cli.forms import forms, tell_report
from app.cli.manners import well_behaved

if TYPE_CHECKING:
    from app.settings import Paths


@click.command()
@click.option("--since", metavar="7d", callback=ago, help="From so long ago: 12h, 7d, 4w. Whole local days count.")
@forms
@well_behaved
def providers(paths: Paths, since: float | None, form: str | None) -> None:
    """Calls, failures, pace, breakers, each one's share, and the failover readiness of each pair."""
    from app.cli.ledgers import open_ledger
    from app.cli.provider_tables import provider_tables
    from routing.clock import SystemClock, local_day
    from routing.reports.providers import report_providers

    now_s = SystemClock().wall()
    day = None if since is None else local_day(max(0.0, now_s - since))
    with open_ledger(paths) as store:
        found = report_providers(store, day, now_s)
    records = [{**asdict(one), "failures": sum(count for _, count in one.failures)} for one in found.providers]
    tell_report(form, asdict(found), records, provider_tables(found))
