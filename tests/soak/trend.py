"""Whether a series of samples is flat, told so that single outliers and a busy machine do not decide it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

LEAK_PER_HOUR = 10.0
"""MiB that the memory may grow in an hour beyond the text that was written in it."""
SPARE_HANDLES = 2
LEAST_SAMPLES = 30
"""With fewer in its half a run is too short to tell."""
_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Slope:
    """Per unit of x, with an interval of 95 % that takes the samples for independent."""

    slope: float
    low: float
    high: float


def theil_sen(points: Sequence[tuple[float, float]]) -> Slope:
    """The median of the slopes of all pairs; the interval by ranks after Sen (1968). Raises ValueError below two x."""
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2)
    if not slopes:
        raise ValueError("a slope needs samples at two times.")
    n = len(points)
    spread = _Z95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Slope(median(slopes), slopes[low], slopes[high])


def memory_limit(text_mib_per_hour: float) -> float:
    """What a slope in MiB an hour may be at most: a client keeps the text of its chats, and little beside."""
    return LEAK_PER_HOUR + text_mib_per_hour


def memory_flat(slope: Slope, samples: int, text_mib_per_hour: float) -> bool | None:
    """None: too few samples to tell."""
    return None if samples < LEAST_SAMPLES else slope.slope <= memory_limit(text_mib_per_hour)


def handles_flat(counts: Sequence[int]) -> bool | None:
    """The last quarter holds no more than the second: the first is warming up. None: too few samples to tell."""
    quarter = len(counts) // 4
    if quarter * 2 < LEAST_SAMPLES:
        return None
    return median(counts[-quarter:]) <= median(counts[quarter : 2 * quarter]) + SPARE_HANDLES
