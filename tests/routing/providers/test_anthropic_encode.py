"""What a call becomes for the Messages API: turns in strict order, and only what the model takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, Tool
from routing.providers.contract import Call, Outgoing, ProviderConfig
from routing.providers.dialects.anthropic import CACHED_FROM, DIALECT, cards, encode, listing
from routing.providers.listing import read_listing
from routing.registry.model import Model

WIRE = Path(__file__).parents[2] / "wire" / "anthropic"
CONFIG = ProviderConfig("anthropic", "https://api.anthropic.com", "anthropic", headers=(("x-team", "rails"),))
MODEL = Model("anthropic/claude", "anthropic", "claude", "mid", max_output=4096)
SCHEMA = '{"type": "object"}'


def said(role: Any, *texts: str) -> Message:
    return Message(role, tuple(TextPart(text) for text in texts))


HELLO = Call((said("user", "Hello"),), 100)


def body(call: Call = HELLO, **model: Any) -> dict[str, Any]:
    sent = encode(call, dataclasses.replace(MODEL, **model), CONFIG).body
    assert sent is not None
    return sent


def messages(*given: Message) -> list[tuple[str, list[str]]]:
    sent = body(Call(given, 100))["messages"]
    return [(message["role"], [block["text"] for block in message["content"]]) for message in sent]


def a_call(**fields: Any) -> Call:
    return dataclasses.replace(HELLO, **fields)


def test_a_plain_call() -> None:
    assert encode(HELLO, MODEL, CONFIG) == Outgoing(
        "/messages",
        headers=(("anthropic-version", "2023-06-01"), ("x-team", "rails")),
        body={
            "model": "claude",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
            "stream": True,
        },
    )


def test_a_call_with_everything() -> None:
    call = Call(
        (
            said("system", "Be brief."),
            Message("user", (TextPart("Look"), FilePart("a.txt", "one"), ImagePart("image/png", "aGk="))),
        ),
        9000,
        response_format="json_schema",
        schema=SCHEMA,
        tools=(Tool("weather", "Tells the weather", SCHEMA),),
        temperature=1.5,
        seed=7,
    )
    able = dataclasses.replace(MODEL, capabilities=frozenset({"json", "json_schema", "vision", "tools", "logprobs"}))
    assert encode(call, able, CONFIG).body == {
        "model": "claude",
        "max_tokens": 4096,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "text", "text": "File a.txt:\n\none"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                ],
            }
        ],
        "stream": True,
        "temperature": 1.0,
        "tools": [{"name": "weather", "description": "Tells the weather", "input_schema": {"type": "object"}}],
        "output_config": {
            "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
        },
    }


def test_messages_of_one_side_in_a_row_are_one_turn_and_empty_ones_none() -> None:
    assert messages(
        said("user", "One"),
        said("assistant", " \n"),
        said("user", "", "Two"),
        said("assistant", "Three"),
        said("assistant", "Four"),
        said("user", "Five"),
    ) == [("user", ["One", "Two"]), ("assistant", ["Three", "Four"]), ("user", ["Five"])]


def test_a_history_that_begins_with_an_answer_is_opened_by_the_user() -> None:
    assert messages(said("assistant", "One"), said("user", "Two")) == [
        ("user", ["…"]),
        ("assistant", ["One"]),
        ("user", ["Two"]),
    ]


ROLES = st.sampled_from(["system", "user", "assistant"])
MESSAGES = st.lists(st.builds(said, ROLES, st.sampled_from(["", " ", "a", "b\n"]), st.text(max_size=3)), max_size=8)


@given(MESSAGES)
def test_turns_alternate_whatever_is_said(given: list[Message]) -> None:
    sent = messages(*given)
    assert [role for role, _ in sent] == [("user", "assistant")[place % 2] for place in range(len(sent))]
    assert sent
    assert all(texts and all(text.strip() for text in texts) for _, texts in sent)
    kept = "".join(text for _, texts in sent for text in texts).removeprefix("…")
    assert kept == "".join(
        part.text
        for message in given
        if message.role != "system"
        for part in message.content
        if isinstance(part, TextPart) and part.text.strip()
    )


def test_a_long_system_prompt_is_kept_in_the_cache() -> None:
    short, long = "a" * (CACHED_FROM - 1), "a" * CACHED_FROM
    assert body(Call((said("system", short), *HELLO.messages), 9))["system"] == [{"type": "text", "text": short}]
    assert body(Call((said("system", long), *HELLO.messages), 9))["system"] == [
        {"type": "text", "text": long, "cache_control": {"type": "ephemeral"}}
    ]
    assert "system" not in body(Call((said("system", " "), *HELLO.messages), 9))


def test_a_temperature_that_the_model_fixes_is_not_sent() -> None:
    assert body(a_call(temperature=0.0))["temperature"] == 0.0
    assert "temperature" not in body(a_call(temperature=0.0), capabilities=frozenset({"fixed_temperature"}))


@pytest.mark.parametrize(
    ("fields", "capabilities", "words"),
    [
        ({"response_format": "json_schema", "schema": SCHEMA}, (), SCHEMA),
        ({"response_format": "json_schema", "schema": SCHEMA}, ("json",), SCHEMA),
        ({"response_format": "json"}, ("json", "json_schema"), "JSON"),
        ({"response_format": "json"}, (), "JSON"),
    ],
)
def test_a_form_that_the_model_does_not_take_is_said_in_words(
    fields: dict[str, Any], capabilities: tuple[str, ...], words: str
) -> None:
    sent = body(a_call(**fields), capabilities=frozenset(capabilities))
    assert "output_config" not in sent
    assert words in sent["system"][0]["text"]


@pytest.mark.parametrize("fields", [{"tools": (Tool("f", "", "{oops"),)}, {"schema": "{oops"}])
def test_a_schema_that_is_not_json_is_never_sent(fields: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match="is not JSON") as caught:
        body(a_call(response_format="json_schema", **fields), capabilities=frozenset({"json_schema"}))
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.INVALID_REQUEST, False)


# ---------------------------------------------------------------- the server around it
@pytest.mark.parametrize("written", ["http://host/a", "http://host/a/", "http://host/a/v1", "http://host/a/v1/"])
def test_a_base_url_is_written_with_or_without_its_version(written: str) -> None:
    assert DIALECT.root(written) == "http://host/a/v1"


def test_the_key_stands_in_a_header_of_its_own() -> None:
    assert DIALECT.key_header("sk-1", CONFIG) == ("x-api-key", "sk-1")


def test_the_list_is_asked_for_in_one_page() -> None:
    assert listing(CONFIG) == Outgoing(
        "/models?limit=1000", headers=(("anthropic-version", "2023-06-01"), *CONFIG.headers)
    )


def test_what_the_list_says_of_each_model() -> None:
    sonnet, old, bare = read_listing(cards(json.loads((WIRE / "models.json").read_bytes())), CONFIG)
    assert (sonnet.name, sonnet.context_window, sonnet.max_output) == ("claude-sonnet-4-6", 1_000_000, 64_000)
    assert sonnet.capabilities == {"tools", "vision", "json", "json_schema"}
    assert (old.max_output, old.capabilities, old.lifecycle) == (4096, {"tools"}, "deprecated")
    assert (bare.name, bare.lifecycle) == ("claude-haiku-4-5", "managed")
    assert bare.price is not None
    assert "tools" in bare.capabilities


def test_what_no_list_says_is_what_is_known_of_the_family() -> None:
    card = {"id": "claude-opus-4-8", "capabilities": {"image_input": {"supported": True}}}
    (model,) = read_listing(cards({"data": [card]}), CONFIG)
    assert model.capabilities == {"tools", "vision", "fixed_temperature"}


def test_the_list_knows_of_a_deprecation_before_we_do() -> None:
    new, old = read_listing(
        cards({"data": [{"id": "claude-a"}, {"id": "claude-b", "lifecycle": "deprecated"}]}), CONFIG
    )
    assert new.lifecycle != old.lifecycle == "deprecated"


def test_llama_cpp_promises_nothing_that_only_its_own_dialect_has() -> None:
    card = {"id": "tiny", "owned_by": "llamacpp", "meta": {"n_ctx": 512}}
    (model,) = read_listing(cards({"object": "list", "data": [card]}), ProviderConfig("here", "http://127.0.0.1:1"))
    assert (model.context_window, model.capabilities, model.determinism) == (512, frozenset(), "none")


@pytest.mark.parametrize("answer", [None, {}, [], {"data": {}}, "x", 7])
def test_what_is_no_list_is_said(answer: object) -> None:
    with pytest.raises(ProviderError, match="its list of models is not one"):
        cards(answer)


@pytest.mark.parametrize("odd", [{"capabilities": {"thinking": 7}}, {"capabilities": 7}, {"max_tokens": "many"}, {}])
def test_odd_cards_break_nothing(odd: dict[str, Any]) -> None:
    (model,) = read_listing(cards({"data": [7, {"id": "claude-x"} | odd]}), CONFIG)
    assert model.max_output > 0
