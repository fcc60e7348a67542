"""Values that a JSON schema allows, out of what is known and what a text says."""

from __future__ import annotations

import math
from typing import Any

from routing.simulator.skills.facts import field
from routing.simulator.skills.task import load_json

_DEEPEST = 12


def shaped(
    schema: dict[str, Any],
    material: str,
    known: Any,
    text: str,
    name: str = "answer",
    root: dict[str, Any] | None = None,
) -> Any:
    """A value for the schema: what is known, else what the material says under the name, else the text. References
    are looked up in the root, which is the schema itself unless it is part of another."""
    return _shaped(schema, schema if root is None else root, material, known, text, name, _DEEPEST)


def plain_schema(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema itself: references followed, of several the first that is not null."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            schema = _referred(str(schema["$ref"]), root)
        elif options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next((one for one in options if isinstance(one, dict) and one.get("type") != "null"), {})
        else:
            return schema
    return {}


def type_of(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return str(kind)


def plain(kind: str, value: Any, text: str) -> Any:
    """A value of one of the plain types."""
    if kind in ("integer", "number"):
        figure = load_json(str(value).replace(",", "").lstrip("$€£")) if value is not None else 0
        if isinstance(figure, bool) or not isinstance(figure, int | float) or not math.isfinite(figure):
            figure = 0
        return int(figure) if kind == "integer" else figure
    if kind == "boolean":
        return str(value).lower() in ("true", "yes", "1")
    if kind == "null":
        return None
    return str(value) if value is not None else text


def named_option(options: list[Any], material: str) -> Any:
    """The first of the options that the material names, else the first."""
    return next((option for option in options if str(option).lower() in material.lower()), options[0])


def _referred(reference: str, root: dict[str, Any]) -> Any:
    found: Any = root
    for step in filter(None, reference.lstrip("#").split("/")):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _shaped(schema: Any, root: dict[str, Any], material: str, known: Any, text: str, name: str, deep: int) -> Any:
    schema = plain_schema(schema, root)
    if "const" in schema:
        return schema["const"]
    if options := schema.get("enum"):
        return known if known in options else named_option(options, material)
    kind = type_of(schema)
    if kind == "object":
        have = known if isinstance(known, dict) else {}
        properties = schema.get("properties", {}) if deep else {}
        return {
            key: _shaped(inner, root, material, have.get(key), text, key, deep - 1) for key, inner in properties.items()
        }
    if kind == "array":
        items = known if isinstance(known, list) else [known]
        inner = schema.get("items", {})
        return [_shaped(inner, root, material, item, text, name, deep - 1) for item in items] if deep else []
    return plain(kind, known if known is not None else field(name, material), text)
