"""The Anthropic Messages dialect, server side. Reference: Anthropic's "Messages" and "Streaming messages"."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from routing.simulator.models import Offer
from routing.simulator.voice import Token
from routing.simulator.wire.contract import (
    MODELS_SINCE_S,
    Answer,
    Call,
    Counts,
    Finish,
    Head,
    RefusalKind,
    RefusedError,
    Standing,
    ToolCall,
    Wire,
    encode,
)
from routing.simulator.wire.reading import (
    body_of,
    called,
    chosen,
    flag,
    inner,
    invalid,
    number,
    objects,
    parts_of,
    schema_of,
    text,
    tool_of,
    whole,
)

_INVALID = "invalid_request_error"
_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_SINCE = datetime.fromtimestamp(MODELS_SINCE_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
# Kind: status, type, words.
_REFUSALS: dict[RefusalKind, tuple[int, str, str]] = {
    "invalid": (400, _INVALID, "{what}"),
    "unknown_path": (404, "not_found_error", "Not found: {path}"),
    "unknown_model": (404, "not_found_error", "model: {model}"),
    "too_long": (400, _INVALID, "prompt is too long: {tokens} tokens > {window} maximum"),
    "too_much_output": (
        400,
        _INVALID,
        "max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for {model}",
    ),
    "no_images": (400, _INVALID, "{model} does not support image input."),
    "no_json": (400, _INVALID, "output_config.format: {model} does not support structured outputs."),
    "no_schema": (400, _INVALID, "output_config.format: {model} does not support structured outputs."),
    "no_tools": (400, _INVALID, "tools: {model} does not support tool use."),
    "auth": (401, "authentication_error", "invalid x-api-key"),
    "permission": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "rate_limit": (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
    "quota": (
        400,
        _INVALID,
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    ),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server": (500, "api_error", "Internal server error"),
}


# ---------------------------------------------------------------- calls
def parse(data: bytes, target: str) -> Call:
    """Raises RefusedError on anything the dialect does not allow. What only counts needs no limit of tokens."""
    body = body_of(data)
    if not text(body, "model"):
        raise invalid("model: Field required", "model")
    max_tokens = whole(body, "max_tokens", 1)
    if max_tokens is None and target != "count_tokens":
        raise invalid("max_tokens: Field required", "max_tokens")
    messages, images = _messages(body)
    temperature = number(body, "temperature", 0, 1)
    wanted = inner(inner(body, "output_config"), "format")
    schema = schema_of(inner(wanted, "schema"), "output_config.format") if wanted else None
    tools, must_call = chosen(
        [tool_of(one, "input_schema") for one in objects(body, "tools")], _choice(inner(body, "tool_choice"))
    )
    return Call(
        model=text(body, "model"),
        messages=messages,
        images=images,
        stream=flag(body, "stream"),
        max_tokens=max_tokens,
        temperature=1.0 if temperature is None else temperature,
        response_format="json_schema" if schema else "text",
        schema=schema,
        reasoning=_thinks(inner(body, "thinking"), max_tokens),
        tools=tools,
        must_call=must_call,
    )


def _thinks(thinking: dict[str, Any], max_tokens: int | None) -> bool:
    kind = thinking.get("type", "disabled")
    if kind not in ("enabled", "adaptive", "disabled"):
        raise invalid(f"thinking.type: '{kind}' is not allowed", "thinking")
    budget = whole(thinking, "budget_tokens", 1024)
    if kind == "enabled" and budget is None:
        raise invalid("thinking.enabled.budget_tokens: Field required", "thinking")
    if budget is not None and max_tokens is not None and budget >= max_tokens:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.", "max_tokens")
    return bool(kind != "disabled")


def _choice(value: dict[str, Any]) -> str:
    return text(value, "name") if value.get("type") == "tool" else text(value, "type")


def _messages(body: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], int]:
    """A result of a tool stands in a message of the user's, and becomes one of its own."""
    blocks, system = parts_of(body.get("system"), "system")
    messages = [("system", system or "\n".join(text(block, "text") for block in blocks))] if body.get("system") else []
    images = 0
    for place, message in enumerate(objects(body, "messages", least=1)):
        role = message.get("role")
        if role not in ("user", "assistant"):
            raise invalid(f"messages.{place}.role: must be 'user' or 'assistant'", "messages")
        blocks, words = parts_of(message.get("content"), f"messages.{place}.content")
        texts = [words] if words else []
        for block in blocks:
            match block.get("type"):
                case "text":
                    texts.append(text(block, "text"))
                case "tool_use":
                    texts.append(called(text(block, "name"), inner(block, "input")))
                case "tool_result":
                    messages.append(("tool", _result(block, place)))
                case "thinking" | "redacted_thinking":
                    pass
                case _:
                    images += 1
        if texts or not any(block.get("type") == "tool_result" for block in blocks):
            messages.append((role, "\n".join(texts)))
    return tuple(messages), images


def _result(block: dict[str, Any], place: int) -> str:
    if not text(block, "tool_use_id"):
        raise invalid(f"messages.{place}.content: a tool_result needs the id of its tool_use", "messages")
    inside, words = parts_of(block.get("content"), f"messages.{place}.content")
    return words or "\n".join(text(part, "text") for part in inside)


