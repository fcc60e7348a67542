"""The Anthropic dialect, Messages: `encode` a call, `Decoder` for the stream. No I/O.

Reference: the Anthropic API's "Messages", "Streaming messages" and "Models". llama.cpp speaks it too. It has no log
probabilities and no seed; whether a model thinks when it is not told to is left to the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from routing.messages import (
    Chunk,
    FinishChunk,
    ImagePart,
    ReasoningChunk,
    TextChunk,
    TextPart,
    Tool,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers.contract import Call, Dialect, Outgoing, ProviderConfig
from routing.providers.failures import failure_in_stream, malformed
from routing.providers.schemas import constrained
from routing.providers.turns import Turn, in_turns
from routing.providers.wire import (
    WRONG,
    check_ended,
    count,
    formed,
    listed,
    mapping,
    parameters_of,
    read_event,
    sampling,
    string,
)
from routing.registry.model import Model

VERSION = "2023-06-01"
CACHED_FROM = 4096
"""Characters from which a beginning is kept in the cache: 1024 tokens is the least that any model caches."""
_KEPT = {"cache_control": {"type": "ephemeral"}}
_FINISHES = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> Outgoing:
    """The call as a message. What the model cannot do is left out.

    Raises ProviderError (invalid_request, never sent) when a tool's or the answer's schema is not JSON.
    """
    messages, form = formed(call, model)
    system, turns = in_turns(messages)
    body: dict[str, Any] = {
        "model": model.name,
        "max_tokens": min(call.max_output_tokens, model.max_output),
        "messages": _messages(system, turns),
        "stream": True,
    }
    if system:
        body["system"] = [{"type": "text", "text": system} | (_KEPT if len(system) >= CACHED_FROM else {})]
    chosen = sampling(call, model)
    if "temperature" in chosen:  # it has no seed, and a shorter scale
        body["temperature"] = min(chosen["temperature"], 1.0)
    if call.tools:
        body["tools"] = [_tool(tool) for tool in call.tools]
    if form not in (None, "json"):  # it has no mode for any JSON
        body["output_config"] = {"format": {"type": "json_schema", "schema": constrained(form)}}
    return Outgoing("/messages", body, _headers(config))


def _messages(system: str, turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    """A chat that went on once is taken to go on again, so all but its last turn is kept in the cache. What is written
    there costs a quarter more, and each turn that finds it saves nine tenths; for a chat of one prompt that is lost."""
    sent: list[dict[str, Any]] = [
        {"role": turn.role, "content": [_block(part) for part in turn.parts]} for turn in turns
    ]
    before = [part.text for turn in turns[:-1] for part in turn.parts if isinstance(part, TextPart)]
    if before and len(system) + sum(map(len, before)) >= CACHED_FROM:
        sent[-2]["content"][-1] |= _KEPT
    return sent


def _block(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        source = {"type": "base64", "media_type": part.media_type, "data": part.data}
        return {"type": "image", "source": source}
    return {"type": "text", "text": part.text}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": parameters_of(tool)}


def _headers(config: ProviderConfig) -> tuple[tuple[str, str], ...]:
    return (("anthropic-version", VERSION), *config.headers)


# ---------------------------------------------------------------- decoding
class Decoder:
    """See `routing.providers.contract.Decoder`. `message_stop` is the end; a stop reason is enough of a terminal
    marker."""

    def __init__(self, secret: str = "") -> None:
        self.done = False
        self._secret = secret
        self._finish: str | None = None
        self._request_id: str | None = None
        self._counts: dict[str, int] = {}
        # Tool calls by their place in the message, with the arguments that stand if no others follow.
        self._arguments: dict[int, str] = {}
        self._events = 0

    @property
    def finished(self) -> bool:
        return self.done or self._finish is not None

    def feed(self, data: str) -> list[Chunk]:
        event = read_event(data, self._secret)
        self._events += 1
        kind = event.get("type")
        if kind == "error" or event.get("error"):
            raise failure_in_stream(event, self._secret)
        try:
            return list(self._chunks(kind, event))
        except WRONG as wrong:
            raise malformed(f"{kind} is not as it should be ({wrong})", self._secret) from None

    def finish(self) -> list[Chunk]:
        check_ended(self._events, self.finished)
        usage: list[Chunk] = [UsageChunk(_usage(self._counts))] if any(self._counts.values()) else []
        return [*usage, FinishChunk(self._finish or "stop", self._request_id)]

    def _chunks(self, kind: object, event: dict[str, Any]) -> Iterator[Chunk]:
        match kind:
            case "message_start":
                message = mapping(event.get("message"), "message")
                self._request_id = string(message.get("id") or "", "id") or None
                self._count(message.get("usage"))
            case "content_block_start":
                yield from self._start(event, mapping(event.get("content_block"), "content_block"))
            case "content_block_delta":
                yield from self._delta(event, mapping(event.get("delta"), "delta"))
            case "content_block_stop":
                yield from self._stop(event)
            case "message_delta":
                reason = mapping(event.get("delta"), "delta").get("stop_reason")
                if reason is not None:
                    self._finish = _FINISHES.get(string(reason, "stop_reason"), "stop")
                self._count(event.get("usage"))
            case "message_stop":
                self.done = True

    def _start(self, event: dict[str, Any], block: dict[str, Any]) -> Iterator[Chunk]:
        if block.get("type") != "tool_use":
            return
        index, name = _index(event), string(block.get("name"), "the name of a tool call")
        self._arguments[index] = json.dumps(block.get("input") or {}, ensure_ascii=False)
        yield ToolCallChunk(ToolCall(index, string(block.get("id") or "", "id"), name, ""))

    def _delta(self, event: dict[str, Any], delta: dict[str, Any]) -> Iterator[Chunk]:
        match delta.get("type"):
            case "text_delta" if delta.get("text") != "":
                yield TextChunk(string(delta.get("text"), "text"))
            case "thinking_delta" if delta.get("thinking") != "":
                yield ReasoningChunk(string(delta.get("thinking"), "thinking"))
            case "input_json_delta":
                index, piece = _index(event), string(delta.get("partial_json"), "partial_json")
                if piece and index in self._arguments:  # the others are calls that the server makes itself
                    self._arguments[index] = ""
                    yield ToolCallChunk(ToolCall(index, "", "", piece))

    def _stop(self, event: dict[str, Any]) -> Iterator[Chunk]:
        left = self._arguments.pop(_index(event), "") if self._arguments else ""
        if left:
            yield ToolCallChunk(ToolCall(_index(event), "", "", left))

    def _count(self, usage: object) -> None:
        """Counts are running totals, and an event need not have all of them: the highest stands."""
        if not isinstance(usage, dict):
            return
        counts = {name: count(usage, name) for name in _COUNTS}
        counts["thinking_tokens"] = count(usage.get("output_tokens_details"), "thinking_tokens")
        self._counts = {name: max(value, self._counts.get(name, 0)) for name, value in counts.items()}


def _index(event: dict[str, Any]) -> int:
    index = event.get("index")
    if not isinstance(index, int):
        raise TypeError(f"index is a {type(index).__name__}, not a number")
    return index


def _usage(counts: dict[str, int]) -> Usage:
    """Their input tokens are those that no cache had part in; ours are all."""
    read, written = counts["cache_read_input_tokens"], counts["cache_creation_input_tokens"]
    return Usage(
        input_tokens=counts["input_tokens"] + read + written,
        output_tokens=counts["output_tokens"],
        cached_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=min(counts["thinking_tokens"], counts["output_tokens"]),
        reported=True,
    )


# ---------------------------------------------------------------- the server around it
def listing(config: ProviderConfig) -> Outgoing:
    return Outgoing("/models?limit=1000", headers=_headers(config))


def cards(listing: object) -> list[dict[str, Any]]:
    return [_card(card) for card in listed(listing, "data")]


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """What the card says in words of its own, beside the rest of it."""
    said: dict[str, Any] = {"context_window": card.get("max_input_tokens"), "max_output_tokens": card.get("max_tokens")}
    abilities = card.get("capabilities")
    if isinstance(abilities, dict):
        able = {name for name, one in abilities.items() if isinstance(one, dict) and one.get("supported") is True}
        formats = ["response_format", "structured_outputs"] if "structured_outputs" in able else []
        said["supported_parameters"] = ["tools", *formats]
        said["architecture"] = {"input_modalities": ["text", "image"] if "image_input" in able else ["text"]}
    if card.get("lifecycle") == "deprecated":
        said["pointsman"] = {"lifecycle": "deprecated"}
    card = {field: value for field, value in card.items() if field != "owned_by"}  # llama.cpp can do less this way
    return card | {field: value for field, value in said.items() if value is not None}


DIALECT = Dialect(
    framing="sse",
    encode=encode,
    decoder=Decoder,
    key_header=lambda secret, _: ("x-api-key", secret),
    listing=listing,
    cards=cards,
    root=lambda base_url: base_url.rstrip("/").removesuffix("/v1") + "/v1",
)
