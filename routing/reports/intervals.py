"""How sure a figure is: intervals for a proportion and for a mean, and the fewest cases that say anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 5
"""Below so many cases no figure is told."""
Z_90 = 1.645
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of `of`, with Wilson's interval of 90 %; None where `of` is 0."""

    count: int
    of: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `n` values with its interval of 95 % by the normal approximation; None below `LEAST`."""

    n: int
    value: float | None
    low: float | None
    high: float | None


def proportion(count: int, of: int) -> Proportion:
    low, high = wilson(count, of) if of else (None, None)
    return Proportion(count, of, low, high)


def wilson(successes: int, trials: int, z: float = Z_90) -> tuple[float, float]:
    """Wilson's score interval for a proportion of at least one trial (Wilson 1927)."""
    share, spread = successes / trials, z * z / trials
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def mean(values: Sequence[float]) -> Mean:
    n = len(values)
    if n < LEAST:
        return Mean(n, None, None, None)
    middle = math.fsum(values) / n
    variance = math.fsum((value - middle) ** 2 for value in values) / (n - 1)
    half = Z_95 * math.sqrt(variance / n)
    return Mean(n, middle, middle - half, middle + half)
