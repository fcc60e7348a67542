"""The OpenAI chat-completions dialect, server side. Reference: OpenAI's "Chat Completions"."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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
    ResponseFormat,
    Standing,
    Tool,
    ToolCall,
    Wire,
    encode,
    event,
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
    schema_of,
    text,
    tool_of,
    whole,
)

DONE = b"data: [DONE]\n\n"
_INVALID = "invalid_request_error"
# Kind: status, type, code, words.
_REFUSALS: dict[RefusalKind, tuple[int, str, str | None, str]] = {
    "invalid": (400, _INVALID, None, "{what}"),
    "unknown_path": (404, _INVALID, None, "Unknown request: {path}."),
    "unknown_model": (404, _INVALID, "model_not_found", "The model {model} does not exist; there are {names}."),
    "too_long": (
        400,
        _INVALID,
        "context_length_exceeded",
        "This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} tokens.",
    ),
    "too_much_output": (
        400,
        _INVALID,
        "invalid_value",
        "max_tokens is too large: {asked}. This model supports at most {most} completion tokens.",
    ),
    "no_images": (400, _INVALID, "unsupported_value", "The model {model} does not take images."),
    "no_json": (400, _INVALID, "unsupported_value", "The model {model} has no JSON mode."),
    "no_schema": (
        400,
        _INVALID,
        None,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    ),
    "no_tools": (400, _INVALID, "unsupported_value", "The model {model} does not support tools."),
    "auth": (
        401,
        _INVALID,
        "invalid_api_key",
        "Incorrect API key provided. The simulated provider was told to refuse it.",
    ),
    "permission": (403, _INVALID, "missing_scope", "You have insufficient permissions for this operation."),
    "rate_limit": (429, "rate_limit_error", "rate_limit_exceeded", "Rate limit reached. Please try again in {wait}s."),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "overloaded": (503, "server_error", "overloaded", "The simulated server is overloaded."),
    "server": (500, "server_error", "internal_error", "The simulated server had an error."),
}


# ---------------------------------------------------------------- calls
def parse(data: bytes, _: str) -> Call:
    """Raises RefusedError on anything the dialect does not allow."""
    body = body_of(data)
    if not isinstance(body.get("model"), str):
        raise invalid("You must provide a model parameter.", "model")
    if number(body, "n", 1, 128) not in (None, 1):
        raise invalid("Only n = 1 is served.", "n")
    stream = flag(body, "stream")
    options = inner(body, "stream_options")
    if options and not stream:
        raise invalid("'stream_options' is only allowed when 'stream' is true.", "stream_options")
    logprobs, top = flag(body, "logprobs"), number(body, "top_logprobs", 0, 20)
    if top is not None and not logprobs:
        raise invalid("'top_logprobs' is only allowed when 'logprobs' is true.", "top_logprobs")
    messages, images = _messages(body)
    temperature = number(body, "temperature", 0, 2)
    response_format, schema = _response_format(inner(body, "response_format"))
    tools, must_call = chosen(_tools(body), _choice(body.get("tool_choice")))
    return Call(
        model=body["model"],
        messages=messages,
        images=images,
        stream=stream,
        include_usage=flag(options, "include_usage"),
        logprobs=logprobs,
        top_logprobs=int(top or 0),
        max_tokens=whole(body, "max_completion_tokens", 1) or whole(body, "max_tokens", 1),
        temperature=1.0 if temperature is None else temperature,
        seed=whole(body, "seed"),
        response_format=response_format,
        schema=schema,
        reasoning=body.get("reasoning_effort") not in (None, "none", "minimal"),
        tools=tools,
        must_call=must_call,
    )


def _messages(body: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], int]:
    messages, images = [], 0
    for place, message in enumerate(objects(body, "messages", least=1)):
        if not isinstance(message.get("role"), str):
            raise invalid(f"messages[{place}] must be an object with a role.", "messages")
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
        texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
        if not all(isinstance(text, str) for text in texts):
            raise invalid(f"messages[{place}] has content that is not text.", "messages")
        images += len(parts) - len(texts)
        texts += [called(text(one, "name"), one.get("arguments")) for one in _functions(message, "tool_calls")]
        messages.append((message["role"], "\n".join(filter(None, map(str, texts)))))
    return tuple(messages), images


def _functions(data: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    return (inner(one, "function") for one in objects(data, name))


def _tools(body: dict[str, Any]) -> list[Tool]:
    return [tool_of(function, "parameters") for function in _functions(body, "tools")]


def _choice(value: object) -> str:
    if isinstance(value, dict):
        return text(inner(value, "function"), "name")
    return {None: "auto", "required": "any"}.get(value, str(value)) if isinstance(value, str | None) else "auto"


def _response_format(value: dict[str, Any]) -> tuple[ResponseFormat, dict[str, Any] | None]:
    kind = value.get("type", "text")
    if kind not in ("text", "json_object", "json_schema"):
        raise invalid(f"'{kind}' is not a response format.", "response_format")
    if kind != "json_schema":
        return kind, None
    return kind, schema_of(inner(inner(value, "json_schema"), "schema"), "response_format")


# ---------------------------------------------------------------- replies
class Writer:
    """See `contract.Writer`."""

    def __init__(self, head: Head) -> None:
        self._call = head.call
        self._head = {
            "id": f"chatcmpl-{head.reply_id}",
            "created": int(head.created_s),
            "model": head.offer.id,
            "system_fingerprint": "fp_simulated",
        }

    def opening(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def thought(self, text: str) -> bytes:
        return self._chunk({"reasoning_content": text})

    def token(self, token: Token) -> bytes:
        return self._chunk({"content": token.text}, self._logprobs([token]))

    def tool_call(self, call: ToolCall, pieces: Sequence[str]) -> Iterator[bytes]:
        function: dict[str, Any] = {"name": call.name, "arguments": ""}
        beginning = self._chunk(
            {"tool_calls": [{"index": 0, "id": f"call_{call.id}", "type": "function", "function": function}]}
        )
        for piece in pieces:
            yield beginning + self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            beginning = b""

    def closing(self, finish: Finish, counts: Counts) -> bytes:
        """The finish, the usage where it was asked for, and the end marker."""
        end = self._chunk({}, finish=finish)
        if self._call.include_usage:
            end += event(self._head | {"object": "chat.completion.chunk", "choices": [], "usage": _usage(counts)})
        return end + DONE

    def failing(self) -> bytes:
        return b"data: " + refuse(RefusedError("server")).body + b"\n\n"

    def whole(self, tokens: list[Token], thoughts: str, call: ToolCall | None, finish: Finish, counts: Counts) -> bytes:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(token.text for token in tokens),
            "refusal": None,
        }
        if thoughts:
            message["reasoning_content"] = thoughts
        if call is not None:
            function = {"name": call.name, "arguments": call.arguments}
            message["content"] = None
            message["tool_calls"] = [{"id": f"call_{call.id}", "type": "function", "function": function}]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": self._logprobs(tokens),
            "finish_reason": finish,
        }
        return encode(self._head | {"object": "chat.completion", "choices": [choice], "usage": _usage(counts)})

    def _chunk(self, delta: dict[str, Any], logprobs: Any = None, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        chunk: dict[str, Any] = self._head | {"object": "chat.completion.chunk", "choices": [choice]}
        if self._call.include_usage:
            chunk["usage"] = None
        return event(chunk)

    def _logprobs(self, tokens: list[Token]) -> dict[str, Any] | None:
        if not self._call.logprobs:
            return None
        content = [
            {
                **_scored(token.text, token.logprob),
                "top_logprobs": [_scored(*pair) for pair in token.alternatives[: self._call.top_logprobs]],
            }
            for token in tokens
        ]
        return {"content": content, "refusal": None}


def _scored(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8", "replace"))}


def _usage(counts: Counts) -> dict[str, Any]:
    return {
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning, "audio_tokens": 0},
    }


# ---------------------------------------------------------------- the rest
def refuse(refusal: RefusedError) -> Answer:
    status, kind, code, words = _REFUSALS[refusal.kind]
    message = words.format(wait=f"{refusal.wait_s:.3g}", **refusal.about)
    error = {"message": message, "type": kind, "param": refusal.param, "code": code}
    headers = {}
    if refusal.kind == "rate_limit":
        headers = {"retry-after": str(math.ceil(refusal.wait_s)), "retry-after-ms": str(round(refusal.wait_s * 1000))}
    return Answer(status, encode({"error": error}), headers)


def announce(standings: Sequence[Standing], _: float) -> dict[str, str]:
    """`x-ratelimit-remaining-requests: 59`, `x-ratelimit-reset-requests: 6m0s`."""
    headers = {}
    for one in standings:
        minutes, seconds = divmod(round(one.resets_in_s, 3), 60)
        headers[f"x-ratelimit-limit-{one.kind}"] = str(one.limit)
        headers[f"x-ratelimit-remaining-{one.kind}"] = str(one.remaining)
        headers[f"x-ratelimit-reset-{one.kind}"] = f"{f'{minutes:.0f}m' if minutes else ''}{seconds:.5g}s"
    return headers


def model(offer: Offer) -> dict[str, Any]:
    card = {"id": offer.id, "object": "model", "created": MODELS_SINCE_S, "owned_by": offer.provider}
    return card | {"pointsman": offer.card(thinks=False)}


WIRE = Wire(
    name="openai",
    stream_type="text/event-stream; charset=utf-8",
    id_header="x-request-id",
    parse=parse,
    writer=Writer,
    refuse=refuse,
    announce=announce,
    model=model,
    models=lambda offers: {"object": "list", "data": [model(offer) for offer in offers]},
)
