"""Switch the policy profile: what each means, in force from the next message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.panels.draw import line
from app.screens.picker import Choice, Picker
from routing.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.content import Content

    from routing.errors import Problem
    from routing.policy.model import Policy, Route


@dataclass(frozen=True, slots=True)
class Offered:
    """A profile, the cap on the day that would be in force under it, and the models that it names and nobody has."""

    policy: Policy
    day_cap_nusd: int | None
    absent: tuple[Problem, ...] = ()


class ProfilesScreen(Picker[str]):
    """Ends with the name of a profile."""

    def __init__(self, offered: Iterable[Offered], active: str) -> None:
        offered = list(offered)
        choices = [
            Choice(one.policy.id, _lines(one, one.policy.id == active), f"{one.policy.id} {one.policy.title}")
            for one in offered
        ]
        lit = next((at for at, one in enumerate(offered) if one.policy.id == active), 0)
        super().__init__("Profiles: in force from the next message", choices, lit=lit)


def _lines(one: Offered, active: bool) -> tuple[Content, ...]:
    policy = one.policy
    mark = ("● in force  ", "good") if active else ("", "")
    caps = f"at most {format_usd(policy.request_credit_nusd)} a message"
    if one.day_cap_nusd is not None:
        caps += f", {format_usd(one.day_cap_nusd)} a day"
    everyday = policy.route(policy.default_route)
    return (
        line((policy.id, "strong"), "  ", mark, policy.title),
        line((f"  mostly {_ladder(everyday)} · {_rules(len(policy.rules))}", "muted")),
        line((f"  {caps}", "muted")),
        *(line((f"  ! {_told(problem)}", "warn")) for problem in one.absent),
    )


def _told(problem: Problem) -> str:
    """Without the file: the profile is named above."""
    place = f"line {problem.line}: " if problem.line else ""
    return f"{place}{problem.what.rstrip(';')}"


def _rules(count: int) -> str:
    return f"{count} rule{'' if count == 1 else 's'}"


def _ladder(route: Route) -> str:
    """`small .66 ↑ mid .60 ↑ large`: a cascade as far as it is climbed, without those that only stand in."""
    keeps = [n for n, rung in enumerate(route.ladder, start=1) if rung.threshold is None and not rung.gain]
    last = keeps[0] if keeps and route.mode == "cascade" else None
    link = " ↓ " if route.mode == "premium_first" else " ↑ "
    rungs = route.ladder[:last]
    return link.join(one.name if one.threshold is None else f"{one.name} {one.threshold:.2f}" for one in rungs)
