"""How long a server asks to be left alone: its headers, what stands in its error, or the limit that is used up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from routing.errors import ErrorKind
from routing.providers.durations import duration_s
from routing.providers.limits import read_limits

# How long to leave a provider that says "do not retry" without saying when.
NO_RETRY_WAIT_S = 60.0
_LONGEST_S = 7 * 24 * 3600.0  # some write the moment itself where seconds belong
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_SINCE_EPOCH = 10**11  # from here on a number counts milliseconds, below seconds


def wait_s(kind: ErrorKind, headers: Mapping[str, str], retry_delay: str = "") -> float | None:
    """Seconds to wait, or None when the server does not say. `headers` has lower-case names or ignores case;
    `retry_delay` is that of Gemini's RetryInfo."""
    for found in (_header_wait_s(headers), duration_s(retry_delay)):
        if found is not None and found <= _LONGEST_S:
            return found
    if kind is not ErrorKind.RATE_LIMIT:
        return None
    used_up = [limit.resets_in_s for limit in read_limits(headers) if limit.remaining == 0]
    known = [wait for wait in (*used_up, _openrouter_wait_s(headers)) if wait is not None]
    if known:
        return max(known)
    return NO_RETRY_WAIT_S if headers.get("x-should-retry") == "false" else None


def number(text: str | None) -> float | None:
    """A finite number, 0 or more."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _header_wait_s(headers: Mapping[str, str]) -> float | None:
    milliseconds = number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        return _until_s(headers, parsedate_to_datetime(value))
    except (ValueError, TypeError):
        return None


def _openrouter_wait_s(headers: Mapping[str, str]) -> float | None:
    """`x-ratelimit-reset: 1746489600000`: milliseconds since 1970, as OpenRouter writes it; some write seconds."""
    moment = number(headers.get("x-ratelimit-reset"))
    if moment is None or headers.get("x-ratelimit-remaining", "0") != "0":
        return None
    try:
        seconds = moment / 1000 if moment >= _MS_SINCE_EPOCH else moment
        return _until_s(headers, _EPOCH + timedelta(seconds=seconds))
    except (ValueError, TypeError, OverflowError):
        return None


def _until_s(headers: Mapping[str, str], moment: datetime) -> float:
    """Against the server's own clock, which need not agree with ours."""
    return max(0.0, (moment - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
