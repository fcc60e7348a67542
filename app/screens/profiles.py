"""Switch the policy profile: what each means, in force from the next message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels.draw import line
from app.screens.picker import Choice, Picker
from routing.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.content import Content

    from routing.policy.model import Policy, Route


class ProfilesScreen(Picker[str]):
    """Ends with the name of a profile."""

    def __init__(self, policies: Iterable[Policy], active: str) -> None:
        policies = list(policies)
        choices = [
            Choice(policy.id, _lines(policy, policy.id == active), f"{policy.id} {policy.title}") for policy in policies
        ]
        lit = next((at for at, policy in enumerate(policies) if policy.id == active), 0)
        super().__init__("Profiles: in force from the next message", choices, lit=lit)


def _lines(policy: Policy, active: bool) -> tuple[Content, ...]:
    mark = ("● in force  ", "good") if active else ("", "")
    caps = f"at most {format_usd(policy.request_credit_nusd)} a message"
    if policy.day_cap_nusd is not None:
        caps += f", {format_usd(policy.day_cap_nusd)} a day"
    everyday = policy.route(policy.default_route)
    return (
        line((policy.id, "strong"), "  ", mark, policy.title),
        line((f"  mostly {_ladder(everyday)} · {caps} · {_rules(len(policy.rules))}", "muted")),
    )


def _rules(count: int) -> str:
    return f"{count} rule{'' if count == 1 else 's'}"


def _ladder(route: Route) -> str:
    """`small .66 ↑ mid .60 ↑ large`."""
    link = " ↓ " if route.mode == "premium_first" else " ↑ "
    rungs = [f"{rung.name} {rung.threshold:.2f}" if rung.threshold is not None else rung.name for rung in route.ladder]
    return link.join(rungs)
