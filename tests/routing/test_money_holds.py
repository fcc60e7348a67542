"""Money is exact: against fractions, and against what a person reads."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.money import cost, format_usd, parse_usd

HUGE = 10**15
"""Nano-dollars: a million dollars, where a float no longer tells one from the next."""


@given(st.integers(0, 10**12), st.integers(0, HUGE))
def test_a_cost_is_the_exact_one_rounded_up(tokens: int, price: int) -> None:
    exact = Fraction(tokens * price, 1_000_000)
    assert exact <= cost(tokens, price) < exact + 1


def test_a_fraction_of_a_nano_dollar_is_never_given_away() -> None:
    assert cost(1, 1) == cost(1_000_000, 1) == 1
    assert cost(1_000_001, 1) == 2
    assert cost(0, HUGE) == 0


@given(st.integers(-(10**18), 10**18))
def test_dollars_of_nine_digits_are_read_exactly(nusd: int) -> None:
    written = f"{Decimal(nusd) / 10**9:f}"
    assert parse_usd(written) == nusd
    assert parse_usd(Decimal(nusd) / 10**9) == nusd


@pytest.mark.parametrize(
    ("written", "nusd"),
    [
        ("$0.15", 150_000_000),
        (" 2 ", 2_000_000_000),
        (0.1, 100_000_000),
        ("0.0000000006", 1),
        ("0.0000000004", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
    ],
)
def test_dollars_as_people_write_them(written: str | float, nusd: int) -> None:
    assert parse_usd(written) == nusd


@pytest.mark.parametrize("written", ["", "two", "inf", "nan", "1,5"])
def test_what_is_no_amount_is_said(written: str) -> None:
    with pytest.raises(ValueError, match="is not an amount of dollars"):
        parse_usd(written)


@pytest.mark.parametrize(
    ("nusd", "shown"),
    [
        (0, "$0.00"),
        (1, "<$0.0001"),
        (49_999, "<$0.0001"),
        (50_000, "$0.0001"),
        (4_200_000, "$0.0042"),
        (410_000_000, "$0.41"),
        (999_000_000, "$0.9990"),
        (1_000_000_000, "$1.00"),
        (12_345_000_000, "$12.35"),
        (-4_200_000, "-$0.0042"),
        (-1, "-<$0.0001"),
    ],
)
def test_what_is_shown(nusd: int, shown: str) -> None:
    assert format_usd(nusd) == shown


@given(st.integers(1, HUGE))
def test_no_cost_is_shown_as_nothing(nusd: int) -> None:
    assert any(digit in format_usd(nusd) for digit in "123456789")
