"""The OpenAI chat-completions dialect, server side: calls read, replies written. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from routing.simulator.models import Offer
from routing.simulator.voice import Token, count_tokens

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 85
DONE = b"data: [DONE]\n\n"
ResponseFormat = Literal["text", "json_object", "json_schema"]


class WireError(Exception):
    """A call refused in the dialect's own words."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


@dataclass(frozen=True, slots=True)
class Call:
    """A chat completion as asked for.

    `messages` are (role, text); parts that are not text are counted in `images`.
    """

    model: str
    messages: tuple[tuple[str, str], ...]
    images: int
    stream: bool
    include_usage: bool
    logprobs: bool
    top_logprobs: int
    max_tokens: int | None
    temperature: float
    seed: int | None
    response_format: ResponseFormat
    schema: dict[str, Any] | None
    reasoning: bool

    async def input_tokens(self) -> int:
        tokens = 3 + self.images * TOKENS_PER_IMAGE
        for _, text in self.messages:
            tokens += TOKENS_PER_MESSAGE + await count_tokens(text)
        return tokens


def encode(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def event(data: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + encode(data) + b"\n\n"


def parse_call(body: bytes) -> Call:
    """Raises WireError (400) on anything the dialect does not allow."""
    try:
        data = json.loads(body)
    except ValueError:
        raise _invalid("The body of the request is not JSON.") from None
    if not isinstance(data, dict):
        raise _invalid("The body of the request is not a JSON object.")
    if not isinstance(data.get("model"), str):
        raise _invalid("You must provide a model parameter.", "model")
    if _number(data, "n", 1, 128) not in (None, 1):
        raise _invalid("Only n = 1 is served.", "n")
    stream = _flag(data, "stream")
    options = _object(data, "stream_options")
    if options and not stream:
        raise _invalid("'stream_options' is only allowed when 'stream' is true.", "stream_options")
    logprobs, top = _flag(data, "logprobs"), _number(data, "top_logprobs", 0, 20)
    if top is not None and not logprobs:
        raise _invalid("'top_logprobs' is only allowed when 'logprobs' is true.", "top_logprobs")
    if not isinstance(data.get("tools", []), list):
        raise _invalid("'tools' must be an array.", "tools")
    messages, images = _messages(data.get("messages"))
    temperature = _number(data, "temperature", 0, 2)
    response_format, schema = _response_format(_object(data, "response_format"))
    return Call(
        model=data["model"],
        messages=messages,
        images=images,
        stream=stream,
        include_usage=_flag(options, "include_usage"),
        logprobs=logprobs,
        top_logprobs=int(top or 0),
        max_tokens=_whole(data, "max_completion_tokens", 1) or _whole(data, "max_tokens", 1),
        temperature=1.0 if temperature is None else temperature,
        seed=_whole(data, "seed"),
        response_format=response_format,
        schema=schema,
        reasoning=data.get("reasoning_effort") not in (None, "none", "minimal"),
    )


def check_fits(call: Call, offer: Offer, input_tokens: int) -> None:
    """Raises WireError where a call asks more than the model can do."""
    if input_tokens >= offer.context_window:
        raise _invalid(
            f"This model's maximum context length is {offer.context_window} tokens. However, your messages "
            f"resulted in {input_tokens} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )
    if call.max_tokens is not None and call.max_tokens > offer.max_output:
        raise _invalid(
            f"max_tokens is too large: {call.max_tokens}. This model supports at most {offer.max_output} "
            "completion tokens.",
            "max_tokens",
            "invalid_value",
        )
    if call.images and "vision" not in offer.capabilities:
        raise _invalid(f"The model {offer.id} does not take images.", "messages", "unsupported_value")
    if call.response_format != "text" and "json" not in offer.capabilities:
        raise _invalid(f"The model {offer.id} has no JSON mode.", "response_format", "unsupported_value")


class Writer:
    """The bodies of one reply: whole, or chunk by chunk."""

    def __init__(self, offer: Offer, call: Call, reply_id: str, created_s: int) -> None:
        self._call = call
        self._head = {
            "id": f"chatcmpl-{reply_id}",
            "created": created_s,
            "model": offer.id,
            "system_fingerprint": "fp_simulated",
        }

    def opening(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def thought(self, text: str) -> bytes:
        return self._chunk({"reasoning_content": text})

    def token(self, token: Token) -> bytes:
        return self._chunk({"content": token.text}, self._logprobs([token]))

    def closing(self, finish: str, usage: dict[str, Any]) -> bytes:
        """The finish, the usage where it was asked for, and the end marker."""
        end = self._chunk({}, finish=finish)
        if self._call.include_usage:
            end += event(self._head | {"object": "chat.completion.chunk", "choices": [], "usage": usage})
        return end + DONE

    def whole(self, tokens: list[Token], thoughts: str, finish: str, usage: dict[str, Any]) -> bytes:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(token.text for token in tokens),
            "refusal": None,
        }
        if thoughts:
            message["reasoning_content"] = thoughts
        choice = {
            "index": 0,
            "message": message,
            "logprobs": self._logprobs(tokens),
            "finish_reason": finish,
        }
        return encode(self._head | {"object": "chat.completion", "choices": [choice], "usage": usage})

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


def usage(input_tokens: int, output_tokens: int, reasoning_tokens: int) -> dict[str, Any]:
    """Token counts; reasoning is inside the output."""
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning_tokens, "audio_tokens": 0},
    }


def _scored(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8", "replace"))}


def _invalid(message: str, param: str | None = None, code: str | None = None) -> WireError:
    return WireError(400, "invalid_request_error", message, code, param)


def _flag(data: dict[str, Any], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool | None):
        raise _invalid(f"'{name}' must be a boolean.", name)
    return bool(value)


def _number(data: dict[str, Any], name: str, low: float, high: float) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _invalid(f"'{name}' must be a number from {low} to {high}.", name)
    return value


def _whole(data: dict[str, Any], name: str, low: int | None = None) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
        raise _invalid(f"'{name}' must be a whole number{'' if low is None else f' of at least {low}'}.", name)
    return value


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name) or {}
    if not isinstance(value, dict):
        raise _invalid(f"'{name}' must be an object.", name)
    return value


def _messages(value: Any) -> tuple[tuple[tuple[str, str], ...], int]:
    if not isinstance(value, list) or not value:
        raise _invalid("'messages' must be an array of at least one message.", "messages")
    messages, images = [], 0
    for number, message in enumerate(value):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise _invalid(f"messages[{number}] must be an object with a role.", "messages")
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
        texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
        if not all(isinstance(text, str) for text in texts):
            raise _invalid(f"messages[{number}] has content that is not text.", "messages")
        images += len(parts) - len(texts)
        messages.append((message["role"], "\n".join(map(str, texts))))
    return tuple(messages), images


def _response_format(value: dict[str, Any]) -> tuple[ResponseFormat, dict[str, Any] | None]:
    kind = value.get("type", "text")
    if kind not in ("text", "json_object", "json_schema"):
        raise _invalid(f"'{kind}' is not a response format.", "response_format")
    if kind != "json_schema":
        return kind, None
    schema = _object(_object(value, "json_schema"), "schema")
    if not schema:
        raise _invalid("'json_schema' must hold a schema.", "response_format")
    return kind, schema
