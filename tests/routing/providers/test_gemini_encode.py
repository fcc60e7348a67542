"""What a call becomes for `streamGenerateContent`: turns in strict order, and only what the model takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, Tool
from routing.providers.contract import Call, Outgoing, ProviderConfig
from routing.providers.dialects.gemini import DIALECT, cards, encode, listing
from routing.providers.listing import read_listing
from routing.registry.model import Model

WIRE = Path(__file__).parents[2] / "wire" / "gemini"
CONFIG = ProviderConfig("gemini", "https://generativelanguage.googleapis.com", "gemini", headers=(("x-team", "rails"),))
MODEL = Model("gemini/gemini-2.5-flash", "gemini", "gemini-2.5-flash", "mid", max_output=4096)
SCHEMA = '{"type": "object"}'


def said(role: Any, *texts: str) -> Message:
    return Message(role, tuple(TextPart(text) for text in texts))


HELLO = Call((said("user", "Hello"),), 100)


def body(call: Call = HELLO, **model: Any) -> dict[str, Any]:
    sent = encode(call, dataclasses.replace(MODEL, **model), CONFIG).body
    assert sent is not None
    return sent


def settings(call: Call = HELLO, **model: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(call, **model)["generationConfig"]
    return found


def can(*capabilities: str) -> frozenset[str]:
    return frozenset(capabilities)


def a_call(**fields: Any) -> Call:
    return dataclasses.replace(HELLO, **fields)


def test_a_plain_call() -> None:
    assert encode(HELLO, MODEL, CONFIG) == Outgoing(
        "/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        headers=(("x-team", "rails"),),
        body={
            "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
            "generationConfig": {"maxOutputTokens": 100},
        },
    )


def test_a_call_with_everything() -> None:
    call = Call(
        (
            said("system", "Be brief."),
            said("user", "One"),
            said("assistant", "Two"),
            said("assistant", ""),
            Message("user", (TextPart("Look"), FilePart("a.txt", "one"), ImagePart("image/png", "aGk="))),
        ),
        9000,
        response_format="json_schema",
        schema=SCHEMA,
        temperature=1.5,
        seed=7,
    )
    able = can("json", "json_schema", "vision", "tools", "logprobs", "reasoning")
    assert body(call, capabilities=able, determinism="seed") == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "One"}]},
            {"role": "model", "parts": [{"text": "Two"}]},
            {
                "role": "user",
                "parts": [
                    {"text": "Look"},
                    {"text": "File a.txt:\n\none"},
                    {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
                ],
            },
        ],
        "generationConfig": {
            "maxOutputTokens": 4096,
            "responseLogprobs": True,
            "logprobs": 2,
            "thinkingConfig": {"includeThoughts": True},
            "temperature": 1.5,
            "seed": 7,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
        },
    }


def test_tools_take_the_place_of_a_form_which_is_said_in_words() -> None:
    tool = Tool("weather", "Tells the weather", SCHEMA)
    call = a_call(tools=(tool,), response_format="json_schema", schema=SCHEMA)
    assert body(call, capabilities=can("json", "json_schema", "tools")) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "systemInstruction": body(call)["systemInstruction"],
        "generationConfig": {"maxOutputTokens": 100},
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "weather",
                        "description": "Tells the weather",
                        "parametersJsonSchema": {"type": "object"},
                    }
                ]
            }
        ],
    }
    assert SCHEMA in body(call)["systemInstruction"]["parts"][0]["text"]


def test_a_seed_and_a_temperature_are_sent_only_where_they_are_honoured() -> None:
    call = a_call(seed=7, temperature=0.0)
    assert settings(call) == {"maxOutputTokens": 100, "temperature": 0.0}
    fixed = settings(call, capabilities=can("fixed_temperature"), determinism="seed")
    assert fixed == {"maxOutputTokens": 100, "seed": 7}


def test_forms() -> None:
    asked = a_call(response_format="json_schema", schema=SCHEMA)
    assert settings(asked, capabilities=can("json"))["responseMimeType"] == "application/json"
    assert "responseJsonSchema" not in settings(asked, capabilities=can("json"))
    assert SCHEMA in body(asked, capabilities=can("json"))["systemInstruction"]["parts"][0]["text"]
    assert "responseMimeType" not in settings(asked)
    anything = settings(a_call(response_format="json"), capabilities=can("json", "json_schema"))
    assert anything == {"maxOutputTokens": 100, "responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-2.5-pro", "/models/gemini-2.5-pro:"),
        ("models/gemini-2.5-pro", "/models/gemini-2.5-pro:"),
        ("tunedModels/mine", "/tunedModels/mine:"),
        ("openai/gpt 4?", "/models/openai/gpt%204%3F:"),
    ],
)
def test_the_model_stands_in_the_path(name: str, path: str) -> None:
    sent = encode(HELLO, dataclasses.replace(MODEL, name=name), CONFIG)
    assert sent.path == f"{path}streamGenerateContent?alt=sse"


def test_a_schema_that_is_not_json_is_never_sent() -> None:
    with pytest.raises(ProviderError, match="the tool f is not JSON") as caught:
        body(a_call(tools=(Tool("f", "", "{oops"),)))
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.INVALID_REQUEST, False)


# ---------------------------------------------------------------- the server around it
@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("http://host/a", "http://host/a/v1beta"),
        ("http://host/a/", "http://host/a/v1beta"),
        ("http://host/a/v1beta/", "http://host/a/v1beta"),
        ("http://host/v1", "http://host/v1"),
        ("http://host/vertex", "http://host/vertex/v1beta"),
    ],
)
def test_a_base_url_is_written_with_or_without_its_version(written: str, root: str) -> None:
    assert DIALECT.root(written) == root


def test_the_key_stands_in_a_header_and_never_in_the_address() -> None:
    assert DIALECT.key_header("k-1", CONFIG) == ("x-goog-api-key", "k-1")


def test_the_list_is_asked_for_in_one_page() -> None:
    assert listing(CONFIG) == Outgoing("/models?pageSize=1000", headers=CONFIG.headers)


def test_what_the_list_says_of_each_model_that_writes() -> None:
    flash, lite = read_listing(cards(json.loads((WIRE / "models.json").read_bytes())), CONFIG)
    assert (flash.id, flash.context_window, flash.max_output) == ("gemini/gemini-2.5-flash", 1_048_576, 65_536)
    assert {"reasoning", "tools", "json_schema", "vision"} <= flash.capabilities
    assert flash.price is not None
    assert (lite.name, lite.context_window, lite.max_output) == ("gemini-2.0-flash-lite", 1_000_000, 8192)
    assert "reasoning" not in lite.capabilities


@pytest.mark.parametrize("answer", [None, {}, [], {"models": {}}, {"data": []}, "x", 7])
def test_what_is_no_list_is_said(answer: object) -> None:
    with pytest.raises(ProviderError, match="its list of models is not one"):
        cards(answer)


@pytest.mark.parametrize("odd", [{"inputTokenLimit": "many"}, {"thinking": 7}, {"supportedGenerationMethods": 7}, {}])
def test_odd_cards_break_nothing(odd: dict[str, Any]) -> None:
    found = read_listing(cards({"models": [7, {}, {"name": 7}, {"name": "models/gemini-x"} | odd]}), CONFIG)
    assert [model.name for model in found] == ["gemini-x"]
