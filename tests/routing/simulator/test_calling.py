"""When a tool is called, and whether its arguments are what its schema allows."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.simulator.calling import tool_call
from routing.simulator.wire.contract import Tool

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (
    Tool("get_weather", "The weather of a place now", CITY),
    Tool(
        "addNumbers",
        "Adds",
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "number"}}, "required": ["a", "b"]},
    ),
    Tool(
        "book_ticket",
        "Books a seat on a train",
        {
            "type": "object",
            "properties": {
                "to": {"type": "string"},
                "class": {"enum": ["first", "second"]},
                "email": {"type": ["string", "null"]},
                "seats": {"type": "array", "items": {"$ref": "#/$defs/Seat"}},
            },
            "required": ["to", "seats"],
            "$defs": {"Seat": {"type": "object", "properties": {"window": {"type": "boolean"}}}},
        },
    ),
)


def called(prompt: str, tools: tuple[Tool, ...] = TOOLS, must: bool = False) -> tuple[str, dict[str, Any]] | None:
    call = tool_call(tools, prompt, must, Random(1))
    return None if call is None else (call.name, json.loads(call.arguments))


@pytest.mark.parametrize(
    ("prompt", "name", "arguments"),
    [
        ("What is the weather in Lisbon?", "get_weather", {"city": "Lisbon"}),
        ("weather for New York please", "get_weather", {"city": "New York"}),
        ("use get_weather, city: Porto", "get_weather", {"city": "Porto"}),
        ("a city near 'Ulm'", "get_weather", {"city": "Ulm"}),
        ("add the numbers 3 and 4.5", "addNumbers", {"a": 3, "b": 4.5}),
        (
            "book a second class ticket to Ulm for ada@example.org",
            "book_ticket",
            {"to": "Ulm", "class": "second", "email": "ada@example.org", "seats": [{"window": False}]},
        ),
        ("a seat on the train to Ulm", "book_ticket", {"to": "Ulm", "seats": [{"window": False}]}),
    ],
)
def test_what_is_plainly_asked_for_is_called(prompt: str, name: str, arguments: dict[str, Any]) -> None:
    assert called(prompt) == (name, arguments)


@pytest.mark.parametrize(
    "prompt", ["hello", "2+2", "write a poem about the sea", "what can you do?", "I read a good book", ""]
)
def test_what_nobody_asked_for_is_not_called_unless_it_must_be(prompt: str) -> None:
    assert called(prompt) is None
    assert called(prompt, TOOLS[:1], must=True) == ("get_weather", {"city": prompt})


NAMES = st.sampled_from(["city", "amount", "email", "date", "kind", "paid", "window"])
LEAVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["a", 2, None]},
        {"const": {"x": 1}},
        {"type": ["null", "string"]},
        {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        {"$ref": "#/$defs/Leaf"},
    ]
)


def _grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    arrays = inner.map(lambda items: {"type": "array", "items": items})
    return arrays | st.dictionaries(NAMES, inner, max_size=3).map(_object)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@given(
    st.dictionaries(NAMES, st.recursive(LEAVES, _grown, max_leaves=6), max_size=4),
    st.text(max_size=60) | st.sampled_from(["pay 12,5 to Ada Lovelace on 3 May 2026", "amount: 1e999, paid is yes"]),
)
def test_arguments_fit_any_schema(properties: dict[str, Any], prompt: str) -> None:
    schema = _object(properties) | {"$defs": {"Leaf": {"type": "integer"}}}
    found = called(prompt, (Tool("f", "", schema),), must=True)
    assert found is not None
    assert _fits(found[1], schema, schema), found


def _fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if "$ref" in schema:
        return _fits(value, root["$defs"]["Leaf"], root)
    if "anyOf" in schema:
        return any(_fits(value, one, root) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(_is(value, kind, schema, root) for kind in kinds)


def _is(value: Any, kind: str, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict) and all(
                name in value and _fits(value[name], one, root) for name, one in schema["properties"].items()
            )
        case "array":
            return isinstance(value, list) and all(_fits(one, schema["items"], root) for one in value)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "null": type(None)}[kind])


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"properties": []}, {"required": "city"}])
def test_a_tool_without_parameters_is_called_without_arguments(schema: dict[str, Any]) -> None:
    assert called("weather", (Tool("weather", "", schema),)) == ("weather", {})


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {
        "type": "object",
        "properties": {"next": {"$ref": "#"}, "lost": {"$ref": "#/$defs/None"}},
        "required": ["next", "lost"],
    }
    found = called("f", (Tool("f", "", schema),))
    assert found is not None
    assert isinstance(found[1]["next"], dict)
