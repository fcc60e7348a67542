"""Whether a prompt asks for one of the tools that are offered, and the arguments that it gives for it.

Plain words decide, nothing is understood: a tool is called where all words of its name, one of its required
parameters, or two words of its description stand in the prompt.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from routing.simulator.shaping import named_option, plain, plain_schema, shaped, type_of
from routing.simulator.skills.facts import field
from routing.simulator.skills.library import stems
from routing.simulator.wire.contract import Tool, ToolCall

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ANY_TOOL = frozenset(stems("get set fetch find look lookup search list do run call make use tool function"))
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w-])")
_QUOTED = re.compile(r"[\"“']([^\"”']{1,200})[\"”']")
_AFTER = re.compile(r"\b(?:in|at|for|of|to|from|about|on|called|named)\s+((?:[A-ZÀ-Þ][\w-]*\s?)+|[\w-]+(?=[\s?.!]*$))")
_STATED = ("string", "integer", "number")
_SHARED_WORDS = 2
_LONGEST = 4_000


def tool_call(tools: tuple[Tool, ...], prompt: str, must: bool, rng: Random) -> ToolCall | None:
    """The call that a prompt asks for; with `must` the likeliest tool is called all the same."""
    prompt = prompt[:_LONGEST]
    scored = [(_claim(tool, prompt), tool) for tool in tools]
    claim, tool = max(scored, key=lambda pair: pair[0], default=(0, None))
    if tool is None or (claim == 0 and not must):
        return None
    arguments = json.dumps(_arguments(tool, prompt), ensure_ascii=False)
    return ToolCall(f"{rng.getrandbits(96):024x}", tool.name, arguments)


def _claim(tool: Tool, prompt: str) -> int:
    """How plainly the prompt asks for the tool; 0 where it does not."""
    if re.search(rf"\b{re.escape(tool.name)}\b", prompt):
        return 4
    said = set(stems(prompt))
    name = set(stems(_CAMEL.sub(" ", tool.name).replace("_", " ").replace("-", " "))) - _ANY_TOOL
    if name and name <= said:
        return 3
    parameters = [one for one in _required(tool) if len(one) > 2]
    if any(re.search(rf"\b{re.escape(one.replace('_', ' '))}\b", prompt, re.IGNORECASE) for one in parameters):
        return 2
    return 1 if len((set(stems(tool.description)) - _ANY_TOOL) & said) >= _SHARED_WORDS else 0


def _required(tool: Tool) -> list[str]:
    required = tool.parameters.get("required")
    return [str(one) for one in required] if isinstance(required, list) else []


def _arguments(tool: Tool, prompt: str) -> dict[str, Any]:
    """What is required, and what else the prompt states. Numbers are taken in their order."""
    numbers = [match[0] for match in _NUMBER.finditer(prompt)]
    required, arguments = _required(tool), {}
    properties = tool.parameters.get("properties")
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        schema = plain_schema(schema, tool.parameters)
        if name in required:
            arguments[name] = _argument(name, schema, tool.parameters, prompt, numbers)
        elif type_of(schema) in _STATED and not schema.get("enum") and (stated := field(name, prompt)) is not None:
            arguments[name] = plain(type_of(schema), stated, prompt)
        elif any(re.search(rf"\b{re.escape(str(one))}\b", prompt, re.IGNORECASE) for one in schema.get("enum", ())):
            arguments[name] = named_option(schema["enum"], prompt)
    return arguments


def _argument(name: str, schema: dict[str, Any], root: dict[str, Any], prompt: str, numbers: list[str]) -> Any:
    kind, stated = type_of(schema), field(name, prompt)
    if kind in ("integer", "number") and "enum" not in schema:
        value = plain("number", stated, "") if stated is not None else 0
        return plain(kind, value or (numbers.pop(0) if numbers else 0), "")
    if kind == "string" and "enum" not in schema and "const" not in schema:
        return str(stated) if stated is not None else _subject(prompt)
    return shaped(schema, prompt, None, _subject(prompt), name, root)


def _subject(prompt: str) -> str:
    """What a prompt is about: what it quotes, or names after a preposition, or else all of it."""
    found = _QUOTED.search(prompt) or _AFTER.search(prompt)
    return found[1].strip(" .?!") if found else prompt.strip()
