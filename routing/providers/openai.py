"""The OpenAI-compatible dialect, chat completions: `encode` a call, `Decoder` for the stream. No I/O.

Reference: the OpenAI API's "Chat Completions" and its streaming events; where the servers that speak it differ
(llama.cpp, vLLM, OpenRouter, Gemini, xAI, DeepSeek), what they really send is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from routing.errors import ErrorKind, ProviderError
from routing.messages import (
    Chunk,
    FilePart,
    FinishChunk,
    ImagePart,
    Message,
    ReasoningChunk,
    TextChunk,
    TextPart,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers.contract import Call, ProviderConfig
from routing.providers.failures import error, failure_in_stream, malformed
from routing.providers.known import service_at
from routing.registry.model import Model

__all__ = ["Decoder", "encode", "error"]

PATH = "/chat/completions"
END = "[DONE]"
_TOP_LOGPROBS = 2  # the chosen token and its runner-up
_FINISHES = {"function_call": "tool_calls", "eos": "stop", "max_tokens": "length"}
_FIT = "Answer with JSON alone. It must be valid under this JSON schema:\n"


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The path below the base URL, the headers without the key, and the JSON body.

    What the model cannot do is left out. Raises ProviderError (invalid_request, never sent) when a tool's or the
    answer's schema is not JSON.
    """
    body: dict[str, Any] = {
        "model": model.name,
        "messages": [_message(message) for message in call.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        _length_field(model): min(call.max_output_tokens, model.max_output),
    }
    if "logprobs" in model.capabilities and not call.tools:  # llama.cpp refuses both together
        body |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    if call.temperature is not None and "fixed_temperature" not in model.capabilities:
        body["temperature"] = call.temperature
    if call.seed is not None and model.determinism != "none":
        body["seed"] = call.seed
    if call.tools:
        body["tools"] = [_tool(tool) for tool in call.tools]
    _ask_for_format(call, model, body)
    service = service_at(config.base_url)
    for field in service.refuses if service else ():
        body.pop(field, None)
    return PATH, dict(config.headers), body


def _length_field(model: Model) -> str:
    return "max_completion_tokens" if "reasoning" in model.capabilities else "max_tokens"


def _ask_for_format(call: Call, model: Model, body: dict[str, Any]) -> None:
    """A schema is sent as one where the model takes it, and as words where it does not."""
    if call.response_format == "text":
        return
    if call.response_format == "json_schema" and call.schema is not None:
        if "json_schema" in model.capabilities:
            schema = {"name": "answer", "schema": _json(call.schema, "the schema of the answer")}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
            return
        body["messages"] = _instructed(body["messages"], _FIT + call.schema)
    if "json" in model.capabilities:
        body["response_format"] = {"type": "json_object"}


def _instructed(messages: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The words in the system message, which stands first; many chat templates allow one only."""
    if messages and messages[0]["role"] == "system" and isinstance(messages[0]["content"], str):
        head = messages[0] | {"content": f"{messages[0]['content']}\n\n{words}"}
        return [head, *messages[1:]]
    return [{"role": "system", "content": words}, *messages]


def _message(message: Message) -> dict[str, Any]:
    """Content as one text, unless there are images: many local servers take nothing else."""
    if not any(isinstance(part, ImagePart) for part in message.content):
        return {"role": message.role, "content": "\n\n".join(map(_text, message.content))}
    return {"role": message.role, "content": [_part(part) for part in message.content]}


def _part(part: TextPart | FilePart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}
    return {"type": "text", "text": _text(part)}


def _text(part: TextPart | FilePart | ImagePart) -> str:
    if isinstance(part, FilePart):
        return f"File {part.name}:\n\n{part.text}"
    return "" if isinstance(part, ImagePart) else part.text


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = _json(tool.parameters, f"the schema of the tool {tool.name}")
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ProviderError(ErrorKind.INVALID_REQUEST, f"{what} is not JSON", sent=False) from None


# ---------------------------------------------------------------- decoding
class Decoder:
    """The data of one stream's events, in order, to chunks.

    `feed` each event's data; when `done` is true or the stream has ended, `finish` gives the usage and the terminal
    marker. Unknown events are skipped. Raises ProviderError: malformed_stream naming the type of event at fault, or
    what an error event in mid-stream says.
    """

    def __init__(self, secret: str = "") -> None:
        self.done = False
        self._secret = secret
        self._finish: str | None = None
        self._request_id: str | None = None
        self._usage: Usage | None = None
        self._declined = False
        self._waiting: list[TokenLogprob] = []
        self._events = 0

    def feed(self, data: str) -> list[Chunk]:
        """The chunks of one event's data; `[DONE]` gives none."""
        if data == END:
            self.done = True
            return []
        try:
            event = json.loads(data)
        except ValueError:
            raise malformed(f"an event is not JSON: {data[:80]}", self._secret) from None
        if not isinstance(event, dict):
            raise malformed(f"an event is a {type(event).__name__}, not an object", self._secret)
        self._events += 1
        if event.get("error"):
            raise failure_in_stream(event, self._secret)
        return self._chunk(event)

    def finish(self) -> list[Chunk]:
        """What ends the reply: its usage, if the server sent any, and its finish. Raises when neither a finish nor
        the end marker was seen."""
        if not self._events:
            raise malformed("answered with an empty reply")
        if self._finish is None and not self.done:
            raise malformed("the stream ended before the answer did")
        reason = "content_filter" if self._declined else self._finish or "stop"
        usage: list[Chunk] = [UsageChunk(self._usage)] if self._usage else []
        return [*usage, FinishChunk(reason, self._request_id)]

    @property
    def finished(self) -> bool:
        """Whether the terminal marker was seen: what breaks after it breaks nothing."""
        return self.done or self._finish is not None

    def _chunk(self, event: dict[str, Any]) -> list[Chunk]:
        if self._request_id is None and isinstance(event.get("id"), str):
            self._request_id = event["id"]
        usage = event.get("usage")
        if isinstance(usage, dict):
            self._usage = _usage(usage)
        kind = event.get("object")
        choices = event.get("choices")
        if choices is None:
            if kind != "chat.completion.chunk" or usage:
                return []
            raise malformed("chat.completion.chunk without choices")
        try:
            return [chunk for choice in choices for chunk in self._choice(choice, kind)]
        except (AttributeError, TypeError, KeyError, ValueError) as wrong:
            raise malformed(f"{kind or 'an event'} is not as it should be ({wrong})", self._secret) from None

    def _choice(self, choice: dict[str, Any], kind: object) -> Iterator[Chunk]:
        reason = choice.get("finish_reason")
        delta = choice.get("delta")
        if delta is None:
            if not reason:
                raise malformed(f"{kind or 'an event'} without delta")
            delta = {}
        yield from self._delta(delta, choice.get("logprobs"))
        if not reason:
            return
        if reason == "error":
            raise failure_in_stream(choice, self._secret)
        self._finish = _FINISHES.get(reason, str(reason))

    def _delta(self, delta: dict[str, Any], logprobs: dict[str, Any] | None) -> Iterator[Chunk]:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if reasoning:
            yield ReasoningChunk(_string(reasoning, "reasoning"))
        elif logprobs and logprobs.get("content"):
            self._waiting.extend(_logprobs(logprobs["content"]))
        content = delta.get("content")
        if content:
            # Tokens that are a part of a character come with no text: they belong to the text that follows.
            seen, self._waiting = tuple(self._waiting), []
            yield TextChunk(_string(content, "content"), seen)
        refusal = delta.get("refusal")
        if refusal:
            self._declined = True
            yield TextChunk(_string(refusal, "refusal"))
        for call in delta.get("tool_calls") or ():
            yield ToolCallChunk(_tool_call(call))


def _string(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise malformed(f"{what} is a {type(value).__name__}, not text")
    return value


def _tool_call(call: dict[str, Any]) -> ToolCall:
    function = call.get("function") or {}
    return ToolCall(
        index=int(call.get("index") or 0),
        id=_string(call.get("id") or "", "the id of a tool call"),
        name=_string(function.get("name") or "", "the name of a tool call"),
        arguments=_string(function.get("arguments") or "", "the arguments of a tool call"),
    )


def _logprobs(tokens: list[dict[str, Any]]) -> Iterator[TokenLogprob]:
    """Each token with the best of the others at its place."""
    for entry in tokens:
        token, logprob = entry["token"], entry["logprob"]
        if logprob is None:
            continue
        others = [
            float(other["logprob"])
            for other in entry.get("top_logprobs") or ()
            if other["token"] != token and other["logprob"] is not None
        ]
        yield TokenLogprob(token, float(logprob), max(others, default=None))


def _usage(usage: dict[str, Any]) -> Usage:
    """Reasoning tokens are inside the output here. Some servers (Gemini, xAI) count them in the total alone."""
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    apart = max(0, _count(usage, "total_tokens") - prompt - completion)
    details, spent = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = _count(details, "cached_tokens") or _count(usage, "prompt_cache_hit_tokens")
    return Usage(
        input_tokens=prompt,
        output_tokens=completion + apart,
        cached_tokens=min(cached, prompt),
        reasoning_tokens=min(max(_count(spent, "reasoning_tokens"), apart), completion + apart),
        reported=True,
    )


def _count(values: object, name: str) -> int:
    """A count that a server sent; 0 where it is missing or makes no sense."""
    value = values.get(name) if isinstance(values, dict) else None
    return max(0, value) if isinstance(value, int) else 0
