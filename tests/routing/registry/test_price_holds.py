"""Where a price has steps: exactly at a step, and one token beyond it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.registry.price import Price, Step

STEPS = st.lists(st.integers(0, 50), min_size=1, max_size=3, unique=True).map(sorted)


@given(STEPS, st.data())
def test_a_step_is_reached_by_the_first_token_above_it(bounds: list[int], data: st.DataObject) -> None:
    """Each step has a price of its own, so that the bill tells which one was reached."""
    steps = tuple(Step(above, (place + 2) * 1_000_000, 0) for place, above in enumerate(bounds))
    price = Price(1_000_000, 0, steps=steps)
    near = [bound + off for bound in bounds for off in (-1, 0, 1) if bound + off > 0]
    tokens = data.draw(st.sampled_from(near or [1]))
    reached = 1 + sum(tokens > bound for bound in bounds)
    assert price.of(tokens, 0) == reached * tokens
    assert price.worst(tokens, 0) == reached * tokens
