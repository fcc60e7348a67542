"""Which dialect, and which question of it, stands behind a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from routing.simulator.connection import Request
from routing.simulator.wire import anthropic, gemini, ollama, openai
from routing.simulator.wire.contract import Wire

WIRES: dict[str, Wire] = {wire.name: wire for wire in (openai.WIRE, anthropic.WIRE, gemini.WIRE, ollama.WIRE)}
FOLDERS = {"openai": "/v1", "anthropic": "", "gemini": "", "ollama": ""}
"""What a base URL of each dialect has after the provider's name."""
DIALECTS = tuple(FOLDERS)
Door = Literal["reply", "count", "models", "model", "show", "version", "served", "calls", "faults", "embed"]

_PATHS: dict[tuple[str, str], tuple[str, Door]] = {
    ("POST", "v1/chat/completions"): ("openai", "reply"),
    ("POST", "v1/embeddings"): ("openai", "embed"),
    ("GET", "v1/served"): ("openai", "served"),
    ("GET", "v1/calls"): ("openai", "calls"),
    ("POST", "v1/faults"): ("openai", "faults"),
    ("POST", "v1/messages"): ("anthropic", "reply"),
    ("POST", "v1/messages/count_tokens"): ("anthropic", "count"),
    ("GET", "v1beta/models"): ("gemini", "models"),
    ("POST", "api/chat"): ("ollama", "reply"),
    ("GET", "api/tags"): ("ollama", "models"),
    ("POST", "api/show"): ("ollama", "show"),
    ("GET", "api/version"): ("ollama", "version"),
}
_GENERATE = re.compile(r"v1(?:beta)?/models/([^/:]+:(?:generateContent|streamGenerateContent))")
_MODEL = re.compile(r"v1(?:beta)?/models/([^/:]+)")


@dataclass(frozen=True, slots=True)
class Route:
    """`target` is what the path says after the folder of models, or of messages."""

    provider: str
    wire: Wire
    door: Door
    target: str = ""


def route(request: Request) -> tuple[Wire, Route | None]:
    """The dialect that a request speaks, and where it leads: None where there is nothing."""
    provider, _, path = request.path.strip("/").partition("/")
    found = _PATHS.get((request.method, path))
    if found is not None:
        wire = WIRES[found[0]]
        return wire, Route(provider, wire, found[1], path.rpartition("/")[2])
    wire = _spoken(path, request.headers, request.query)
    if request.method == "GET" and path == "v1/models":
        return wire, Route(provider, wire, "models")
    if request.method == "GET" and (match := _MODEL.fullmatch(path)):
        return wire, Route(provider, wire, "model", match[1])
    if request.method == "POST" and (match := _GENERATE.fullmatch(path)):
        framed = "stream" not in match[1] or "alt=sse" in request.query.split("&")
        return WIRES["gemini"], Route(provider, WIRES["gemini"], "reply", match[1]) if framed else None
    return wire, None


def _spoken(path: str, headers: Mapping[str, str], query: str) -> Wire:
    """By the path where it says so, else by the headers that only one dialect's clients send."""
    if path.startswith("api/"):
        return WIRES["ollama"]
    if "anthropic-version" in headers or path.startswith("v1/messages"):
        return WIRES["anthropic"]
    if path.startswith("v1beta/") or "x-goog-api-key" in headers or query.startswith("key=") or ":" in path:
        return WIRES["gemini"]
    return WIRES["openai"]
