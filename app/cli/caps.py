"""`pointsman caps`: every cap in force today, and the raise of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.cli.tables import Table
    from app.settings import Paths, Settings
    from routing.budget.caps import Caps
    from routing.budget.raising import Raise
    from routing.budget.standing import Standing
    from routing.policy.model import Policy

_PROFILE = click.option("--profile", metavar="NAME", help="Under this profile.")
_KINDS = (("real", False), ("simulated", True))


class _OwnDefault(click.Group):
    """`caps` alone, or with options, is `caps show`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        helps = any(one in ctx.help_option_names for one in args[:1])
        if not helps and (not args or args[0].startswith("-")):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OwnDefault)
def caps() -> None:
    """Every cap in force today: what is taken of it and what happens at its limit (`show`, which may be left out)."""


@caps.command()
@_PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def show(paths: Paths, profile: str | None, as_json: bool) -> None:
    """What is spent and held under each cap, its limit, and what happens there; and today's raises."""
    from app.caps import fixed_caps
    from app.cli.ledgers import open_ledger
    from app.cli.tables import as_text
    from routing.budget.standing import standings
    from routing.clock import SystemClock, local_day
    from routing.ledger.raising import read_raises
    from routing.ledger.spending import read_books

    policy, machine = _policy(paths, profile)
    today = local_day(SystemClock().wall())
    with open_ledger(paths) as store:
        books = store.read(lambda db: read_books(db, today, ""))
        raises = [one for one in store.read(lambda db: read_raises(db, today)) if one.day == today]
    found = {name: standings(policy, machine, books, kind) for name, kind in _KINDS}
    if as_json:
        tell_json(_document(policy, found, raises))
        return
    tables = [_standings(name, rows) for name, rows in found.items() if rows]
    tables.append(_table("Each message", [(one.name, one.limit, one.then) for one in fixed_caps(policy)]))
    if raises:
        tables.append(_raises(raises))
    tell("\n\n".join(as_text(table) for table in tables))


@caps.command(name="raise", context_settings={"ignore_unknown_options": True})  # -1 is an amount, if a bad one
@click.argument("amount", metavar="USD")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in at least ten characters; it is kept.")
@click.option("--simulated", is_flag=True, help="The cap on simulated money.")
@_PROFILE
@well_behaved
def raise_(paths: Paths, amount: str, reason: str, simulated: bool, profile: str | None) -> None:
    """Raise today's cap by USD, until midnight."""
    from app.caps import raise_today, raised_words
    from app.cli.ledgers import open_ledger
    from routing.clock import SystemClock

    policy, machine = _policy(paths, profile)
    with open_ledger(paths) as store:
        wall_s = SystemClock().wall()
        raised = raise_today(store, policy, machine, amount, reason, simulated=simulated, wall_s=wall_s, session="caps")
    say(raised_words(raised))


def _policy(paths: Paths, profile: str | None) -> tuple[Policy, Caps]:
    """The profile and the machine's own caps. Raises ConfigurationError."""
    from app.cli.profiles import profiles_with
    from app.settings import read_settings
    from routing.budget.caps import Caps

    settings: Settings = read_settings(paths)
    name = profile or settings.profile
    return profiles_with(paths, name).policies[name], Caps(settings.day_nusd, settings.simulated_day_nusd)


def _document(policy: Policy, found: dict[str, tuple[Standing, ...]], raises: list[Raise]) -> dict[str, Any]:
    from app.caps import then

    return {
        "profile": policy.id,
        "warn_at": list(policy.caps.warn_at),
        **{
            name: [{**asdict(one), "left_nusd": one.left_nusd, "then": then(one)} for one in found[name]]
            for name in found
        },
        "request": {
            "credit_nusd": policy.request_credit_nusd,
            "seconds": policy.request_s,
            "attempts": policy.caps.attempts,
        },
        "routes": [
            {"route": route.name, "credit_nusd": route.credit_nusd, "success_nusd": route.success_nusd}
            for route in policy.routes
            if route.credit_nusd is not None or route.success_nusd is not None
        ],
        "raises": [asdict(one) for one in raises],
    }


def _standings(kind: str, rows: tuple[Standing, ...]) -> Table:
    from app.caps import called, then
    from app.cli.tables import Table
    from routing.money import format_usd

    head = ("cap", "spent", "held", "limit", "taken", "", "at the limit")
    cells = [
        (
            called(one),
            format_usd(one.spent_nusd),
            format_usd(one.held_nusd),
            format_usd(one.hard_nusd),
            f"{one.share:.0%}",
            "" if one.state == "free" else one.state,
            then(one),
        )
        for one in rows
    ]
    return Table(head, cells, f"{kind.capitalize()} money")


def _table(title: str, rows: list[tuple[str, str, str]]) -> Table:
    from app.cli.tables import Table

    return Table(("cap", "limit", "at the limit"), rows, title)


def _raises(raises: list[Raise]) -> Table:
    from app.cli.summaries import moment
    from app.cli.tables import Table
    from routing.money import format_usd

    rows = [
        (moment(one.wall_s), "simulated" if one.simulated else "real", format_usd(one.amount_nusd), one.reason)
        for one in raises
    ]
    return Table(("when", "money", "by", "why"), rows, "Raised until midnight")
