"""Fields of a JSON body, checked one by one. Every function raises RefusedError (invalid) that names the field."""

from __future__ import annotations

import json
from typing import Any

from routing.simulator.wire.contract import RefusedError, Tool

_ARRAY_OF_OBJECTS = "'{}' must be an array of objects."


def invalid(what: str, param: str | None = None) -> RefusedError:
    return RefusedError("invalid", param=param, what=what)


def body_of(data: bytes) -> dict[str, Any]:
    """The object that a body holds."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise invalid("The body of the request is not JSON.") from None
    if not isinstance(value, dict):
        raise invalid("The body of the request is not a JSON object.")
    return value


def flag(data: dict[str, Any], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool | None):
        raise invalid(f"'{name}' must be a boolean.", name)
    return bool(value)


def number(data: dict[str, Any], name: str, low: float, high: float) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(f"'{name}' must be a number from {low} to {high}.", name)
    return value


def whole(data: dict[str, Any], name: str, low: int | None = None) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
        raise invalid(f"'{name}' must be a whole number{'' if low is None else f' of at least {low}'}.", name)
    return value


def text(data: dict[str, Any], name: str) -> str:
    """Empty where it is missing."""
    value = data.get(name)
    if not isinstance(value, str | None):
        raise invalid(f"'{name}' must be text.", name)
    return value or ""


def inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    """An object; empty where it is missing."""
    value = data.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(f"'{name}' must be an object.", name)
    return value


def objects(data: dict[str, Any], name: str, least: int = 0) -> list[dict[str, Any]]:
    """An array of objects; empty where it is missing."""
    value = data.get(name)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid(_ARRAY_OF_OBJECTS.format(name), name)
    if len(value) < least:
        raise invalid(f"'{name}' must be an array of at least {least}.", name)
    return value


def parts_of(content: object, name: str) -> tuple[list[dict[str, Any]], str]:
    """What a message holds: parts, and the text where it is nothing but text."""
    if content is None or isinstance(content, str):
        return [], content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid(f"'{name}' has content that is neither text nor an array of parts.", name)
    return content, ""


def tool_of(data: dict[str, Any], schema: str) -> Tool:
    """A function as offered; `schema` is the field that holds its parameters."""
    name = text(data, "name")
    if not name:
        raise invalid("A tool must have a name.", "tools")
    return Tool(name, text(data, "description"), inner(data, schema))


def chosen(tools: list[Tool], choice: str) -> tuple[tuple[Tool, ...], bool]:
    """The tools that are left, and whether one must be called; the choice is none, auto, any, or a tool's name."""
    if choice in ("", "auto"):
        return tuple(tools), False
    if choice == "none":
        return (), False
    left = tuple(tool for tool in tools if choice in ("any", tool.name))
    if not left:
        raise invalid(f"There is no tool '{choice}'.", "tool_choice")
    return left, True


def schema_of(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema, which may not be empty."""
    if not schema:
        raise invalid(f"'{name}' must hold a schema.", name)
    return schema


def called(name: str, arguments: object) -> str:
    """A tool call of the history as the text that it is counted and remembered as."""
    words = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{name}({words})"
