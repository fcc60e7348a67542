"""Values out of exports that nobody promised anything about: what is there and of its kind, or nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from routing.messages import clean_text

_MOST_S = 1e11


def text(value: object) -> str:
    return clean_text(value) if isinstance(value, str) else ""


def name(value: object) -> str | None:
    return text(value).strip() or None


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """A count: a whole number, 0 or more."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else None


def unix_s(value: object) -> float | None:
    """A time in Unix seconds, or as ISO 8601 (UTC where it names no zone)."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < _MOST_S else None
