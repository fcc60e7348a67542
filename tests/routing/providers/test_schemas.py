"""The part of JSON schema that constrains what a model writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from routing.providers.schemas import constrained
from tests.wire.events import json_of


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "$schema": "x"},
            {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
        (
            {"type": "integer", "minimum": 1, "maximum": 10, "description": "A number"},
            {"type": "integer", "description": 'A number\n\n{"minimum": 1, "maximum": 10}'},
        ),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "isbn"}, {"type": "string", "description": '{"format": "isbn"}'}),
        (
            {"type": "array", "minItems": 1, "items": {"type": "object"}},
            {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": False}},
        ),
        ({"type": "array", "minItems": 2}, {"type": "array", "description": '{"minItems": 2}'}),
        (
            {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/one"}], "$defs": {"one": {"type": "object"}}},
            {
                "anyOf": [{"type": "null"}, {"$ref": "#/$defs/one"}],
                "$defs": {"one": {"type": "object", "additionalProperties": False}},
            },
        ),
        (
            {"type": "object", "properties": {"minimum": {"enum": [1]}}},
            {"type": "object", "properties": {"minimum": {"enum": [1]}}, "additionalProperties": False},
        ),
        (True, True),
    ],
)
def test_what_is_sent_of_a_schema(schema: Any, sent: Any) -> None:
    assert constrained(schema) == sent


@given(json_of("type", "properties", "items", "anyOf", "oneOf", "$defs", "format", "minItems", "description", "object"))
def test_any_json_is_taken_and_once_is_enough(schema: Any) -> None:
    once = constrained(schema)
    assert constrained(once) == once
