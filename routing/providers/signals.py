"""What failures are known by: the codes, words and statuses of the services and servers that Pointsman speaks to.

Codes first, then words, then the status. Gathered from the error references of OpenAI, Azure, Anthropic, Gemini,
OpenRouter, Mistral, DeepSeek, Groq, xAI, Together and Cerebras, and from the sources of Ollama, llama.cpp, vLLM,
LM Studio and the LiteLLM proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from routing.errors import ErrorKind as K

QUOTA_PER_DAY = "quota_per_day"
FLAGGED = "flagged_input"
PROVIDER_DOWN = "provider_down"

# ---------------------------------------------------------------- codes
_CODES: tuple[tuple[K, str], ...] = (
    (K.CONTEXT_LENGTH, "context_length_exceeded exceed_context_size_error"),
    (K.QUOTA, "insufficient_quota credit_balance_exhausted organization_usage_limit_exceeded billing_error"),
    (K.QUOTA, "billing_not_active billing_hard_limit_reached budget_exceeded enforced_spend_limit_reached"),
    (K.QUOTA, f"contract_spend_limit_reached {QUOTA_PER_DAY}"),
    (K.AUTH, "invalid_api_key authentication_error unauthenticated api_key_invalid api_key_expired"),
    (K.CONTENT_FILTER, "content_filter content_policy_violation responsibleaipolicyviolation invalid_prompt"),
    (K.CONTENT_FILTER, FLAGGED),
    (K.PERMISSION, "unsupported_country_region_territory ip_not_authorized failed_precondition missing_scope"),
    (K.PERMISSION, "service_disabled api_key_service_blocked key_model_access_denied team_model_access_denied"),
    (K.NOT_FOUND, "model_not_found deploymentnotfound invalid_model model_not_available notfounderror"),
    (K.NOT_FOUND, "model_decommissioned"),
    (K.RATE_LIMIT, "rate_limit_exceeded rate_limit_error slow_down ratelimitreached too_many_requests_error"),
    (K.RATE_LIMIT, "service_tier_capacity_exceeded queue_exceeded"),
    (K.OVERLOADED, f"overloaded_error unavailable unavailable_error capacity_exceeded {PROVIDER_DOWN}"),
    (K.TIMEOUT, "timeout timeout_error deadline_exceeded"),
    # The model wrote what the service could not read as a call or as JSON: another try may do better.
    (K.SERVER_ERROR, "json_validate_failed tool_use_failed aborted cancelled data_loss conflict_error"),
)
_BY_CODE = {code: kind for kind, codes in _CODES for code in codes.split()}
# They say no more than the status does, so words know better.
_BROAD: dict[str, K] = {
    "resource_exhausted": K.RATE_LIMIT,
    "permission_denied": K.PERMISSION,
    "permission_error": K.PERMISSION,
    "not_found_error": K.NOT_FOUND,
    "not_found": K.NOT_FOUND,
    "invalid_request_error": K.INVALID_REQUEST,
    "invalid_argument": K.INVALID_REQUEST,
    "request_too_large": K.INVALID_REQUEST,
}
# Said of anything that goes wrong (by Ollama of a model that is not there), so any status knows better.
_OWN_ERROR = frozenset(("server_error", "internal_error", "internal", "api_error", "internal_server_error", "unknown"))

# ---------------------------------------------------------------- words
_WORDS: tuple[tuple[K, str], ...] = (
    (K.CONTEXT_LENGTH, r"maximum (context|prompt|model) length|prompt is too long|input token count"),
    (K.CONTEXT_LENGTH, r"(exceeds?|longer than) the (available |maximum )?(context|model) (size|window|length)"),
    (K.CONTEXT_LENGTH, r"exceed context limit|context the overflows|max_new_tokens`? must be <=|contextwindowexceeded"),
    (K.CONTEXT_LENGTH, r"initial prompt is greater than the context length"),
    (K.QUOTA, r"credit balance is too low|insufficient balance|budget has been exceeded"),
    (K.QUOTA, r"reached your specified api usage limits|doesn't have any credits"),
    (K.AUTH, r"api key (not valid|expired)|incorrect api key|invalid (x-)?api.?key|unregistered callers"),
    (K.AUTH, r"authentication_error|litellm\.authenticationerror"),
    (K.CONTENT_FILTER, r"content filtering policy|content management policy|content exists risk"),
    (K.CONTENT_FILTER, r"violates usage guidelines|contentpolicyviolation"),
    (K.PERMISSION, r"insufficient permissions|litellm\.permissiondenied"),
    (K.NOT_FOUND, r"\bmodel\b.{0,120}\b(not found|does not exist)\b|no such model|litellm\.notfounderror"),
    # Nor is a model there for an account that may not use it yet, or that does not chat.
    (K.NOT_FOUND, r"not a valid model id|invalid model name|does not support chat|must be verified to"),
    (K.OVERLOADED, r"overloaded|server busy|over capacity|litellm\.serviceunavailable"),
    (K.RATE_LIMIT, r"rate_limit_error|rate-limited upstream|litellm\.ratelimiterror"),
    (K.TIMEOUT, r"litellm\.timeout\b"),
    (K.INVALID_REQUEST, r"invalid_request_error|litellm\.badrequesterror"),
)
# Proxies answer 500 for what a server behind them refused; the others of these say "something is wrong with this".
_VAGUE = frozenset((None, 400, 401, 403, 404, 413, 422, 500, 502))

# ---------------------------------------------------------------- statuses
_BY_STATUS: dict[int, K] = {
    401: K.AUTH,
    402: K.QUOTA,
    403: K.PERMISSION,
    404: K.NOT_FOUND,
    408: K.TIMEOUT,
    409: K.SERVER_ERROR,
    429: K.RATE_LIMIT,
    498: K.OVERLOADED,
    499: K.SERVER_ERROR,
    503: K.OVERLOADED,
    504: K.TIMEOUT,
    522: K.TIMEOUT,
    524: K.TIMEOUT,
    529: K.OVERLOADED,
}


def kind_of(status: int | None, codes: Iterable[str], words: str) -> K:
    """The kind of a failure. `codes` come with the most specific first; a status is None inside a stream."""
    lowered = [code.lower() for code in codes]
    for code in lowered:
        if code.endswith("_spend_limit_exceeded"):
            return K.QUOTA
        if code in _BY_CODE:
            return _BY_CODE[code]
    if status in _VAGUE:
        for pattern, kind in _by_words():
            if pattern.search(words):
                return kind
    if status is None:
        broad = (_BROAD[code] for code in lowered if code in _BROAD)
        own = K.MALFORMED_STREAM if _OWN_ERROR.isdisjoint(lowered) else K.SERVER_ERROR
        return next(broad, own)
    if status < 400:
        return K.MALFORMED_STREAM
    if status >= 500 or status in _BY_STATUS:
        return _BY_STATUS.get(status, K.SERVER_ERROR)
    return next((_BROAD[code] for code in lowered if code in _BROAD), K.INVALID_REQUEST)


@cache
def _by_words() -> tuple[tuple[re.Pattern[str], K], ...]:
    """Compiled when the first failure comes: it takes milliseconds."""
    return tuple((re.compile(pattern, re.IGNORECASE), kind) for kind, pattern in _WORDS)


# ---------------------------------------------------------------- what a model does not take
# The name of each as fields and sentences have it; the narrower before the wider.
_NAMES: dict[str, str] = {
    "json_schema": r"json.?schema|structured outputs?|output_(?:config\.)?format|response_?schema",
    "json": r"json.?(?:mode|object)|response_format|response_?mime_?type",
    "logprobs": r"(?:top_|response)?logprobs",
    "tools": r"tools?(?:[ _](?:use|calling|calls|choice|param))?|functions?(?:[ _-]calling)?",
    "vision": r"(?:image|vision)(?:_url| content)?s?(?: inputs?)?(?: modality)?|multimodal inputs?",
    "reasoning": r"thinking(?:[ _](?:level|budget))?|reasoning(?:[._ ]effort)?",
    "temperature": r"temperature",
    "seed": r"seed",
}
_NOT_TAKEN = (
    r"(?:(?:is|are) (?:not (?:currently )?(?:supported|enabled|permitted|allowed|available)"
    r"|unsupported|only supported|deprecated)|may only be set)"
)
_SAID_OF_A_NAME = (
    # "temperature is not supported", "Thinking level is not enabled for …", "seed: Extra inputs are not permitted"
    rf"(?<!\w)NAME['\"`]?(?: with [\w ]{{1,30}})? {_NOT_TAKEN}",
    r"['\"`]NAME['\"`] does not support|(?<!\w)NAME['\"`]?: extra inputs",
    # "does not support tools", "No endpoints found that support image input"
    r"(?:does ?n[o']t|do ?n[o']t|cannot|endpoints found that) support (?:the )?['\"`]?NAME(?!\w)",
    r"(?:unsupported|unknown|unrecognized) (?:request )?(?:parameter|value|field|argument)[^\w]+NAME(?!\w)",
)
_SAID = (
    ("logprobs", r"not allowed to request logprobs"),
    ("temperature", r"use '?max_completion_tokens"),  # the models that rename the one fix the other
    ("tools", r"requires --enable-auto-tool-choice|tools param requires --jinja"),
    ("vision", r"not a multimodal model|at most 0 image|missing data required for image input"),
    ("reasoning", r"include_?thoughts is only enabled"),
    ("json", r"response_format.{0,20} must be 'json_schema'"),
    ("json_schema", r"response_format.{0,20}json.?schema.{0,60} not supported"),
)
_FIELD = re.compile(r"\w+")
_UNSUPPORTED = frozenset(("unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"))
_NEED_MORE_THAN_A_FIELD = frozenset(("json", "json_schema"))


def refused_by(codes: Iterable[str], field: str, words: str) -> str | None:
    """The capability that a server clearly says it does not take. `field` is the path to what it found at fault."""
    for pattern, capability in _refusals():
        if pattern.search(words):
            return capability
    if _UNSUPPORTED.isdisjoint(codes):
        return None
    for part in reversed(_FIELD.findall(field)):
        for capability, name in _NAMES.items():
            if re.fullmatch(f"(?:{name})s?", part, re.IGNORECASE):
                named_schema = capability in _NEED_MORE_THAN_A_FIELD and "json_schema" in words
                return "json_schema" if named_schema else capability
    return None


@cache
def _refusals() -> tuple[tuple[re.Pattern[str], str], ...]:
    named = [
        (capability, pattern.replace("NAME", f"(?:{name})"))
        for capability, name in _NAMES.items()
        for pattern in _SAID_OF_A_NAME
    ]
    return tuple((re.compile(pattern, re.IGNORECASE), capability) for capability, pattern in (*named, *_SAID))
