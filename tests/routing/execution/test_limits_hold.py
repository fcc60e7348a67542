"""Limits by the minute, against books that the test keeps itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.execution.rate_limits import RateLimits
from routing.messages import RateLimit
from tests.fakes import FakeClock, a_model, a_registry

MODEL = a_model(requests_per_minute=3, tokens_per_minute=1_000)


class Frozen(FakeClock):
    """Time that passes only when it is told to."""

    TICK_S = 0.0


def left(limits: RateLimits) -> dict[str, int]:
    return {one.kind: one.remaining for one in limits.left(a_registry(MODEL))}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.sampled_from([1, 300, 500, 999, 1_000])),
        st.tuples(st.just("pass"), st.sampled_from([1, 29, 30, 59, 60, 61])),
    ),
    max_size=20,
)


@given(STEPS)
def test_what_is_left_of_a_stated_limit_is_what_the_last_minute_did_not_use(steps: list[tuple[str, int]]) -> None:
    clock = Frozen()
    limits = RateLimits(clock)
    now, calls = 0, []
    for step, amount in steps:
        if step == "pass":
            clock.pass_s(float(amount))
            now += amount
        else:
            limits.called(MODEL)
            limits.answered(MODEL, amount)
            calls.append((now, amount))
        lately = [tokens for at, tokens in calls if now - at < 60]
        expected = {"requests": max(0, 3 - len(lately)), "tokens": max(0, 1_000 - sum(lately))} if lately else {}
        assert left(limits) == expected


@given(st.integers(0, 5), st.integers(0, 8), st.sampled_from([None, 5.0, 90.0]))
def test_an_announced_limit_is_used_up_call_by_call_until_it_is_full_again(
    remaining: int, calls: int, resets_in_s: float | None
) -> None:
    clock, plain = Frozen(), a_model()
    limits = RateLimits(clock)
    limits.announced(plain.id, [RateLimit("requests", 10, remaining, resets_in_s)])
    for _ in range(calls):
        limits.called(plain)
    (one,) = limits.left(a_registry(plain))
    until_s = 60.0 if resets_in_s is None else resets_in_s
    assert (one.remaining, one.again_in_s) == (max(0, remaining - calls), until_s)
    clock.pass_s(until_s - 0.5)
    assert limits.left(a_registry(plain)) != ()
    clock.pass_s(0.5)
    assert limits.left(a_registry(plain)) == ()
