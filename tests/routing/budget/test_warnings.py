"""Warn levels: seen when they are passed, told once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.budget.caps import Limit, limits_in_force
from routing.budget.scopes import Period, Taken
from routing.budget.warnings import Warned, crossed
from routing.policy.model import ClassCap, PremiumShare, ProfileCaps
from tests.fakes import DOLLAR, a_policy, a_route

DAY = Limit("day", "", "all", 100)
SESSION = Limit("session", "", "all", 50, "session")


def sums(**taken: int) -> Taken:
    """`day_all=5` as a sum."""
    found: dict[tuple[Period, str], int] = {}
    for name, nusd in taken.items():
        period, _, scope = name.partition("_")
        found["session" if period == "session" else "day", scope.replace("_", ":")] = nusd
    return found


@given(st.integers(0, 200), st.integers(1, 150), st.lists(st.integers(1, 100), max_size=3))
def test_a_share_is_crossed_from_the_moment_that_it_is_taken(taken: int, hard: int, percent: list[int]) -> None:
    shares = [one / 100 for one in percent]
    found = crossed([Limit("day", "", "all", hard)], sums(day_all=taken), shares)
    assert [one.share for one in found] == sorted({share for share in shares if taken >= share * hard})


def test_each_share_is_told_once_in_its_day_or_session() -> None:
    warned = Warned()
    half = crossed([DAY, SESSION], sums(day_all=50, session_all=25), (0.5, 0.8))
    assert [(one.cap, one.share) for one in warned.new(half, "mon", "s1")] == [("day", 0.5), ("session", 0.5)]
    assert warned.new(half, "mon", "s1") == ()
    more = crossed([DAY, SESSION], sums(day_all=80, session_all=25), (0.5, 0.8))
    assert [(one.cap, one.share) for one in warned.new(more, "mon", "s1")] == [("day", 0.8)]
    assert [one.cap for one in warned.new(half, "tue", "s1")] == ["day"]
    assert [one.cap for one in warned.new(half, "tue", "s2")] == ["session"]


def test_of_several_shares_that_are_passed_at_once_the_highest_is_told() -> None:
    warned = Warned()
    found = crossed([DAY], sums(day_all=95), (0.9, 0.5, 0.8))
    assert [one.share for one in warned.new(found, "mon", "s1")] == [0.9]
    assert warned.new(found, "mon", "s1") == ()


def test_a_cap_of_nothing_warns_of_nothing() -> None:
    assert crossed([Limit("day", "", "all", 0)], {}, (0.5,)) == ()


def test_every_limit_of_a_profile_and_its_machine_is_watched() -> None:
    caps = ProfileCaps(
        session_nusd=DOLLAR,
        premium=PremiumShare(0.25, 0.5),
        providers=(("north", 7),),
        classes=(ClassCap("code", 5, tier="large"), ClassCap("faq", 3)),
    )
    policy = a_policy(a_route(day_nusd=9), caps=caps)
    found = limits_in_force(policy, 2 * DOLLAR, False)
    assert [(one.cap, one.name, one.hard_nusd) for one in found] == [
        ("day", "", 2 * DOLLAR),
        ("session", "", DOLLAR),
        ("provider", "north", 7),
        ("premium", "large", DOLLAR // 4),
        ("class", "code with large", 5),
        ("class", "faq", 3),
        ("route", "main", 9),
    ]
    assert limits_in_force(policy, None, True)[0].cap == "session"
    assert limits_in_force(a_policy(), 5, True) == (Limit("simulated_day", "", "all", 5),)
