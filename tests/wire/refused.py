"""Refusals with a status, as each dialect's servers and proxies write them."""

from __future__ import annotations

import json
from typing import Any

from routing.errors import ErrorKind
from routing.errors import ErrorKind as K
from tests.wire.rows import AIMOCK, LLAMA, Cell, Row
from tests.wire.server import refusal


def _openai(status: int, message: str, code: str | None = None, **more: Any) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code} | more}


def _anthropic(status: int, kind: str, message: str) -> tuple[int, Any]:
    return status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _gemini(code: int, status: str, message: str, *details: Any) -> tuple[int, Any]:
    return code, {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def _ollama(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": message}


def _refused(
    name: str,
    kind: ErrorKind,
    says: str,
    answers: dict[str, tuple[str, tuple[int, Any]]],
    *headers: str,
    **expected: Any,
) -> Row:
    cells = {
        dialect: Cell(f"{status} {how}", (refusal(status, json.dumps(body).encode(), *headers),))
        for dialect, (how, (status, body)) in answers.items()
    }
    return Row(name, kind, cells, says, **expected)


_REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
_QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure"}
_RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
_PER_MINUTE = _QUOTA | {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}
_PER_DAY = _QUOTA | {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}

REFUSALS = (
    _refused(
        "the key is wrong",
        K.AUTH,
        "does not accept the key read from P_API_KEY in the environment: get another",
        {
            "anthropic": ("`authentication_error`", _anthropic(401, "authentication_error", "invalid x-api-key")),
            "gemini": (
                "reason `API_KEY_INVALID`",
                _gemini(400, "INVALID_ARGUMENT", "API key not valid.", _REASON | {"reason": "API_KEY_INVALID"}),
            ),
            "ollama": ("`unauthorized`", _ollama(401, "unauthorized")),
            "openai": ("`invalid_api_key`", _openai(401, "Incorrect API key provided: sk-1.", "invalid_api_key")),
        },
        peers=((LLAMA, "test_a_key_is_sent_and_a_wrong_one_refused"),),
        fault="401",
    ),
    _refused(
        "the key may not",
        K.PERMISSION,
        "(P_API_KEY in the environment) may not use m",
        {
            "anthropic": ("`permission_error`", _anthropic(403, "permission_error", "not for your organization")),
            "gemini": ("`PERMISSION_DENIED`", _gemini(403, "PERMISSION_DENIED", "The caller may not.")),
            "ollama": ("", _ollama(403, "this model requires a subscription")),
            "openai": ("", _openai(403, "Country not supported", "unsupported_country_region_territory")),
        },
        fault="403",
    ),
    _refused(
        "the model is gone",
        K.NOT_FOUND,
        "has no model m",
        {
            "anthropic": ("`not_found_error`", _anthropic(404, "not_found_error", "model: m")),
            "gemini": ("`NOT_FOUND`", _gemini(404, "NOT_FOUND", "models/m is not found for API version v1beta")),
            "ollama": ("`model 'm' not found`", _ollama(404, "model 'm' not found")),
            "openai": ("`model_not_found`", _openai(404, "The model `m` does not exist", "model_not_found")),
        },
    ),
    _refused(
        "the request is wrong",
        K.INVALID_REQUEST,
        "did not take the request for m: that is wrong.",
        {
            "anthropic": ("`invalid_request_error`", _anthropic(400, "invalid_request_error", "that is wrong")),
            "gemini": ("`INVALID_ARGUMENT`", _gemini(400, "INVALID_ARGUMENT", "that is wrong")),
            "ollama": ("", _ollama(400, "that is wrong")),
            "openai": ("`invalid_request_error`", _openai(400, "that is wrong")),
        },
    ),
    _refused(
        "the request is too large",
        K.INVALID_REQUEST,
        "did not take the request for m",
        {
            "anthropic": ("`request_too_large`", _anthropic(413, "request_too_large", "Request exceeds the maximum")),
            "gemini": ("", _gemini(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit")),
            "ollama": ("", _ollama(413, "http: request body too large")),
            "openai": ("", _openai(413, "Request body too large")),
        },
    ),
    _refused(
        "the model does not take a parameter",
        K.INVALID_REQUEST,
        "m at p does not take",
        {
            "anthropic": (
                "temperature",
                _anthropic(400, "invalid_request_error", "`temperature` is deprecated for this model."),
            ),
            "gemini": ("log-probabilities", _gemini(400, "INVALID_ARGUMENT", "Logprobs is not enabled for models/m")),
            "ollama": ("tools", _ollama(400, "registry.ollama.ai/library/m does not support tools")),
            "openai": (
                "`unsupported_value`",
                _openai(400, "'temperature' does not support 0.", "unsupported_value", param="temperature"),
            ),
        },
        refused=("temperature", "logprobs", "tools", "temperature"),
    ),
    _refused(
        "too long for the model",
        K.CONTEXT_LENGTH,
        "needs 9,001 tokens, the window is 8,192",
        {
            "anthropic": (
                "`prompt is too long`",
                _anthropic(400, "invalid_request_error", "prompt is too long: 9001 tokens > 8192 maximum"),
            ),
            "gemini": (
                "`input token count`",
                _gemini(
                    400,
                    "INVALID_ARGUMENT",
                    "The input token count (9001) exceeds the maximum number of tokens allowed (8192).",
                ),
            ),
            "ollama": (
                "`exceed_context_size_error`",
                (
                    400,
                    {
                        "error": {
                            "type": "exceed_context_size_error",
                            "message": "the request exceeds the available context size",
                            "n_prompt_tokens": 9001,
                            "n_ctx": 8192,
                        }
                    },
                ),
            ),
            "openai": (
                "`context_length_exceeded`",
                _openai(
                    400,
                    "This model's maximum context length is 8192 tokens. However, you requested 9001 tokens.",
                    "context_length_exceeded",
                ),
            ),
        },
        peers=((LLAMA, "test_a_prompt_that_is_too_long_is_told_with_both_sizes"),),
    ),
    _refused(
        "the prompt is moderated",
        K.CONTENT_FILTER,
        "p declined to answer",
        {
            "anthropic": (
                "`content filtering policy`",
                _anthropic(400, "invalid_request_error", "Output blocked by content filtering policy"),
            ),
            "openai": (
                "OpenRouter's `metadata.reasons`",
                (403, {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"]}}}),
            ),
        },
    ),
    _refused(
        "too many requests",
        K.RATE_LIMIT,
        "free again in 7 s",
        {
            "anthropic": ("`rate_limit_error`", _anthropic(429, "rate_limit_error", "slow down")),
            "gemini": ("`RetryInfo`", _gemini(429, "RESOURCE_EXHAUSTED", "quota", _PER_MINUTE, _RETRY)),
            "ollama": ("`retry-after`", _ollama(429, "too many requests")),
            "openai": ("`rate_limit_exceeded`", _openai(429, "slow down", "rate_limit_exceeded")),
        },
        "retry-after: 7",
        wait_s=7.0,
        peers=((AIMOCK, "test_a_fault_is_of_its_kind"),),
        fault="429",
    ),
    _refused(
        "no credit left",
        K.QUOTA,
        "(P_API_KEY in the environment) is out of credit",
        {
            "anthropic": (
                "`credit balance is too low`",
                _anthropic(400, "invalid_request_error", "Your credit balance is too low"),
            ),
            "gemini": ("quota `PerDay`", _gemini(429, "RESOURCE_EXHAUSTED", "quota", _PER_DAY)),
            "ollama": ("", _ollama(402, "payment required")),
            "openai": ("`insufficient_quota`", _openai(429, "You exceeded your quota", "insufficient_quota")),
        },
        fault="quota",
    ),
    _refused(
        "the server timed out",
        K.TIMEOUT,
        "p was too slow",
        {
            "anthropic": ("`timeout_error`", _anthropic(504, "timeout_error", "timed out")),
            "gemini": ("`DEADLINE_EXCEEDED`", _gemini(504, "DEADLINE_EXCEEDED", "Deadline expired")),
            "ollama": ("of a proxy", _ollama(504, "gateway timeout")),
            "openai": ("", _openai(408, "Request timed out")),
        },
    ),
    _refused(
        "overloaded",
        K.OVERLOADED,
        "p is overloaded",
        {
            "anthropic": ("`overloaded_error`", _anthropic(529, "overloaded_error", "Overloaded")),
            "gemini": ("`UNAVAILABLE`", _gemini(503, "UNAVAILABLE", "The model is overloaded.")),
            "ollama": ("its queue is full", _ollama(503, "server busy, please try again.  maximum pending requests")),
            "openai": (
                "llama.cpp loads",
                (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}),
            ),
        },
        peers=((LLAMA, "test_a_server_that_loads_is_overloaded_until_it_answers"),),
        fault="overloaded",
    ),
    _refused(
        "overloaded behind a proxy",
        K.OVERLOADED,
        "p is overloaded",
        {
            "anthropic": (
                "LiteLLM",
                _anthropic(500, "api_error", 'AnthropicException - {"error":{"type":"overloaded_error"}}'),
            ),
            "openai": (
                "OpenRouter",
                (
                    502,
                    {
                        "error": {
                            "code": 502,
                            "message": "Provider returned error",
                            "metadata": {"provider_name": "X", "raw": "upstream is down"},
                        }
                    },
                ),
            ),
        },
    ),
    _refused(
        "an error of its own",
        K.SERVER_ERROR,
        "p failed with an error 500 of its own",
        {
            "anthropic": ("`api_error`", _anthropic(500, "api_error", "Internal server error")),
            "gemini": ("`INTERNAL`", _gemini(500, "INTERNAL", "An internal error has occurred.")),
            "ollama": ("no memory", _ollama(500, "model requires more system memory (5.6 GiB) than is available")),
            "openai": ("`server_error`", _openai(500, "The server had an error", type="server_error")),
        },
        peers=((AIMOCK, "test_a_fault_is_of_its_kind"),),
        fault="500",
    ),
)
