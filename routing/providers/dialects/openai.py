"""The OpenAI-compatible dialect, chat completions: `encode` a call, `Decoder` for the stream. No I/O.

Reference: the OpenAI API's "Chat Completions" and its streaming events; where the servers that speak it differ
(llama.cpp, vLLM, OpenRouter, Gemini, xAI, DeepSeek), what they really send is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
from routing.providers.contract import Call, Dialect, Outgoing, ProviderConfig
from routing.providers.failures import failure_in_stream, malformed
from routing.providers.known import service_at
from routing.providers.wire import (
    FIT,
    count,
    has_image,
    instructed,
    joined,
    parameters_of,
    read_event,
    schema_of,
    string,
    text_of,
)
from routing.registry.model import Model

END = "[DONE]"
_TOP_LOGPROBS = 2  # the chosen token and its runner-up
_FINISHES = {"function_call": "tool_calls", "eos": "stop", "max_tokens": "length"}


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> Outgoing:
    """The call as a chat completion. What the model cannot do is left out.

    Raises ProviderError (invalid_request, never sent) when a tool's or the answer's schema is not JSON.
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
    return Outgoing("/chat/completions", body, config.headers)


def _length_field(model: Model) -> str:
    return "max_completion_tokens" if "reasoning" in model.capabilities else "max_tokens"


def _ask_for_format(call: Call, model: Model, body: dict[str, Any]) -> None:
    """A schema is sent as one where the model takes it, and as words where it does not."""
    if call.response_format == "text":
        return
    if call.response_format == "json_schema" and call.schema is not None:
        if "json_schema" in model.capabilities:
            schema = {"name": "answer", "schema": schema_of(call.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
            return
        body["messages"] = [_message(message) for message in instructed(call.messages, FIT + call.schema)]
    if "json" in model.capabilities:
        body["response_format"] = {"type": "json_object"}


def _message(message: Message) -> dict[str, Any]:
    """Content as one text, unless there are images: many local servers take nothing else."""
    if not has_image(message):
        return {"role": message.role, "content": joined(message)}
    return {"role": message.role, "content": [_part(part) for part in message.content]}


def _part(part: TextPart | FilePart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}
    return {"type": "text", "text": text_of(part)}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": parameters_of(tool)}
    return {"type": "function", "function": function}


# ---------------------------------------------------------------- decoding
class Decoder:
    """See `routing.providers.contract.Decoder`. `[DONE]` is the end; a finish reason is enough of a terminal marker."""

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
        if data == END:
            self.done = True
            return []
        event = read_event(data, self._secret)
        self._events += 1
        if event.get("error"):
            raise failure_in_stream(event, self._secret)
        return self._chunk(event)

    def finish(self) -> list[Chunk]:
        if not self._events:
            raise malformed("answered with an empty reply")
        if self._finish is None and not self.done:
            raise malformed("the stream ended before the answer did")
        reason = "content_filter" if self._declined else self._finish or "stop"
        usage: list[Chunk] = [UsageChunk(self._usage)] if self._usage else []
        return [*usage, FinishChunk(reason, self._request_id)]

    @property
    def finished(self) -> bool:
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
            yield ReasoningChunk(string(reasoning, "reasoning"))
        elif logprobs and logprobs.get("content"):
            self._waiting.extend(_logprobs(logprobs["content"]))
        content = delta.get("content")
        if content:
            # Tokens that are a part of a character come with no text: they belong to the text that follows.
            seen, self._waiting = tuple(self._waiting), []
            yield TextChunk(string(content, "content"), seen)
        refusal = delta.get("refusal")
        if refusal:
            self._declined = True
            yield TextChunk(string(refusal, "refusal"))
        for call in delta.get("tool_calls") or ():
            yield ToolCallChunk(_tool_call(call))


def _tool_call(call: dict[str, Any]) -> ToolCall:
    function = call.get("function") or {}
    return ToolCall(
        index=int(call.get("index") or 0),
        id=string(call.get("id") or "", "the id of a tool call"),
        name=string(function.get("name") or "", "the name of a tool call"),
        arguments=string(function.get("arguments") or "", "the arguments of a tool call"),
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
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    apart = max(0, count(usage, "total_tokens") - prompt - completion)
    details, spent = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = count(details, "cached_tokens") or count(usage, "prompt_cache_hit_tokens")
    return Usage(
        input_tokens=prompt,
        output_tokens=completion + apart,
        cached_tokens=min(cached, prompt),
        reasoning_tokens=min(max(count(spent, "reasoning_tokens"), apart), completion + apart),
        reported=True,
    )


# ---------------------------------------------------------------- the server around it
def key_header(secret: str, _: ProviderConfig) -> tuple[str, str]:
    return "authorization", f"Bearer {secret}"


def listing(config: ProviderConfig) -> Outgoing:
    return Outgoing("/models", headers=config.headers)


def cards(listing: object) -> list[dict[str, Any]]:
    """OpenAI's `{"data": […]}`, or the bare list that Together sends."""
    found = listing.get("data") if isinstance(listing, dict) else listing
    if not isinstance(found, list):
        raise malformed("its list of models is not one; is the base URL right?")
    return [card for card in found if isinstance(card, dict)]


DIALECT = Dialect(
    framing="sse",
    encode=encode,
    decoder=Decoder,
    key_header=key_header,
    listing=listing,
    cards=cards,
    root=lambda base_url: base_url.rstrip("/"),
)
