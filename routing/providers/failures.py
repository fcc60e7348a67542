"""A refused or broken call to `ProviderError`: the closed taxonomy, the provider's own words, how long to wait.

Pure, and the same for every dialect: an error is found wherever a server or a proxy puts it, and what it is known by
stands in `routing.providers.signals`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from routing.errors import ErrorKind, ProviderError
from routing.providers.signals import FLAGGED, PROVIDER_DOWN, QUOTA_PER_DAY, kind_of, refused_by
from routing.providers.waits import number, wait_s

MAX_WORDS = 300
_MAX_SEARCHED = 4096
_MAX_LAYERS = 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_REQUEST_ID_HEADERS = ("request-id", "x-request-id", "apim-request-id", "x-ms-request-id")
# What may in truth be "the model does not take this".
_MAY_BE_REFUSED = frozenset(
    (ErrorKind.INVALID_REQUEST, ErrorKind.NOT_FOUND, ErrorKind.PERMISSION, ErrorKind.SERVER_ERROR)
)

Details = dict[str, Any]


# ---------------------------------------------------------------- the kinds of failures
def error(status: int, body: str, headers: Mapping[str, str], secret: str = "") -> ProviderError:
    """An HTTP answer that is not 200. `headers` has lower-case names or ignores case; `secret` is masked."""
    parsed = _parsed(body)
    layers = _layers(parsed)
    words = _words(layers) or _words_of_a_page(body, status, headers)
    failure = _failure(status, layers, words, headers, secret)
    named = next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None) or _request_id(parsed)
    failure.request_id = clean(named, secret) if named else None
    return failure


def failure_in_stream(event: Mapping[str, Any], secret: str = "") -> ProviderError:
    """An error event inside a stream that began well, classified by its inner code."""
    parsed = dict(event)
    layers = _layers(parsed)
    code = next((found for layer in layers if (found := number(str(layer.get("code", ""))))), None)
    status = int(code) if code is not None and 400 <= code < 600 else None
    failure = _failure(status, layers, _words(layers) or "the stream reported an error", {}, secret)
    named = _request_id(parsed)
    failure.request_id = clean(named, secret) if named else None
    return failure


def malformed(words: str, secret: str = "") -> ProviderError:
    """A stream that is not what the dialect says."""
    return ProviderError(ErrorKind.MALFORMED_STREAM, clean(words, secret))


def not_a_stream(content_type: str, body: str, secret: str = "") -> ProviderError:
    """A 200 that holds no event stream: empty, a web page, JSON (perhaps an error), or something else."""
    parsed, start = _parsed(body), body.lstrip()[:200].lower()
    if not start:
        return malformed("answered with an empty reply")
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if isinstance(parsed, dict) and parsed.get("error"):
        return failure_in_stream(parsed, secret)
    if parsed is not None:
        return malformed("answered with JSON instead of a stream; is the base URL right?")
    if "html" in content_type or start.startswith(("<!doctype html", "<html")):
        return malformed("answered with a web page; is the base URL right?")
    return malformed(f"answered with {content_type or 'something'} instead of a stream; is the base URL right?", secret)


def clean(words: str, secret: str = "") -> str:
    """Words from a server as they may be kept and shown: without the key, on one line, cut to 300 characters."""
    for form in _forms(secret) if secret else ():
        words = words.replace(form, "•••")
    words = _CONTROL.sub(" ", words).strip()
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"


def _forms(secret: str) -> tuple[str, ...]:
    """A key as servers say it back: as it is, as in a URL, in base64."""
    return secret, quote(secret, safe=""), b64encode(secret.encode("utf-8", "replace")).decode()


def _failure(
    status: int | None, layers: list[Details], words: str, headers: Mapping[str, str], secret: str
) -> ProviderError:
    codes = [code for layer in layers for code in _codes(layer)]
    kind = kind_of(status, codes, words[:_MAX_SEARCHED])
    refused = refused_by(codes, _field(layers), words[:_MAX_SEARCHED]) if kind in _MAY_BE_REFUSED else None
    if refused is not None:
        kind = ErrorKind.INVALID_REQUEST
    wait = wait_s(kind, _headers_of(layers) | {name.lower(): value for name, value in headers.items()}, _delay(layers))
    said = clean(words, secret) or "no reason given"
    return ProviderError(kind, said, status=status, retry_after_s=wait, refused=refused)


# ---------------------------------------------------------------- where servers put an error
def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _layers(parsed: Any) -> list[Details]:
    """The error objects, the innermost first: `{"error": {…}}`, `{"error": "…"}`, a list of one, or flat; and what a
    provider behind a proxy said, which OpenRouter quotes in `metadata.raw`."""
    layers: list[Details] = []
    while len(layers) < _MAX_LAYERS:
        if isinstance(parsed, list) and parsed:
            parsed = parsed[0]
        if not isinstance(parsed, dict):
            break
        inner = parsed.get("error", parsed)
        own = {"code": parsed.get("code")} if inner is not parsed else {}
        details = inner if isinstance(inner, dict) else {**own, "message": inner}
        layers.append(details)
        parsed = _quoted(details)
    return layers[::-1]


def _quoted(details: Details) -> Any:
    metadata = details.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        return raw
    return _parsed(raw) or ({"message": raw} if raw.strip() else None)


def _words(layers: list[Details]) -> str:
    """What a person may read of it, from the innermost error that says anything."""
    for details in layers:
        for field in ("message", "detail", "error", "msg"):
            said = _said(details.get(field))
            if said:
                return said + _sizes(details, said)
    return ""


def _said(value: object) -> str:
    """Text as it is; the messages of a list of validation errors, each with its place; else JSON."""
    if isinstance(value, str) or not value:
        return value.strip() if isinstance(value, str) else ""
    if isinstance(value, dict) and isinstance(value.get("detail"), list):
        value = value["detail"]
    found = [
        ": ".join((".".join(map(str, _listed(one.get("loc")))), one["msg"])).removeprefix(": ")
        for one in _objects(value)
        if isinstance(one.get("msg"), str)
    ]
    return "; ".join(found) or json.dumps(value, ensure_ascii=False)


def _sizes(details: Details, said: str) -> str:
    """llama.cpp counts tokens beside its message."""
    needed, window = details.get("n_prompt_tokens"), details.get("n_ctx")
    if not isinstance(needed, int) or not isinstance(window, int) or str(needed) in said:
        return ""
    return f" ({needed} tokens > {window} maximum)"


def _words_of_a_page(body: str, status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        return f"answered with a redirect to {headers.get('location', 'elsewhere')}; is the base URL right?"
    if body.lstrip()[:1] == "<":
        return "answered with a web page; is the base URL right?"
    return body if body.strip() else f"HTTP {status}"


def _codes(details: Details) -> Iterator[str]:
    """Every code that an error carries, the most specific first."""
    inside = list(_objects(details.get("details")))
    if any("PerDay" in str(one.get("quotaId")) for detail in inside for one in _objects(detail.get("violations"))):
        yield QUOTA_PER_DAY
    for detail in inside:
        yield str(detail.get("error_code") or "")
        yield str(detail.get("reason") or "")
    metadata = details.get("metadata")
    if isinstance(metadata, dict):
        yield FLAGGED if metadata.get("flagged_input") or metadata.get("reasons") else ""
        yield str(metadata.get("error_type") or "")
        if metadata.get("provider_name") and details.get("code") in (502, 503):
            yield PROVIDER_DOWN
    for one in _objects(details.get("innererror")):
        yield str(one.get("code") or "")
    for field in ("code", "type", "status"):
        yield str(details.get(field) or "")
    for one in _complaints(details):
        yield str(one.get("type") or "")


def _field(layers: list[Details]) -> str:
    """The field that a server found at fault: OpenAI's `param`, or the place of a validation error."""
    for details in layers:
        if isinstance(details.get("param"), str):
            return str(details["param"])
        for one in _complaints(details):
            return ".".join(map(str, _listed(one.get("loc"))))
    return ""


