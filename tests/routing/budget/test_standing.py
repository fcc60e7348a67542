"""How caps stand: spent, held, limit and state, as screens and commands show them."""

from __future__ import annotations

import pytest

from routing.budget.caps import Caps
from routing.budget.scopes import Sum
from routing.budget.standing import Books, standings
from routing.policy.model import PremiumShare, ProfileCaps
from tests.fakes import a_policy

BOOKS = Books(
    sums=(
        Sum("day", "all", False, 80),
        Sum("day", "provider:north", False, 60),
        Sum("day", "tier:large", False, 30),
        Sum("session", "all", False, 50),
        Sum("day", "all", True, 7),
    ),
    held=(Sum("day", "all", False, 20), Sum("day", "provider:north", False, 20), Sum("session", "all", False, 20)),
    raised_nusd=(25, 0),
)
POLICY = a_policy(
    caps=ProfileCaps(session_nusd=50, providers=(("north", 75),), premium=PremiumShare(0.5, 0.1), warn_at=(0.5, 0.8))
)


def test_what_is_spent_and_held_under_each_cap() -> None:
    found = {one.cap: one for one in standings(POLICY, Caps(75, 10), BOOKS, False)}
    shown = {
        cap: (one.spent_nusd, one.held_nusd, one.hard_nusd, one.raised_nusd, one.left_nusd, one.state)
        for cap, one in found.items()
    }
    assert shown == {
        "day": (60, 20, 100, 25, 20, "warned"),
        "session": (30, 20, 50, 0, 0, "reached"),
        "provider": (40, 20, 75, 0, 15, "warned"),
        "premium": (30, 0, 40, 0, 10, "warned"),
    }
    assert found["provider"].share == 0.8


def test_each_kind_of_money_has_its_own() -> None:
    (day, session, *_) = standings(POLICY, Caps(75, 10), BOOKS, True)
    assert (day.cap, day.spent_nusd, day.hard_nusd, day.raised_nusd) == ("simulated_day", 7, 10, 0)
    assert (session.spent_nusd, session.state) == (0, "free")


@pytest.mark.parametrize(
    ("taken", "state"), [(0, "free"), (49, "free"), (50, "warned"), (99, "warned"), (100, "reached")]
)
def test_a_cap_is_free_then_warned_then_reached(taken: int, state: str) -> None:
    books = Books((Sum("day", "all", False, taken),))
    (day,) = standings(a_policy(caps=ProfileCaps(warn_at=(0.8, 0.5))), Caps(100), books, False)
    assert day.state == state


def test_a_cap_of_nothing_is_reached_before_anything_is_spent() -> None:
    (day,) = standings(a_policy(), Caps(0), Books(), False)
    assert (day.share, day.state) == (1.0, "reached")
