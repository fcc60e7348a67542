"""How each service, server and proxy words its refusals: the kind, what the model does not take, and who said it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.providers.contract import ProviderConfig
from routing.providers.failures import error, failure_in_stream, not_a_stream
from routing.providers.sentences import sentence
from routing.registry.model import Model

K = ErrorKind
MODEL = Model("p/m", "p", "m", "small")
CONFIG = ProviderConfig("p", "http://127.0.0.1:8080/v1")


def flat(message: str, **fields: Any) -> dict[str, Any]:
    return {"message": message, **fields}


def inside(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": flat(message, **fields)}


def answered(status: int, body: Any, headers: dict[str, str] | None = None, secret: str = "") -> ProviderError:
    return error(status, body if isinstance(body, str) else json.dumps(body), headers or {}, secret)


TOO_MANY = {
    "error": {
        "code": 429,
        "message": "Provider returned error",
        "metadata": {"provider_name": "BaseTen", "raw": "glm-5 is temporarily rate-limited upstream. Retry shortly."},
    }
}
TOO_LONG = {"type": "invalid_request_error", "message": "prompt is too long: 205000 tokens > 200000 maximum"}
QUOTED = {
    "error": {
        "code": 400,
        "message": "Provider returned error",
        "metadata": {"provider_name": "Anthropic", "raw": json.dumps({"type": "error", "error": TOO_LONG})},
    }
}
LITELLM = 'litellm.InternalServerError: AnthropicException - {"type":"error","error":{"type":"overloaded_error"}}.'
AZURE_FILTER = inside(
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    code="content_filter",
    param="prompt",
    status=400,
    innererror={"code": "ResponsibleAIPolicyViolation"},
)
XAI_UNSAFE = {"code": "The caller does not have permission", "error": "Content violates usage guidelines. Team: t"}

REFUSALS: list[tuple[str, int, Any, ErrorKind]] = [
    ("OpenAI", 403, inside("Project `p` does not have access to model `m`", code="model_not_found"), K.NOT_FOUND),
    ("OpenAI", 401, inside("You have insufficient permissions for this operation."), K.PERMISSION),
    ("OpenAI", 400, inside("Billing hard limit reached", code="billing_hard_limit_reached"), K.QUOTA),
    ("OpenAI", 400, inside("Invalid prompt: flagged", code="invalid_prompt"), K.CONTENT_FILTER),
    (
        "OpenAI",
        400,
        inside("Your organization must be verified to stream this model.", param="stream", code="unsupported_value"),
        K.NOT_FOUND,
    ),
    ("OpenAI", 409, inside("lock"), K.SERVER_ERROR),
    ("Anthropic", 402, {"type": "error", "error": {"type": "billing_error", "message": "pay"}}, K.QUOTA),
    ("Anthropic", 500, {"type": "error", "error": {"type": "api_error", "message": "Overloaded"}}, K.OVERLOADED),
    (
        "Anthropic",
        400,
        inside(
            "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
            type="invalid_request_error",
        ),
        K.QUOTA,
    ),
    (
        "Anthropic",
        400,
        {
            "error": {
                "type": "invalid_request_error",
                "message": "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
            }
        },
        K.CONTEXT_LENGTH,
    ),
    (
        "Anthropic",
        429,
        {
            "error": {
                "type": "rate_limit_error",
                "message": "limit",
                "details": {"error_code": "enforced_spend_limit_reached"},
            }
        },
        K.QUOTA,
    ),
    ("Gemini", 400, inside("User location is not supported", status="FAILED_PRECONDITION"), K.PERMISSION),
    ("Gemini", 403, inside("Method doesn't allow unregistered callers", status="PERMISSION_DENIED"), K.AUTH),
    ("Gemini", 499, inside("cancelled", status="CANCELLED"), K.SERVER_ERROR),
    ("OpenRouter", 400, inside("foo/bar is not a valid model ID", code=400), K.NOT_FOUND),
    ("LiteLLM", 400, inside("Invalid model name passed in model=foo. Call `/v1/models`", code="400"), K.NOT_FOUND),
    ("Groq", 400, inside("The model `m` has been decommissioned", code="model_decommissioned"), K.NOT_FOUND),
    (
        "xAI",
        403,
        {"code": "The caller does not have permission", "error": "Your team doesn't have any credits yet."},
        K.QUOTA,
    ),
    (
        "LM Studio",
        400,
        {"error": "The number of tokens to keep from the initial prompt is greater than the context length."},
        K.CONTEXT_LENGTH,
    ),
    ("Ollama", 400, {"error": '"nomic-embed-text" does not support chat'}, K.NOT_FOUND),
    ("Ollama", 404, {"error": 'model "x" not found, try pulling it first'}, K.NOT_FOUND),
    ("Ollama", 400, {"error": "the input length exceeds the context length"}, K.CONTEXT_LENGTH),
    ("Ollama", 500, {"error": "llama runner process has terminated: signal: killed"}, K.SERVER_ERROR),
    ("llama.cpp", 503, inside("Loading model", type="unavailable_error", code=503), K.OVERLOADED),
    (
        "vLLM",
        400,
        flat("The decoder prompt (length 5000) is longer than the maximum model length of 4096"),
        K.CONTEXT_LENGTH,
    ),
    ("vLLM", 404, inside("The model `m` does not exist.", type="NotFoundError", code=404), K.NOT_FOUND),
    ("vLLM", 401, {"error": "Unauthorized"}, K.AUTH),
    (
        "LM Studio",
        400,
        {
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model "
            "is loaded with context length of only 4096 tokens, which is not enough."
        },
        K.CONTEXT_LENGTH,
    ),
    ("OpenRouter", 429, TOO_MANY, K.RATE_LIMIT),
    ("OpenRouter", 400, QUOTED, K.CONTEXT_LENGTH),
    ("OpenRouter", 402, inside("Insufficient credits", code=402), K.QUOTA),
    ("OpenRouter", 408, inside("timed out", code=408), K.TIMEOUT),
    ("OpenRouter", 503, inside("No available provider", code=503), K.OVERLOADED),
    ("OpenRouter", 200, {"error": {"code": 502, "message": "x", "metadata": {"provider_name": "Y"}}}, K.OVERLOADED),
    ("LiteLLM", 500, inside(LITELLM, code="500"), K.OVERLOADED),
    ("LiteLLM", 500, inside("litellm.RateLimitError: AnthropicException - slow", code="500"), K.RATE_LIMIT),
    ("LiteLLM", 500, inside("litellm.AuthenticationError: OpenAIException - no", code="500"), K.AUTH),
    ("LiteLLM", 400, inside("litellm.ContextWindowExceededError: too much", code="400"), K.CONTEXT_LENGTH),
    ("LiteLLM", 400, inside("Budget has been exceeded! Current cost: 3", type="budget_exceeded"), K.QUOTA),
    ("LiteLLM", 401, inside("key not allowed to access model", type="key_model_access_denied"), K.PERMISSION),
    ("Azure", 400, AZURE_FILTER, K.CONTENT_FILTER),
    ("Azure", 404, inside("The API deployment does not exist", code="DeploymentNotFound"), K.NOT_FOUND),
    ("Azure", 401, {"statusCode": 401, "message": "Unauthorized. Access token is missing"}, K.AUTH),
    ("Azure", 429, inside("Please retry after 26 seconds.", code="429"), K.RATE_LIMIT),
    (
        "Mistral",
        400,
        flat(
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            type="invalid_request_prompt",
            code="3051",
        ),
        K.CONTEXT_LENGTH,
    ),
    ("Mistral", 400, flat("Invalid model: x", type="invalid_model", code="1500"), K.NOT_FOUND),
    ("Mistral", 429, flat("Service tier capacity exceeded", type="service_tier_capacity_exceeded"), K.RATE_LIMIT),
    ("DeepSeek", 402, inside("Insufficient Balance", type="unknown_error", code="invalid_request_error"), K.QUOTA),
    ("DeepSeek", 400, inside("Content Exists Risk", code="invalid_request_error"), K.CONTENT_FILTER),
    ("Groq", 413, inside("Request too large for model", type="tokens", code="rate_limit_exceeded"), K.RATE_LIMIT),
    ("Groq", 400, inside("Failed to generate JSON", code="json_validate_failed"), K.SERVER_ERROR),
    ("Groq", 498, inside("flex capacity exceeded", code="capacity_exceeded"), K.OVERLOADED),
    ("xAI", 400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: x"}, K.AUTH),
    ("xAI", 404, {"code": "Some requested entity was not found", "error": "The model x does not exist"}, K.NOT_FOUND),
    ("xAI", 403, XAI_UNSAFE, K.CONTENT_FILTER),
    (
        "xAI",
        400,
        {
            "code": "invalid",
            "error": "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        },
        K.CONTEXT_LENGTH,
    ),
    (
        "Together",
        422,
        inside(
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 "
            "`inputs` tokens and 500 `max_new_tokens`"
        ),
        K.CONTEXT_LENGTH,
    ),
    ("Cloudflare", 524, "<html>a timeout occurred", K.TIMEOUT),
]


@pytest.mark.parametrize(("who", "status", "body", "kind"), REFUSALS)
def test_a_refusal_has_its_kind(who: str, status: int, body: Any, kind: ErrorKind) -> None:
    failure = failure_in_stream(body) if status == 200 else answered(status, body)
    assert failure.kind is kind, who
    assert failure.refused is None


# ---------------------------------------------------------------- what a model does not take
@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (
            400,
            inside(
                "Unsupported parameter: 'temperature' is not supported with this model.",
                param="temperature",
                code="unsupported_parameter",
            ),
            "temperature",
        ),
        (
            400,
            inside(
                "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
            "temperature",
        ),
        (400, inside("Unsupported value", param="seed", code="unsupported_value"), "seed"),
        (400, inside("Unsupported parameter", param="top_logprobs", code="unsupported_parameter"), "logprobs"),
        (400, inside("Unsupported parameter", param="reasoning.effort", code="unsupported_parameter"), "reasoning"),
        (400, inside("Unsupported", param="messages[0].content[1].image_url", code="unsupported_value"), "vision"),
        (400, inside("Unsupported", param="response_format", code="unsupported_value"), "json"),
        (400, inside("no json_schema", param="response_format", code="unsupported_value"), "json_schema"),
        (
            400,
            inside("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
            "json_schema",
        ),
        (400, inside("Invalid content type. image_url is only supported by certain models."), "vision"),
        (403, inside("You are not allowed to request logprobs from this model."), "logprobs"),
        (400, inside("logprobs are not supported with reasoning models."), "logprobs"),
        (400, inside("This reasoning model does not support temperature."), "temperature"),
        (400, {"error": {"type": "invalid_request_error", "message": "seed: Extra inputs are not permitted"}}, "seed"),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs"}]}, "seed"),
        (
            422,
            {"message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "logprobs"], "msg": "x"}]}},
            "logprobs",
        ),
        (400, inside("Function calling is not enabled for models/gemma", status="INVALID_ARGUMENT"), "tools"),
        (400, inside("JSON mode is not enabled for models/gemma", status="INVALID_ARGUMENT"), "json"),
        (400, inside("Image input modality is not enabled for models/gemma"), "vision"),
        (400, inside("Unable to submit request because thinking is not supported by this model."), "reasoning"),
        (400, {"error": '"m" does not support thinking'}, "reasoning"),
        (400, inside("Thinking_config.include_thoughts is only enabled when thinking is enabled."), "reasoning"),
        (400, inside("At most 0 image(s) may be provided in one prompt.", type="BadRequestError", code=400), "vision"),
        (400, {"error": "registry.ollama.ai/library/gemma:2b does not support tools"}, "tools"),
        (404, inside("No endpoints found that support tool use.", code=404), "tools"),
        (404, inside("No endpoints found that support image input", code=404), "vision"),
        (500, inside("tools param requires --jinja flag", type="server_error", code=500), "tools"),
        (500, inside("image input is not supported - hint: you may need the mmproj", code=500), "vision"),
        (400, inside('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'), "tools"),
        (400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, "json"),
    ],
)
def test_what_the_model_does_not_take_is_known(status: int, body: Any, refused: str) -> None:
    failure = answered(status, body)
    assert (failure.kind, failure.refused) == (K.INVALID_REQUEST, refused)
    assert "does not take" in sentence(failure, CONFIG, MODEL)


@pytest.mark.parametrize(
    "body",
    [
        inside("Invalid value for 'temperature': must be between 0 and 2", param="temperature", code="invalid_value"),
        inside("tools.0.name: String should match pattern", type="invalid_request_error"),
        inside("Invalid schema for response_format 'answer'", param="response_format", code="invalid_json_schema"),
        inside("messages: roles must alternate"),
        inside("The image is too large", param="messages"),
        inside("Unsupported parameter: 'max_tokens'", param="max_tokens", code="unsupported_parameter"),
        {"error": "json: cannot unmarshal string into Go struct field"},
    ],
)
def test_a_parameter_that_is_only_wrong_is_not_taken_for_one_that_is_refused(body: Any) -> None:
    failure = answered(400, body)
    assert (failure.kind, failure.refused) == (K.INVALID_REQUEST, None)


@pytest.mark.parametrize(("status", "kind"), [(401, K.AUTH), (429, K.RATE_LIMIT), (402, K.QUOTA)])
def test_other_kinds_refuse_no_capability(status: int, kind: ErrorKind) -> None:
    failure = answered(status, inside("tools are not supported in this tier"))
    assert (failure.kind, failure.refused) == (kind, None)


# ---------------------------------------------------------------- words, ids, waits
def test_what_a_provider_behind_a_proxy_said_is_kept() -> None:
    assert answered(429, TOO_MANY).words.startswith("glm-5 is temporarily rate-limited upstream")
    assert answered(400, QUOTED).words == "prompt is too long: 205000 tokens > 200000 maximum"


def test_validation_errors_read_as_a_sentence() -> None:
    detail = [{"loc": ["body", "model"], "msg": "field required"}, {"loc": ["body"], "msg": "no"}]
    assert answered(422, {"detail": detail}).words == "body.model: field required; body: no"


def test_words_that_hold_nothing_to_show_say_so() -> None:
    assert answered(500, inside("\u202e\x00")).words == "no reason given"


@pytest.mark.parametrize(
    ("body", "headers", "request_id"),
    [
        ({"type": "error", "error": {"type": "api_error", "message": "x"}, "request_id": "req_1"}, {}, "req_1"),
        ({"error": {"message": "x"}, "request_id": "req_1"}, {"request-id": "req_2"}, "req_2"),
        (inside("x"), {"apim-request-id": "az"}, "az"),
        ([inside("x", details=[{"@type": "google.rpc.RequestInfo", "requestId": "g1"}])], {}, "g1"),
        (inside("x"), {}, None),
        ({"error": {"message": "x"}, "request_id": 7}, {}, None),
    ],
)
def test_the_request_id_of_headers_or_body(body: Any, headers: dict[str, str], request_id: str | None) -> None:
    assert answered(500, body, headers).request_id == request_id


DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
RESET_MS = "1795168830000"  # thirty seconds later


@pytest.mark.parametrize(
    ("body", "headers", "wait_s"),
    [
        (
            "",
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "date": DATE,
                "anthropic-ratelimit-input-tokens-reset": "2026-11-20T10:00:42Z",
            },
            42.0,
        ),
        (
            "",
            {
                "anthropic-ratelimit-requests-remaining": "3",
                "date": DATE,
                "anthropic-ratelimit-requests-reset": "2026-11-20T10:00:42Z",
            },
            None,
        ),
        ("", {"x-ratelimit-reset": RESET_MS, "date": DATE}, 30.0),
        ("", {"x-ratelimit-reset": RESET_MS[:-3], "date": DATE}, 30.0),
        ("", {"x-ratelimit-reset": RESET_MS}, None),
        ("", {"x-ratelimit-reset": RESET_MS, "x-ratelimit-remaining": "4", "date": DATE}, None),
        ("", {"x-ratelimit-reset": "9" * 30, "date": DATE}, None),
        (inside("daily", code=429, metadata={"headers": {"X-RateLimit-Reset": RESET_MS}}), {"date": DATE}, 30.0),
        (inside("x", metadata={"headers": {"X-RateLimit-Reset": 7}}), {"date": DATE, "retry-after": "3"}, 3.0),
    ],
)
def test_the_wait_of_each_service(body: Any, headers: dict[str, str], wait_s: float | None) -> None:
    assert answered(429, body, headers).retry_after_s == wait_s


def test_gemini_wraps_its_error_into_a_list_of_one_also_at_200() -> None:
    body = [inside("The model is overloaded.", code=503, status="UNAVAILABLE")]
    assert answered(503, body).words == "The model is overloaded."
    assert not_a_stream("application/json", json.dumps(body)).kind is K.OVERLOADED


# ---------------------------------------------------------------- sentences
@pytest.mark.parametrize(
    ("words", "needed", "window"),
    [
        ("prompt is too long: 205000 tokens > 200000 maximum", "205,000", "200,000"),
        ("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease", "209,573", "200,000"),
        (
            "The input token count (1,200,000) exceeds the maximum number of tokens allowed (1048576).",
            "1,200,000",
            "1,048,576",
        ),
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 of text).",
            "5,000",
            "4,096",
        ),
        ("gpt-4-0613 has a maximum context length of 8192 tokens, you gave 9000", "9,000", "8,192"),
        ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum", "40,000", "32,768"),
        (
            "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 500 `max_new_tokens`",
            "4,500",
            "4,097",
        ),
        ("request (924 tokens) exceeds the available context size (512 tokens), try increasing it", "924", "512"),
        ("Current length is 10000 while limit is 8192", "10,000", "8,192"),
    ],
)
def test_how_much_is_needed_and_how_much_fits(words: str, needed: str, window: str) -> None:
    said = sentence(ProviderError(K.CONTEXT_LENGTH, words), CONFIG, MODEL)
    assert f"it needs {needed} tokens, the window is {window};" in said


def test_llama_cpp_counts_beside_its_words() -> None:
    body = inside(
        "the request exceeds the available context size",
        type="exceed_context_size_error",
        n_prompt_tokens=9001,
        n_ctx=8192,
    )
    assert "it needs 9,001 tokens, the window is 8,192;" in sentence(answered(400, body), CONFIG, MODEL)


@pytest.mark.parametrize(
    ("wait_s", "said"), [(0.2, "1 s"), (119, "119 s"), (130, "3 min"), (7200, "2 h"), (86_400, "24 h")]
)
def test_a_wait_is_told_as_people_say_it(wait_s: float, said: str) -> None:
    words = sentence(ProviderError(K.RATE_LIMIT, retry_after_s=wait_s), CONFIG, MODEL)
    assert words.endswith(f"free again in {said}.")


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("words", ["", "why?", "so.", "so…", "no!", "answered with a web page; is the base URL right?"])
@pytest.mark.parametrize("model", [MODEL, None])
def test_every_sentence_ends_once(kind: ErrorKind, words: str, model: Model | None) -> None:
    said = sentence(ProviderError(kind, words), CONFIG, model)
    assert said[-1] in ".?!…"
    assert said[-2] not in ".?!…,;: "
    assert "  " not in said


def test_a_certificate_that_nobody_vouches_for_is_told_with_its_remedy() -> None:
    words = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)"
    said = sentence(ProviderError(K.CONNECTION, words, sent=False), CONFIG, MODEL)
    assert said.startswith("Cannot trust 127.0.0.1:8080 (certificate verify failed: self-signed certificate);")
    assert "SSL_CERT_FILE" in said
