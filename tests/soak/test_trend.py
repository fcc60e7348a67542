"""The verdicts of the hour: a leak is seen through noise, and noise is not taken for a leak."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.trend import handles_flat, memory_flat, theil_sen

HALF_AN_HOUR = [n / 360 for n in range(180)]
SEEDS = pytest.mark.parametrize("seed", range(5))


def rss(seed: int, leak: float) -> list[tuple[float, float]]:
    """Half an hour of a sawtooth with noise and outliers, in MiB, that grows by `leak` an hour."""
    rng = random.Random(seed)
    return [
        (hour, 150 + leak * hour + 4 * (n % 12) / 12 + rng.gauss(0, 1) + 200 * (rng.random() < 0.05))
        for n, hour in enumerate(HALF_AN_HOUR)
    ]


@SEEDS
def test_a_leak_is_seen_through_noise(seed: int) -> None:
    slope = theil_sen(rss(seed, leak=25))
    assert slope.low <= 25 <= slope.high
    assert memory_flat(slope, 180, text_mib_per_hour=1) is False
    assert memory_flat(slope, 180, text_mib_per_hour=20) is True


@SEEDS
def test_noise_is_no_leak(seed: int) -> None:
    slope = theil_sen(rss(seed, leak=0))
    assert memory_flat(slope, 180, text_mib_per_hour=0) is True


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.lists(st.integers(0, 1000), min_size=2, unique=True))
def test_the_slope_of_a_line_is_its_own(a: float, b: float, xs: list[int]) -> None:
    slope = theil_sen([(x, a + b * x) for x in xs])
    assert slope.slope == pytest.approx(b, abs=1e-6)
    assert slope.low <= slope.slope <= slope.high


@SEEDS
def test_handles_that_come_and_go_are_flat_and_those_that_stay_are_not(seed: int) -> None:
    rng = random.Random(seed)
    busy = [20 + rng.choice((0, 0, 0, 2, 6)) for _ in range(360)]
    assert handles_flat(busy) is True
    assert handles_flat([count + n // 50 for n, count in enumerate(busy)]) is False


def test_a_short_run_tells_nothing() -> None:
    assert handles_flat([20] * 9) is None
    assert memory_flat(theil_sen([(0.0, 1.0), (1.0, 99.0)]), 2, 0) is None
