"""How fast money goes, against how it usually goes at this time of the day. Pure.

Past days are 96 quarters of an hour of local time each; all money is nano-dollars of one kind, real or simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

QUARTERS = 96
QUARTER_S = 900.0
EWMA_S = 900.0
"""The time constant of the average that tells how fast money goes now."""
LEAST_DAYS = 3
_PER_HOUR = 3_600.0 / EWMA_S

PastDays = tuple[tuple[int, ...], ...]
"""What each past day on which anything was spent took, by the quarters of its hours."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`recent_nusd` is what the last minutes took, each settled call weighted by e^(−age / 15 min); `taken_nusd` is
    spent or held today; `quarter` is the quarter of the local day that it is now."""

    recent_nusd: float
    taken_nusd: int
    quarter: int
    days: PastDays = ()


def rate_nusd(pace: Pace) -> float:
    """Nano-dollars an hour, as a moving average (EWMA) with a time constant of 15 minutes."""
    return pace.recent_nusd * _PER_HOUR


def usual_nusd(pace: Pace) -> float | None:
    """What this hour of the day took on past days, the median of those on which it took anything. None: fewer than
    three of them did."""
    start = pace.quarter - pace.quarter % 4
    found = [taken for day in pace.days if (taken := sum(day[start : start + 4])) > 0]
    return median(found) if len(found) >= LEAST_DAYS else None


def projected_nusd(pace: Pace) -> float | None:
    """What the day will have taken at its end: spent + held + rest, where the rest of a usual day is scaled by how
    today compares with usual days so far, and one usual day's worth of belief says that it compares well.
    None: fewer than three past days are known."""
    if len(pace.days) < LEAST_DAYS:
        return None
    so_far, rest = _expected(pace.days, pace.quarter)
    usual_day = so_far + rest
    return pace.taken_nusd + (usual_day + pace.taken_nusd) / (usual_day + so_far) * rest


def usual_day_nusd(days: PastDays) -> float:
    """The mean of the past days; 0 where none is known."""
    return mean(map(sum, days)) if days else 0.0


def _expected(days: Sequence[Sequence[int]], quarter: int) -> tuple[float, float]:
    return mean(sum(day[:quarter]) for day in days), mean(sum(day[quarter:]) for day in days)
