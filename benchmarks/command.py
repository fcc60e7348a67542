"""What the benchmarks have in common: options, statistics, and the two ways to tell a result."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between the nearest ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def spread_ms(values_s: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile of seconds, in milliseconds."""
    return {"p50_ms": round(1000 * median(values_s), 4), "p99_ms": round(1000 * percentile(values_s, 99), 4)}


def run(about: str | None, measure: Callable[[bool], Any], report: Callable[[Any], str]) -> None:
    """The command line of one benchmark; `measure` is told whether to be quick."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    options = parser.parse_args()
    found = measure(options.quick)
    print(json.dumps(found, indent=2) if options.json else report(found))
