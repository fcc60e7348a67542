"""A JSON schema as servers take it that constrain what a model writes: a subset of the language."""

from __future__ import annotations

import json
from typing import Any

_AS_THEY_ARE = frozenset(("$ref", "type", "enum", "const", "required", "title", "description"))
_OF_NAMES = frozenset(("$defs", "definitions", "properties"))
_LISTS = frozenset(("anyOf", "allOf"))
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"))


def constrained(schema: Any) -> Any:
    """The schema with closed objects, and with what cannot constrain (lengths, ranges, patterns) in its description,
    where the model reads it. What meets the result and the description meets the schema.

    Source: `transform_schema` of Anthropic's client for Python.
    """
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for keyword, value in schema.items():
        keyword = "anyOf" if keyword == "oneOf" else keyword
        if keyword in _OF_NAMES and isinstance(value, dict):
            kept[keyword] = {name: constrained(one) for name, one in value.items()}
        elif keyword in _LISTS and isinstance(value, list):
            kept[keyword] = [constrained(one) for one in value]
        elif keyword == "items":
            kept[keyword] = constrained(value)
        elif _taken(keyword, value):
            kept[keyword] = value
        elif keyword not in ("additionalProperties", "$schema"):
            words[keyword] = value
    if schema.get("type") == "object":
        kept["additionalProperties"] = False
    if words:
        said = (kept.get("description"), json.dumps(words, ensure_ascii=False))
        kept["description"] = "\n\n".join(str(text) for text in said if text)
    return kept


def _taken(keyword: str, value: Any) -> bool:
    if keyword == "format":
        return isinstance(value, str) and value in _FORMATS
    if keyword == "minItems":
        return value in (0, 1)
    return keyword in _AS_THEY_ARE
