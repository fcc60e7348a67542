"""Durations as servers write them."""

from __future__ import annotations

import re

_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration_s(text: str) -> float | None:
    """Seconds of `1s`, `6m0s`, `120ms`, as Go prints durations; None for anything else."""
    parts = _GO_DURATION.findall(text)
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts) if parts else None
