"""Retries and hedges are bounded in number, in time and in share, whatever the seed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.execution.budgets import HedgeBudget, RetryBudget
from routing.execution.retry import retry_wait_s
from tests.fakes import FakeClock

BLIND = ErrorKind.SERVER_ERROR
"""Asked again after a wait of our own."""
PROMPT_ONLY = ErrorKind.RATE_LIMIT
"""Asked again only when the provider names a short wait."""


class Frozen(FakeClock):
    """Time that passes only when it is told to."""

    TICK_S = 0.0


def wait_s(error: ProviderError, **fields: object) -> float | None:
    given: dict[str, object] = {"tries": 1, "retries": 1, "shown": False, "time_left_s": 60.0, "rng": random.Random(1)}
    return retry_wait_s(error, **(given | fields))


@given(st.lists(st.tuples(st.sampled_from(["call", "retry", "pass"]), st.integers(1, 40)), max_size=60))
def test_at_most_a_fifth_of_the_calls_of_a_minute_but_one_always(steps: list[tuple[str, int]]) -> None:
    clock = Frozen()
    budget = RetryBudget(clock)
    now, calls, retries = 0, [], []  # the test's own books, in whole seconds
    for step, amount in steps:
        if step == "pass":
            clock.pass_s(float(amount))
            now += amount
        elif step == "call":
            for _ in range(amount):
                budget.called()
            calls += [now] * amount
        else:
            lately = [at for at in calls if now - at <= 60]
            taken = [at for at in retries if now - at <= 60]
            allowed = len(taken) < max(1, len(lately) // 5)
            assert budget.take() is allowed
            if allowed:
                retries.append(now)


def test_a_quiet_window_allows_one_and_a_minute_later_one_more() -> None:
    clock = Frozen()
    budget = RetryBudget(clock)
    assert (budget.take(), budget.take()) == (True, False)
    clock.pass_s(60.001)
    assert (budget.take(), budget.take()) == (True, False)


@given(st.integers(1, 12), st.integers(0, 2**30))
def test_a_wait_of_our_own_is_full_jitter_up_to_four_seconds(tries: int, seed: int) -> None:
    longest = min(4.0, 0.5 * 2 ** (tries - 1))
    drawn = wait_s(ProviderError(BLIND), tries=tries, retries=20, rng=random.Random(seed))
    assert drawn is not None
    assert 0.0 <= drawn <= longest


@pytest.mark.parametrize("tries", [1, 2, 3, 4, 5, 9])
def test_the_jitter_is_full(tries: int) -> None:
    """It reaches from nothing to its cap, and its mean is the half: programs that failed together come back apart."""
    longest = min(4.0, 0.5 * 2 ** (tries - 1))
    drawn = [wait_s(ProviderError(BLIND), tries=tries, retries=20, rng=random.Random(seed)) for seed in range(400)]
    waits = [one for one in drawn if one is not None]
    assert len(waits) == 400
    assert min(waits) < 0.05 * longest
    assert max(waits) > 0.95 * longest
    assert 0.4 * longest < sum(waits) / 400 < 0.6 * longest


@given(st.floats(0.0, 60.0), st.floats(0.0, 120.0))
def test_a_wait_that_is_asked_for_is_kept_when_it_is_short(asked_s: float, left_s: float) -> None:
    found = wait_s(ProviderError(PROMPT_ONLY, retry_after_s=asked_s), time_left_s=left_s)
    short = asked_s <= 5.0 and asked_s * 3 <= left_s
    if abs(asked_s * 3 - left_s) > 1e-9:  # a third of a float
        assert found == (asked_s if short else None)


def test_a_rate_limit_that_does_not_say_for_how_long_is_a_reason_to_go_elsewhere() -> None:
    assert wait_s(ProviderError(PROMPT_ONLY)) is None


@given(st.integers(1, 5), st.integers(0, 5))
def test_a_model_is_asked_again_as_often_as_the_route_says(tries: int, retries: int) -> None:
    assert (wait_s(ProviderError(BLIND), tries=tries, retries=retries) is not None) == (tries <= retries)


@pytest.mark.parametrize("asked_s", [None, 0.5])
@pytest.mark.parametrize("kind", [ErrorKind.MALFORMED_STREAM, ErrorKind.CONNECTION])
def test_a_connection_lost_after_text_was_shown_is_not_asked_again(kind: ErrorKind, asked_s: float | None) -> None:
    error = ProviderError(kind, retry_after_s=asked_s)
    assert wait_s(error, shown=True) is None
    assert wait_s(error, shown=False) is not None


@pytest.mark.parametrize("kind", [ErrorKind.AUTH, ErrorKind.QUOTA, ErrorKind.INVALID_REQUEST, ErrorKind.CONTENT_FILTER])
def test_what_would_fail_again_is_not_asked_again(kind: ErrorKind) -> None:
    assert wait_s(ProviderError(kind, retry_after_s=0.1)) is None


@given(st.lists(st.booleans(), max_size=400), st.sampled_from([0.0, 0.05, 0.2, 1.0]))
def test_of_the_last_hundred_turns_at_most_a_share_is_hedged_but_one_always(wishes: list[bool], share: float) -> None:
    budget = HedgeBudget()
    assert not budget.take(share), "no turn has begun"
    hedged: list[bool] = []
    for wish in wishes:
        budget.turn()
        hedged.append(False)
        lately = hedged[-100:]
        if wish:
            hedged[-1] = budget.take(share)
            assert hedged[-1] == (sum(lately) < max(1, int(len(lately) * share)))


def test_a_busy_stretch_is_hedged_in_one_turn_of_twenty() -> None:
    budget = HedgeBudget()
    taken = 0
    for _ in range(1_000):
        budget.turn()
        taken += budget.take(0.05)
    assert taken == 50


def test_turns_side_by_side_share_one_budget_of_hedges() -> None:
    budget = HedgeBudget()
    for _ in range(100):
        budget.turn()
    assert sum(budget.take(0.05) for _ in range(8)) == 5
