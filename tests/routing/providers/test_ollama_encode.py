"""What a call becomes as a chat of Ollama, and whom it is sent to."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, Tool
from routing.providers.contract import Call, Outgoing, ProviderConfig
from routing.providers.dialects.ollama import DIALECT, encode
from routing.registry.model import Model

CONFIG = ProviderConfig("ollama", "http://127.0.0.1:11434", "ollama", headers=(("x-team", "rails"),))
MODEL = Model("ollama/qwen3:8b", "ollama", "qwen3:8b", "small", context_window=8192)
HELLO = Call((Message("user", (TextPart("Hello"),)),), 100)
SCHEMA = '{"type": "object"}'


def body(call: Call = HELLO, *capabilities: str, **model: Any) -> dict[str, Any]:
    sent = encode(call, dataclasses.replace(MODEL, capabilities=frozenset(capabilities), **model), CONFIG).body
    assert sent is not None
    return sent


def a_call(**fields: Any) -> Call:
    return dataclasses.replace(HELLO, **fields)


def test_a_plain_call_names_its_window_and_refuses_to_be_cut() -> None:
    assert encode(HELLO, MODEL, CONFIG) == Outgoing(
        "/api/chat",
        headers=(("x-team", "rails"),),
        body={
            "model": "qwen3:8b",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
            "truncate": False,
            "shift": False,
            "options": {"num_ctx": 8192, "num_predict": 100},
        },
    )


def test_the_limit_is_the_models_own_where_that_is_lower() -> None:
    assert body(max_output=50)["options"]["num_predict"] == 50


def test_sampling_is_sent_where_it_is_honoured() -> None:
    asked = a_call(temperature=0.0, seed=7)
    assert body(asked, determinism="seed")["options"] == {
        "num_ctx": 8192,
        "num_predict": 100,
        "temperature": 0.0,
        "seed": 7,
    }
    assert "seed" not in body(asked)["options"]
    assert "temperature" not in body(asked, "fixed_temperature")["options"]


def test_what_a_model_can_do_is_asked_for() -> None:
    assert not {"think", "logprobs", "top_logprobs", "tools", "format"} & body().keys()
    assert body(HELLO, "reasoning")["think"] is True
    sent = body(HELLO, "logprobs")
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 2)


def test_formats() -> None:
    asked = a_call(response_format="json_schema", schema=SCHEMA)
    assert body(asked, "json", "json_schema")["format"] == {"type": "object"}
    loose = body(asked, "json")
    assert loose["format"] == "json"
    assert SCHEMA in loose["messages"][0]["content"]
    unable = body(asked)
    assert "format" not in unable
    assert SCHEMA in unable["messages"][0]["content"]
    assert body(a_call(response_format="json"), "json")["format"] == "json"


def test_files_are_text_and_images_stand_beside_it() -> None:
    parts = (TextPart("Look"), FilePart("a.txt", "one"), ImagePart("image/png", "aGk="), ImagePart("image/png", "eW8="))
    history = (Message("system", (TextPart("Be brief."),)), Message("user", parts), Message("assistant", ()))
    assert body(a_call(messages=history))["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look\n\nFile a.txt:\n\none", "images": ["aGk=", "eW8="]},
        {"role": "assistant", "content": ""},
    ]


def test_tools() -> None:
    sent = body(a_call(tools=(Tool("weather", "Tells the weather", SCHEMA),)))
    function = {"name": "weather", "description": "Tells the weather", "parameters": {"type": "object"}}
    assert sent["tools"] == [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("call", "capabilities"),
    [
        (a_call(tools=(Tool("f", "", "{"),)), ()),
        (a_call(response_format="json_schema", schema="{"), ("json_schema",)),
    ],
)
def test_a_schema_that_is_not_json_is_never_sent(call: Call, capabilities: tuple[str, ...]) -> None:
    with pytest.raises(ProviderError) as caught:
        body(call, *capabilities)
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.INVALID_REQUEST, False)


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("https://ollama.com/api/", "https://ollama.com"),
        ("http://example.com/ollama/api", "http://example.com/ollama"),
        ("http://example.com/api/ollama", "http://example.com/api/ollama"),
    ],
)
def test_a_base_url_may_be_written_with_its_folder(base_url: str, root: str) -> None:
    assert DIALECT.root(base_url) == root


def test_the_key_of_its_cloud_is_a_bearer() -> None:
    assert DIALECT.key_header("sk-1", CONFIG) == ("authorization", "Bearer sk-1")
