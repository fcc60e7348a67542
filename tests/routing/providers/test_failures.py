"""Every row of the taxonomy, from the bodies that providers really send; and the sentence that a person reads."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.providers.contract import ProviderConfig
from routing.providers.failures import MAX_WORDS, error
from routing.providers.keys import Key
from routing.providers.sentences import NO_SCHEME, sentence
from routing.registry.model import Model

K = ErrorKind
GEMINI_KEY = [
    {
        "error": {
            "code": 400,
            "message": "API key not valid.",
            "status": "INVALID_ARGUMENT",
            "details": [{"reason": "API_KEY_INVALID"}],
        }
    }
]
GEMINI_DAY = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}, {"retryDelay": "3s"}],
    }
}
GEMINI_MINUTE = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"violations": [{"quotaId": "RequestsPerMinute"}]}, {"retryDelay": "12.5s"}],
    }
}

ROWS: list[tuple[int, Any, ErrorKind]] = [
    (401, {"error": {"message": "Incorrect", "type": "invalid_request_error", "code": "invalid_api_key"}}, K.AUTH),
    (401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}, K.AUTH),
    (400, GEMINI_KEY, K.AUTH),
    (403, {"error": {"message": "no access", "type": "permission_error"}}, K.PERMISSION),
    (403, {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"]}}}, K.CONTENT_FILTER),
    (404, {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}, K.NOT_FOUND),
    (404, {"error": {"message": "model 'x' not found", "type": "api_error"}}, K.NOT_FOUND),
    (400, {"error": "model 'x' not found"}, K.NOT_FOUND),
    (400, {"error": {"message": "bad", "type": "invalid_request_error"}}, K.INVALID_REQUEST),
    (413, "too large", K.INVALID_REQUEST),
    (422, {"object": "error", "message": {"detail": [{"type": "extra_forbidden"}]}}, K.INVALID_REQUEST),
    (400, {"error": {"message": "long", "code": "context_length_exceeded"}}, K.CONTEXT_LENGTH),
    (400, {"error": {"message": "n", "type": "exceed_context_size_error", "n_prompt_tokens": 9}}, K.CONTEXT_LENGTH),
    (400, {"object": "error", "message": "This model's maximum context length is 10 tokens"}, K.CONTEXT_LENGTH),
    (400, {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}, K.CONTEXT_LENGTH),
    (400, {"error": {"message": "The input token count (9) exceeds the maximum"}}, K.CONTEXT_LENGTH),
    (429, {"error": {"message": "slow", "code": "rate_limit_exceeded"}}, K.RATE_LIMIT),
    (429, GEMINI_MINUTE, K.RATE_LIMIT),
    (429, "", K.RATE_LIMIT),
    (402, {"error": {"message": "credits"}}, K.QUOTA),
    (429, {"error": {"message": "quota", "type": "insufficient_quota", "code": "insufficient_quota"}}, K.QUOTA),
    (429, {"error": {"message": "limit", "code": "project_spend_limit_exceeded"}}, K.QUOTA),
    (429, {"error": {"message": "l", "details": {"error_code": "enforced_spend_limit_reached"}}}, K.QUOTA),
    (400, {"error": {"message": "Your credit balance is too low", "type": "invalid_request_error"}}, K.QUOTA),
    (429, GEMINI_DAY, K.QUOTA),
    (408, "", K.TIMEOUT),
    (504, "<html>gateway</html>", K.TIMEOUT),
    (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, K.OVERLOADED),
    (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, K.OVERLOADED),
    (500, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, K.OVERLOADED),
    (502, {"error": {"code": 502, "message": "down", "metadata": {"provider_name": "X"}}}, K.OVERLOADED),
    (502, "<html>bad gateway</html>", K.SERVER_ERROR),
    (500, {"error": {"message": "oops", "type": "server_error"}}, K.SERVER_ERROR),
    (302, "", K.MALFORMED_STREAM),
    (418, {"error": {}}, K.INVALID_REQUEST),
]


def answered(status: int, body: Any = "", headers: dict[str, str] | None = None, secret: str = "") -> ProviderError:
    return error(status, body if isinstance(body, str) else json.dumps(body), headers or {}, secret)


@pytest.mark.parametrize(("status", "body", "kind"), ROWS)
def test_a_refusal_has_its_kind(status: int, body: Any, kind: ErrorKind) -> None:
    failure = answered(status, body)
    assert failure.kind is kind
    assert failure.status == status
    assert failure.words


@pytest.mark.parametrize(
    ("body", "headers", "wait_s"),
    [
        ("", {"retry-after": "7"}, 7.0),
        ("", {"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ("", {"retry-after": "Fri, 20 Nov 2026 10:00:30 GMT", "date": "Fri, 20 Nov 2026 10:00:00 GMT"}, 30.0),
        ("", {"retry-after": "Fri, 20 Nov 2026 10:00:30 GMT"}, None),
        ("", {"retry-after": "soon"}, None),
        ("", {"retry-after": "-3"}, None),
        ("", {"retry-after": "1795219200"}, None),
        (GEMINI_MINUTE, {}, 12.5),
        ("", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"}, 62.5),
        ("", {"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1m2.5s"}, None),
        ("", {"x-should-retry": "false"}, 60.0),
        ("", {}, None),
    ],
)
def test_the_wait_that_is_asked_for(body: Any, headers: dict[str, str], wait_s: float | None) -> None:
    assert answered(429, body, headers).retry_after_s == wait_s


def test_the_words_are_kept_without_the_key_or_control_characters_and_cut() -> None:
    words = "key sk-very-secret is\x1b[31m bad\x00\n\u202e" + "x" * 400
    failure = answered(401, {"error": {"message": words}}, {"x-request-id": "r1"}, "sk-very-secret")
    assert failure.words.startswith("key ••• is [31m bad")
    assert len(failure.words) == MAX_WORDS
    assert failure.request_id == "r1"


@pytest.mark.parametrize("form", ["sk/one+two", "sk%2Fone%2Btwo", "c2svb25lK3R3bw=="], ids=["plain", "URL", "base64"])
def test_a_key_is_masked_in_each_form_that_servers_repeat(form: str) -> None:
    failure = answered(401, {"error": {"message": f"no such key: {form}."}}, {}, "sk/one+two")
    assert failure.words == "no such key: •••."


NAMES = st.sampled_from(["error", "code", "details", "metadata", "message", "violations"])
LEAVES = st.none() | st.integers() | st.text(max_size=9)
BODIES: st.SearchStrategy[Any] = st.deferred(
    lambda: LEAVES | st.lists(BODIES, max_size=2) | st.dictionaries(NAMES, BODIES, max_size=2)
)


@given(st.integers(300, 599), st.text(max_size=60) | BODIES)
def test_no_body_breaks_the_reading(status: int, body: Any) -> None:
    failure = answered(status, body)
    assert len(failure.words) <= MAX_WORDS
    assert not {unicodedata.category(character) for character in failure.words} & {"Cc", "Cs"}


# ---------------------------------------------------------------- sentences
OPENAI = ProviderConfig("openai", "https://api.openai.com/v1", key="OPENAI_API_KEY")
MODEL = Model("openai/m", "openai", "m-large", "small", context_window=8192)
KEY = Key("sk-hidden", "OPENAI_API_KEY in the environment")


def said(kind: ErrorKind, words: str = "", key: Key | None = KEY, **fields: Any) -> str:
    return sentence(ProviderError(kind, words, **fields), OPENAI, MODEL, key)


@pytest.mark.parametrize(
    ("failure", "parts"),
    [
        ((K.AUTH,), ("OPENAI_API_KEY in the environment", "https://platform.openai.com/api-keys")),
        ((K.PERMISSION, "not yours"), ("OPENAI_API_KEY", "m-large", "not yours")),
        ((K.NOT_FOUND, "model gone"), ("m-large", "pointsman models")),
        ((K.NOT_FOUND, "File Not Found"), ("https://api.openai.com/v1", "base URL")),
        ((K.INVALID_REQUEST, "no such field"), ("no such field",)),
        ((K.CONTEXT_LENGTH, "maximum context length is 4096 tokens. However, 5000"), ("needs 5,000", "4,096")),
        ((K.CONTEXT_LENGTH, "too long"), ("8,192",)),
        ((K.CONTENT_FILTER,), ("openai declined",)),
        ((K.QUOTA,), ("OPENAI_API_KEY", "out of credit")),
        ((K.TIMEOUT, "no first token in 20 s"), ("no first token in 20 s",)),
        ((K.OVERLOADED,), ("openai is overloaded",)),
        ((K.MALFORMED_STREAM, "the stream broke off"), ("the stream broke off",)),
        ((K.LENGTH,), ("2,048 tokens",)),
        ((K.CANCELLED,), ("Stopped",)),
    ],
)
def test_a_sentence_says_what_and_where(failure: tuple[Any, ...], parts: tuple[str, ...]) -> None:
    words = said(*failure)
    assert all(part in words for part in parts), words


def test_a_sentence_knows_the_wait_the_host_and_the_request() -> None:
    assert "free again in 7 s" in said(K.RATE_LIMIT, retry_after_s=6.2)
    assert "Cannot reach api.openai.com" in said(K.CONNECTION, "connection refused", sent=False)
    no_scheme = said(K.CONNECTION, NO_SCHEME, sent=False)
    assert (
        no_scheme
        == "The base URL of openai does not begin with http:// or https://: write one of them before the host."
    )
    assert "request r1" in said(K.SERVER_ERROR, "oops", status=500, request_id="r1")


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            ProviderError(K.NOT_FOUND, "File Not Found"),
            "attic has no list of models at http://h.example/v1; are the base URL and the dialect (ollama) right?",
        ),
        (
            ProviderError(K.MALFORMED_STREAM, "its list of models is not one"),
            "attic answered, but its list of models is not one; are the base URL and the dialect (ollama) right?",
        ),
        (
            ProviderError(K.TIMEOUT, "no list of models in 10 s"),
            "attic was too slow: no list of models in 10 s.",
        ),
    ],
    ids=["none there", "another shape", "slow"],
)
def test_a_list_that_cannot_be_had_leads_to_the_dialect(failure: ProviderError, words: str) -> None:
    assert sentence(failure, ProviderConfig("attic", "http://h.example/v1", dialect="ollama")) == words


@pytest.mark.parametrize("model", [MODEL, None])
def test_an_address_is_said_without_what_may_be_secret_in_it(model: Model | None) -> None:
    config = ProviderConfig("p", "https://name:hush@h.example:8443/v2?key=hush")
    words = sentence(ProviderError(K.NOT_FOUND, "File Not Found"), config, model)
    assert " at https://h.example:8443/v2" in words
    assert "hush" not in words


def test_a_key_that_could_not_be_sent_is_to_be_copied_anew() -> None:
    words = said(K.AUTH, "it holds a line break", sent=False)
    assert (
        words
        == "The key of openai (OPENAI_API_KEY in the environment) cannot be sent: it holds a line break. Copy it anew."
    )


def test_without_a_key_the_sentence_says_which_to_set() -> None:
    words = said(K.AUTH, key=None)
    assert "set OPENAI_API_KEY" in words
    assert "https://platform.openai.com/api-keys" in words


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("model", [MODEL, None])
@pytest.mark.parametrize("key", [KEY, None])
def test_every_kind_has_one_sentence_and_no_key_in_it(kind: ErrorKind, model: Model | None, key: Key | None) -> None:
    words = sentence(ProviderError(kind, "their words"), OPENAI, model, key)
    assert words[-1] in ".?"
    assert "\n" not in words
    assert "sk-hidden" not in words
