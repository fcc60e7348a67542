"""The rate limits that providers announce with each answer: OpenAI's headers and their like, and Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from routing.messages import RateLimit
from routing.providers.durations import duration_s

_KINDS = ("requests", "tokens", "input-tokens", "output-tokens")


def read_limits(headers: Mapping[str, str]) -> tuple[RateLimit, ...]:
    """What is left of each limit. `headers` has lower-case names or ignores case. What makes no sense is left out."""
    if not any("ratelimit-" in name for name in headers):
        return ()
    found = (_openai(headers, kind) or _anthropic(headers, kind) for kind in _KINDS)
    return tuple(limit for limit in found if limit is not None)


def _openai(headers: Mapping[str, str], kind: str) -> RateLimit | None:
    """`x-ratelimit-remaining-requests: 59`, `x-ratelimit-reset-requests: 6m0s`."""
    remaining = _whole(headers.get(f"x-ratelimit-remaining-{kind}"))
    if remaining is None:
        return None
    resets_in_s = duration_s(headers.get(f"x-ratelimit-reset-{kind}", ""))
    return RateLimit(kind, _whole(headers.get(f"x-ratelimit-limit-{kind}")), remaining, resets_in_s)


def _anthropic(headers: Mapping[str, str], kind: str) -> RateLimit | None:
    """`anthropic-ratelimit-requests-remaining: 59`, `anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z`."""
    remaining = _whole(headers.get(f"anthropic-ratelimit-{kind}-remaining"))
    if remaining is None:
        return None
    limit = _whole(headers.get(f"anthropic-ratelimit-{kind}-limit"))
    return RateLimit(kind, limit, remaining, _until_s(headers, headers.get(f"anthropic-ratelimit-{kind}-reset", "")))


def _until_s(headers: Mapping[str, str], moment: str) -> float | None:
    """Against the server's own clock, which need not agree with ours."""
    try:
        wait = datetime.fromisoformat(moment) - parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, wait.total_seconds())
    except (ValueError, TypeError):
        return None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None
