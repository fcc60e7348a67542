"""A refused or broken call to `ProviderError`: the closed taxonomy, read off codes first, then words, then status.

Pure. The signals come from what OpenAI, Anthropic, Gemini, OpenRouter, Mistral, vLLM, llama.cpp and Ollama send
through the OpenAI-compatible dialect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from routing.errors import ErrorKind, ProviderError
from routing.providers.durations import duration_s

MAX_WORDS = 300
# How long to leave a provider that says "do not retry" without saying when.
NO_RETRY_WAIT_S = 60.0

_BY_CODE: dict[str, ErrorKind] = {
    **dict.fromkeys(("context_length_exceeded", "exceed_context_size_error"), ErrorKind.CONTEXT_LENGTH),
    **dict.fromkeys(
        (
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_usage_limit_exceeded",
            "enforced_spend_limit_reached",
            "contract_spend_limit_reached",
            "quota_per_day",
        ),
        ErrorKind.QUOTA,
    ),
    **dict.fromkeys(("invalid_api_key", "authentication_error", "unauthenticated"), ErrorKind.AUTH),
    "api_key_invalid": ErrorKind.AUTH,
    **dict.fromkeys(("content_filter", "content_policy_violation", "flagged_input"), ErrorKind.CONTENT_FILTER),
    **dict.fromkeys(("permission_error", "permission_denied"), ErrorKind.PERMISSION),
    **dict.fromkeys(("model_not_found", "not_found_error", "not_found"), ErrorKind.NOT_FOUND),
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "slow_down"), ErrorKind.RATE_LIMIT),
    "resource_exhausted": ErrorKind.RATE_LIMIT,
    **dict.fromkeys(("overloaded_error", "unavailable", "provider_down"), ErrorKind.OVERLOADED),
    **dict.fromkeys(("timeout", "timeout_error", "deadline_exceeded"), ErrorKind.TIMEOUT),
}
# Said of anything that goes wrong (Ollama: of a model that is not there), so any status knows better.
_OWN_ERROR = frozenset(("server_error", "internal_error", "internal", "api_error"))
# Words decide only where a status says no more than "your request is wrong", or says nothing.
_BY_WORDS: tuple[tuple[re.Pattern[str], ErrorKind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"maximum context length|prompt is too long|input token count", ErrorKind.CONTEXT_LENGTH),
        (r"exceeds? the (available )?context (size|window)", ErrorKind.CONTEXT_LENGTH),
        (r"credit balance is too low", ErrorKind.QUOTA),
        (r"api key not valid", ErrorKind.AUTH),
        (r"\bmodel\b.{0,120}\bnot found\b", ErrorKind.NOT_FOUND),
    )
)
_VAGUE = (400, 413, 422, None)
_BY_STATUS: dict[int, ErrorKind] = {
    401: ErrorKind.AUTH,
    402: ErrorKind.QUOTA,
    403: ErrorKind.PERMISSION,
    404: ErrorKind.NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    429: ErrorKind.RATE_LIMIT,
    503: ErrorKind.OVERLOADED,
    504: ErrorKind.TIMEOUT,
    529: ErrorKind.OVERLOADED,
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def error(status: int, body: str, headers: Mapping[str, str], secret: str = "") -> ProviderError:
    """An HTTP answer that is not 200. `headers` has lower-case names or ignores case; `secret` is masked."""
    details = _details(_parsed(body))
    words = clean(_words(details, body, status, headers), secret)
    kind = _kind(status, details, words)
    return ProviderError(
        kind,
        words,
        status=status,
        request_id=headers.get("x-request-id") or headers.get("request-id"),
        retry_after_s=_wait_s(kind, details, headers),
    )


def failure_in_stream(event: Mapping[str, Any], secret: str = "") -> ProviderError:
    """An error event inside a stream that began well, classified by its inner code."""
    details = _details(dict(event))
    code = _number(str(details.get("code", "")))
    status = int(code) if code is not None and 400 <= code < 600 else None
    words = clean(_words(details, "the stream reported an error", status, {}), secret)
    kind = _kind(status, details, words)
    if kind is ErrorKind.INVALID_REQUEST and status is None:
        kind = ErrorKind.MALFORMED_STREAM
    return ProviderError(kind, words, status=status, retry_after_s=_wait_s(kind, details, {}))


def malformed(words: str, secret: str = "") -> ProviderError:
    """A stream that is not what the dialect says."""
    return ProviderError(ErrorKind.MALFORMED_STREAM, clean(words, secret))


def not_a_stream(content_type: str, body: str, secret: str = "") -> ProviderError:
    """A 200 that holds no event stream: empty, a web page, JSON (perhaps an error), or something else."""
    parsed, start = _parsed(body), body.lstrip()[:200].lower()
    if not start:
        return malformed("answered with an empty reply")
    if isinstance(parsed, dict) and parsed.get("error"):
        return failure_in_stream(parsed, secret)
    if parsed is not None:
        return malformed("answered with JSON instead of a stream; is the base URL right?")
    if "html" in content_type or start.startswith(("<!doctype html", "<html")):
        return malformed("answered with a web page; is the base URL right?")
    return malformed(f"answered with {content_type or 'something'} instead of a stream; is the base URL right?")


def clean(words: str, secret: str = "") -> str:
    """Words from a server as they may be kept and shown: without the key, on one line, cut to 300 characters."""
    if secret:
        words = words.replace(secret, "•••")
    words = _CONTROL.sub(" ", words).strip()
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _details(parsed: Any) -> dict[str, Any]:
    """The error object, wherever a server puts it: `{"error": {…}}`, `{"error": "…"}`, a list of one, or flat."""
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return {}
    inner = parsed.get("error", parsed)
    if isinstance(inner, dict):
        return inner
    return {"message": inner}


def _words(details: dict[str, Any], body: str, status: int | None, headers: Mapping[str, str]) -> str:
    for field in ("message", "detail", "error"):
        value = details.get(field)
        if value:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if status and 300 <= status < 400:
        return f"answered with a redirect to {headers.get('location', 'elsewhere')}; is the base URL right?"
    if body.lstrip()[:1] == "<":
        return "answered with a web page; is the base URL right?"
    return body if body.strip() else f"HTTP {status}"


def _codes(details: dict[str, Any]) -> Iterator[str]:
    """Every code that an error carries, the most specific first."""
    for detail in _objects(details.get("details")):
        yield str(detail.get("error_code", ""))
        yield str(detail.get("reason", ""))
        for violation in _objects(detail.get("violations")):
            if "PerDay" in str(violation.get("quotaId")):
                yield "quota_per_day"
    metadata = details.get("metadata")
    if isinstance(metadata, dict):
        yield "flagged_input" if metadata.get("flagged_input") or metadata.get("reasons") else ""
        if metadata.get("provider_name") and details.get("code") in (502, 503):
            yield "provider_down"
    for field in ("code", "type", "status"):
        yield str(details.get(field) or "")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    candidates = value if isinstance(value, list) else [value]
    return (item for item in candidates if isinstance(item, dict))


def _kind(status: int | None, details: dict[str, Any], words: str) -> ErrorKind:
    codes = [code.lower() for code in _codes(details)]
    for code in codes:
        if code.endswith("_spend_limit_exceeded"):
            return ErrorKind.QUOTA
        if code in _BY_CODE:
            return _BY_CODE[code]
    if status in _VAGUE:
        for pattern, kind in _BY_WORDS:
            if pattern.search(words):
                return kind
    if status is None and not _OWN_ERROR.isdisjoint(codes):
        return ErrorKind.SERVER_ERROR
    if status is None or status < 400:
        return ErrorKind.MALFORMED_STREAM
    return _BY_STATUS.get(status, ErrorKind.SERVER_ERROR if status >= 500 else ErrorKind.INVALID_REQUEST)


def _wait_s(kind: ErrorKind, details: dict[str, Any], headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: its headers, Gemini's RetryInfo, or the limit that is used up."""
    for found in (_header_wait_s(headers), _retry_info_s(details)):
        if found is not None:
            return found
    if kind is not ErrorKind.RATE_LIMIT:
        return None
    resets = [
        duration_s(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    known = [reset for reset in resets if reset is not None]
    if known:
        return max(known)
    return NO_RETRY_WAIT_S if headers.get("x-should-retry") == "false" else None


def _header_wait_s(headers: Mapping[str, str]) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        # Against the server's own clock, which need not agree with ours.
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, wait.total_seconds())
    except (ValueError, TypeError):
        return None


def _retry_info_s(details: dict[str, Any]) -> float | None:
    for detail in _objects(details.get("details")):
        wait = duration_s(str(detail.get("retryDelay", "")))
        if wait is not None:
            return wait
    return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