# ---------------------------------------------------------------- replies
class Writer:
    """See `contract.Writer`. Content comes in numbered blocks, each opened and closed."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._block = ""
        self._place = -1

    def opening(self) -> bytes:
        usage = _usage(Counts(self._head.input_tokens, 1, 0))
        return _event("message_start", message=self._message([], None, usage)) + _event("ping")

    def thought(self, text: str) -> bytes:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        return self._within(block) + self._delta({"type": "thinking_delta", "thinking": text})

    def token(self, token: Token) -> bytes:
        return self._within({"type": "text", "text": ""}) + self._delta({"type": "text_delta", "text": token.text})

    def tool_call(self, call: ToolCall, pieces: Sequence[str]) -> Iterator[bytes]:
        beginning = self._within({"type": "tool_use", "id": _tool_id(call), "name": call.name, "input": {}})
        for piece in pieces:
            yield beginning + self._delta({"type": "input_json_delta", "partial_json": piece})
            beginning = b""

    def closing(self, finish: Finish, counts: Counts) -> bytes:
        delta = {"stop_reason": _STOPS[finish], "stop_sequence": None}
        ending = _event("message_delta", delta=delta, usage=_usage(counts))
        return self._end_block() + ending + _event("message_stop")

    def failing(self) -> bytes:
        return b"event: error\ndata: " + refuse(RefusedError("server")).body + b"\n\n"

    def whole(self, tokens: list[Token], thoughts: str, call: ToolCall | None, finish: Finish, counts: Counts) -> bytes:
        content: list[dict[str, Any]] = []
        if thoughts:
            content.append({"type": "thinking", "thinking": thoughts, "signature": self._signature})
        if tokens:
            content.append({"type": "text", "text": "".join(token.text for token in tokens)})
        if call is not None:
            given = call.parsed() or {}
            content.append({"type": "tool_use", "id": _tool_id(call), "name": call.name, "input": given})
        return encode(self._message(content, _STOPS[finish], _usage(counts)))

    @property
    def _signature(self) -> str:
        return f"simulated{self._head.reply_id}"

    def _message(self, content: list[dict[str, Any]], stop: str | None, usage: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"msg_{self._head.reply_id}",
            "type": "message",
            "role": "assistant",
            "model": self._head.offer.id,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": usage,
        }

    def _within(self, block: dict[str, Any]) -> bytes:
        """Open the block, unless it is the one that is open."""
        if block["type"] == self._block:
            return b""
        ending = self._end_block()
        self._block = block["type"]
        self._place += 1
        return ending + _event("content_block_start", index=self._place, content_block=block)

    def _end_block(self) -> bytes:
        if not self._block:
            return b""
        signed = b""
        if self._block == "thinking":
            signed = self._delta({"type": "signature_delta", "signature": self._signature})
        self._block = ""
        return signed + _event("content_block_stop", index=self._place)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", index=self._place, delta=delta)


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + encode({"type": kind} | fields) + b"\n\n"


def _tool_id(call: ToolCall) -> str:
    return f"toolu_{call.id}"


def _usage(counts: Counts) -> dict[str, Any]:
    """The input without what a cache gave or took: the sum of all three is the whole input."""
    usage: dict[str, Any] = {
        "input_tokens": counts.input,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": counts.output,
    }
    return usage | ({"output_tokens_details": {"thinking_tokens": counts.reasoning}} if counts.reasoning else {})


# ---------------------------------------------------------------- the rest
def refuse(refusal: RefusedError) -> Answer:
    status, kind, words = _REFUSALS[refusal.kind]
    error = {"type": kind, "message": words.format(**refusal.about)}
    headers = {"retry-after": str(math.ceil(refusal.wait_s))} if refusal.kind == "rate_limit" else {}
    return Answer(status, encode({"type": "error", "error": error, "request_id": None}), headers)


def announce(standings: Sequence[Standing], wall_s: float) -> dict[str, str]:
    """`anthropic-ratelimit-requests-remaining: 59`, `anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z`."""
    now = datetime.fromtimestamp(wall_s, UTC)
    headers = {"date": format_datetime(now, usegmt=True)} if standings else {}
    for one in standings:
        whole_again = now + timedelta(seconds=math.ceil(one.resets_in_s))
        headers[f"anthropic-ratelimit-{one.kind}-limit"] = str(one.limit)
        headers[f"anthropic-ratelimit-{one.kind}-remaining"] = str(one.remaining)
        headers[f"anthropic-ratelimit-{one.kind}-reset"] = whole_again.strftime("%Y-%m-%dT%H:%M:%SZ")
    return headers


def model(offer: Offer) -> dict[str, Any]:
    """Without log probabilities, for which the dialect has no place."""
    card = offer.card(thinks=False)
    card["capabilities"] = [one for one in card["capabilities"] if one != "logprobs"]
    return {
        "type": "model",
        "id": offer.id,
        "display_name": offer.id.title(),
        "created_at": _SINCE,
        "lifecycle": "active",
        "max_input_tokens": offer.context_window,
        "max_tokens": offer.max_output,
        "pointsman": card,
    }


def models(offers: Sequence[Offer]) -> dict[str, Any]:
    first, last = (offers[0].id, offers[-1].id) if offers else (None, None)
    return {"data": [model(offer) for offer in offers], "has_more": False, "first_id": first, "last_id": last}


WIRE = Wire(
    name="anthropic",
    stream_type="text/event-stream; charset=utf-8",
    id_header="request-id",
    parse=parse,
    writer=Writer,
    refuse=refuse,
    announce=announce,
    model=model,
    models=models,
)