def _complaints(details: Details) -> Iterator[Details]:
    """Validation errors as FastAPI lists them, in `detail` or, as Mistral does, in `message.detail`."""
    message = details.get("message")
    yield from _objects(details.get("detail") or (message.get("detail") if isinstance(message, dict) else None))


def _headers_of(layers: list[Details]) -> dict[str, str]:
    """Headers that OpenRouter repeats inside the error."""
    for details in layers:
        metadata = details.get("metadata")
        headers = metadata.get("headers") if isinstance(metadata, dict) else None
        if isinstance(headers, dict):
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def _delay(layers: list[Details]) -> str:
    """Gemini's RetryInfo."""
    delays = (detail.get("retryDelay") for details in layers for detail in _objects(details.get("details")))
    return next((delay for delay in delays if isinstance(delay, str)), "")


def _request_id(parsed: Any) -> str | None:
    """The id that a body carries: Anthropic's and Mistral's `request_id`, or Google's RequestInfo."""
    named = parsed.get("request_id") if isinstance(parsed, dict) else None
    inside = (one.get("requestId") for details in _layers(parsed) for one in _objects(details.get("details")))
    return next((one for one in (named, *inside) if isinstance(one, str) and one), None)


def _objects(value: object) -> Iterator[Details]:
    return (item for item in _listed(value) if isinstance(item, dict))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
