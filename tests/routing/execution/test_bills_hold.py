"""What a call is billed, however it ends: the provider's count, or an estimate that never passes what was held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.execution.attempt import Attempt
from routing.messages import Usage
from routing.registry.model import Price
from tests.fakes import a_model

PRICE = Price(2_000_000, 8_000_000)
ASSUMED = 30_000_000
TURNED_AWAY = (
    ErrorKind.AUTH,
    ErrorKind.PERMISSION,
    ErrorKind.NOT_FOUND,
    ErrorKind.INVALID_REQUEST,
    ErrorKind.CONTEXT_LENGTH,
    ErrorKind.RATE_LIMIT,
    ErrorKind.QUOTA,
    ErrorKind.OVERLOADED,
)
BROKEN = (ErrorKind.CANCELLED, ErrorKind.CONNECTION, ErrorKind.TIMEOUT, ErrorKind.MALFORMED_STREAM)


def an_attempt(
    characters: int = 0, usage: Usage | None = None, held: int = 10**9, price: Price | None = PRICE
) -> Attempt:
    attempt = Attempt("a", a_model(price=price), held, ASSUMED, 100, 0.0, sent=True, characters=characters)
    attempt.usage = usage
    return attempt


@given(st.integers(0, 4_000), st.integers(0, 20_000), st.sampled_from(BROKEN))
def test_what_was_cut_off_is_estimated_and_never_above_what_was_held(
    characters: int, held: int, kind: ErrorKind
) -> None:
    """Four characters are a token; the input was read before the first of them."""
    spend, basis, usage = an_attempt(characters, held=held).billed(ProviderError(kind))
    written = (characters + 3) // 4
    assert (basis, usage) == ("estimated", Usage(100, written))
    assert spend == min(held, 100 * 2 + written * 8)


@given(st.integers(1, 400), st.sampled_from(TURNED_AWAY))
def test_text_that_came_is_billed_whatever_came_after_it(characters: int, kind: ErrorKind) -> None:
    spend, _, _ = an_attempt(characters).billed(ProviderError(kind))
    assert spend == 100 * 2 + -(-characters // 4) * 8


@pytest.mark.parametrize("kind", TURNED_AWAY)
def test_what_was_turned_away_is_not_billed(kind: ErrorKind) -> None:
    assert an_attempt().billed(ProviderError(kind))[0] == 0


@pytest.mark.parametrize("kind", BROKEN)
def test_what_was_never_sent_or_answered_with_an_error_is_not_billed(kind: ErrorKind) -> None:
    assert an_attempt().billed(ProviderError(kind, sent=False))[0] == 0
    assert an_attempt().billed(ProviderError(kind, status=500))[0] == 0
    assert an_attempt().billed(ProviderError(kind, status=200))[0] == 200
    assert an_attempt().billed(ProviderError(kind))[0] == 200


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 1_000))
def test_what_the_provider_counts_is_paid_though_it_be_more_than_was_held(read: int, written: int, held: int) -> None:
    usage = Usage(read, written, reported=True)
    assert an_attempt(40, usage, held).billed() == (read * 2 + written * 8, "reported", usage)
    spend, basis, _ = an_attempt(40, usage, held, price=None).billed()
    assert (spend, basis) == (min(held, (read + written) * 30), "estimated")


@given(st.integers(0, 1_000), st.integers(0, 6_000))
def test_a_stream_runs_away_when_even_a_generous_count_costs_more_than_was_held(held: int, characters: int) -> None:
    """Six characters to a token; what holds nothing is free."""
    assert an_attempt(characters, held=held).runaway() == (held > 0 and characters // 6 * 8 > held)
