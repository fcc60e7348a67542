"""What a call becomes on the wire: only what the model and its service take."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, Tool
from routing.providers.contract import Call, Outgoing, ProviderConfig
from routing.providers.dialects.openai import DIALECT, encode
from routing.providers.http import joined_url
from routing.registry.model import Model

CONFIG = ProviderConfig("openai", "https://api.openai.com/v1", headers=(("x-team", "rails"),))
MODEL = Model("openai/m", "openai", "m", "small")
HELLO = Call((Message("user", (TextPart("Hello"),)),), 100)
SCHEMA = '{"type": "object"}'


def body(call: Call = HELLO, config: ProviderConfig = CONFIG, **model: Any) -> dict[str, Any]:
    sent = encode(call, dataclasses.replace(MODEL, **model), config).body
    assert sent is not None
    return sent


def can(*capabilities: str) -> frozenset[str]:
    return frozenset(capabilities)


def a_call(**fields: Any) -> Call:
    return dataclasses.replace(HELLO, **fields)


def test_a_plain_call() -> None:
    assert encode(HELLO, MODEL, CONFIG) == Outgoing(
        "/chat/completions",
        headers=(("x-team", "rails"),),
        body={
            "model": "m",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 100,
        },
    )


def test_log_probabilities_are_asked_only_of_models_that_have_them_and_never_with_tools() -> None:
    assert "logprobs" not in body()
    able = can("logprobs", "tools")
    assert (body(capabilities=able)["logprobs"], body(capabilities=able)["top_logprobs"]) == (True, 2)
    assert "logprobs" not in body(a_call(tools=(Tool("f", "", SCHEMA),)), capabilities=able)


def test_only_openais_reasoning_models_name_their_limit_otherwise() -> None:
    assert body(capabilities=can("reasoning"))["max_tokens"] == 100


def test_reasoning_models_name_their_limit_otherwise_and_may_keep_their_temperature() -> None:
    sent = body(a_call(temperature=0.0), capabilities=can("reasoning", "fixed_temperature"))
    assert sent["max_completion_tokens"] == 100
    assert not {"max_tokens", "temperature"} & sent.keys()
    assert body(a_call(temperature=0.0))["temperature"] == 0.0


def test_the_limit_is_the_models_own_where_that_is_lower() -> None:
    assert body(max_output=50)["max_tokens"] == 50


def test_a_seed_is_sent_only_where_it_is_honoured() -> None:
    assert "seed" not in body(a_call(seed=7))
    assert body(a_call(seed=7), determinism="seed")["seed"] == 7


def test_what_a_service_refuses_is_left_out() -> None:
    mistral = ProviderConfig("le-chat", "https://api.mistral.ai/v1")
    sent = body(a_call(seed=7), mistral, determinism="seed", capabilities=can("logprobs"))
    assert not {"stream_options", "seed", "logprobs", "top_logprobs"} & sent.keys()
    assert sent["max_tokens"] == 100


def test_formats() -> None:
    asked = a_call(response_format="json_schema", schema=SCHEMA)
    strict = body(asked, capabilities=can("json", "json_schema"))
    assert strict["response_format"]["json_schema"] == {"name": "answer", "schema": {"type": "object"}}
    loose = body(asked, capabilities=can("json"))
    assert loose["response_format"] == {"type": "json_object"}
    assert SCHEMA in loose["messages"][0]["content"]
    unable = body(asked)
    assert "response_format" not in unable
    assert SCHEMA in unable["messages"][0]["content"]
    anything = body(a_call(response_format="json"), capabilities=can("json"))
    assert anything["response_format"] == {"type": "json_object"}
    assert "JSON" in anything["messages"][0]["content"]


def test_a_schema_in_words_joins_the_one_system_message() -> None:
    messages = (Message("system", (TextPart("Be brief."),)), *HELLO.messages)
    sent = body(Call(messages, 100, response_format="json_schema", schema=SCHEMA))
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["messages"][0]["content"].startswith("Be brief.")


def test_files_are_named_text_and_images_data_urls() -> None:
    file, image = FilePart("a.txt", "one"), ImagePart("image/png", "aGk=")
    assert body(a_call(messages=(Message("user", (TextPart("Read"), file)),)))["messages"][0]["content"] == (
        "Read\n\nFile a.txt:\n\none"
    )
    parts = body(a_call(messages=(Message("user", (TextPart("Look"), file, image)),)))["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "text", "image_url"]
    assert parts[2]["image_url"]["url"] == "data:image/png;base64,aGk="


def test_tools() -> None:
    sent = body(a_call(tools=(Tool("weather", "Tells the weather", SCHEMA),)))
    assert sent["tools"] == [
        {
            "type": "function",
            "function": {"name": "weather", "description": "Tells the weather", "parameters": {"type": "object"}},
        }
    ]


def test_a_schema_that_is_not_json_is_never_sent() -> None:
    with pytest.raises(ProviderError, match="the tool f is not JSON") as caught:
        body(a_call(tools=(Tool("f", "", "{oops"),)))
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.INVALID_REQUEST, False)


# ---------------------------------------------------------------- the server around it
@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21", "api-key"),
        ("https://x.openai.azure.com/openai/v1", "api-key"),
        ("https://x.services.ai.azure.com/openai/v1/", "api-key"),
        ("https://azure.com.example.com/v1", "authorization"),
    ],
)
def test_azure_wants_its_key_in_a_header_of_its_own(base_url: str, name: str) -> None:
    header, value = DIALECT.key_header("sk-1", ProviderConfig("p", base_url))
    assert (header, value) == (name, "sk-1" if name == "api-key" else "Bearer sk-1")


@pytest.mark.parametrize(
    ("base_url", "called"),
    [
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
        ("http://127.0.0.1:8080/v1/chat/completions", "http://127.0.0.1:8080/v1/chat/completions"),
        (
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_a_base_url_as_people_copy_it(base_url: str, called: str) -> None:
    assert joined_url(DIALECT.root(base_url), "/chat/completions") == called
