"""What a call costs, whatever the price: never less than its parts, never more than was reserved for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from routing.decision.prediction import bill, price_of, worst_cost
from routing.messages import Usage
from routing.registry.model import FREE, Model, Price, Step

RATE = st.integers(0, 200_000_000_000)
MAYBE = st.none() | RATE
STEPS = st.lists(
    st.builds(Step, st.integers(1, 300_000), RATE, RATE, MAYBE, MAYBE), max_size=3, unique_by=lambda step: step.above
).map(lambda steps: tuple(sorted(steps, key=lambda step: step.above)))
PRICES = st.builds(Price, RATE, RATE, MAYBE, st.just("test"), MAYBE, STEPS)
TOKENS = st.integers(0, 400_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Cached tokens, read and written, inside the input."""
    total = draw(TOKENS)
    read = draw(st.integers(0, total))
    written = draw(st.integers(0, total - read))
    return Usage(total, draw(TOKENS), read, 0, True, written)


def cost(price: Price, usage: Usage) -> int:
    return price.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_tokens)


@given(PRICES, usages())
def test_every_token_is_charged_at_the_rate_of_its_step(price: Price, usage: Usage) -> None:
    """Written once more, in fractions: the last step that the input passes sets every rate."""
    passed = [step for step in price.steps if usage.input_tokens > step.above]
    rates: Price | Step = passed[-1] if passed else price
    plain = rates.input_nusd_per_mtok
    read = plain if rates.cached_nusd_per_mtok is None else rates.cached_nusd_per_mtok
    stored = plain if rates.cache_write_nusd_per_mtok is None else rates.cache_write_nusd_per_mtok
    fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    exact = Fraction(
        fresh * plain
        + usage.cached_tokens * read
        + usage.cache_write_tokens * stored
        + usage.output_tokens * rates.output_nusd_per_mtok,
        1_000_000,
    )
    assert exact <= cost(price, usage) < exact + 2


@given(PRICES, usages(), st.integers(0, 100_000), st.integers(0, 100_000))
def test_what_is_reserved_is_never_less_than_what_is_charged(
    price: Price, usage: Usage, less_read: int, less_written: int
) -> None:
    """Nor for a call of fewer tokens, which a step may make the dearer one."""
    held = price.worst(usage.input_tokens + less_read, usage.output_tokens + less_written)
    assert cost(price, usage) <= held


@given(PRICES, usages())
def test_a_whole_call_is_reserved_at_least_as_dear_as_its_bill(price: Price, usage: Usage) -> None:
    model = Model("p/m", "p", "m", "small", price=price, max_output=400_000)
    assert bill(model, usage, 0) <= worst_cost(model, usage.input_tokens, usage.output_tokens, 0)


@given(usages(), RATE)
def test_without_a_price_everything_costs_the_assumed_one(usage: Usage, assumed: int) -> None:
    model = Model("p/m", "p", "m", "small", max_output=400_000)
    total = usage.input_tokens + usage.output_tokens
    assert bill(model, usage, assumed) == -(-total * assumed // 1_000_000)
    assert price_of(model, usage.input_tokens, usage.output_tokens, assumed) == bill(model, usage, assumed)
    assert bill(model, usage, assumed) <= worst_cost(model, usage.input_tokens, usage.output_tokens, assumed)


def test_a_batch_is_charged_by_its_own_list_only_when_it_is_one() -> None:
    price = Price(2_000_000, 4_000_000, batch=Price(1_000_000, 2_000_000))
    assert price.of(10, 10) == 60
    assert price.of(10, 10, batch=True) == 30
    assert replace(price, batch=None).of(10, 10, batch=True) == 60


@given(PRICES, usages())
def test_only_what_can_never_cost_anything_is_free(price: Price, usage: Usage) -> None:
    assert FREE.free
    if price.free:
        assert cost(price, usage) == 0
    assert not replace(price, cache_write_nusd_per_mtok=1).free
    assert not replace(price, steps=(Step(1, 0, 1),)).free
