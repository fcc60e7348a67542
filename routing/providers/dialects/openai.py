"""The OpenAI-compatible dialect, chat completions: `encode` a call, `Decoder` for the stream. No I/O.

Reference: the OpenAI API's "Chat Completions" and its streaming events. Where the servers that speak it differ, what
they really send is accepted; `tests/wire/openai` has a recording of each.
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
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers import embeddings
from routing.providers.contract import Call, Dialect, Outgoing, ProviderConfig
from routing.providers.failures import failure_in_stream, malformed
from routing.providers.known import is_azure, refused_by
from routing.providers.wire import (
    WRONG,
    check_ended,
    count,
    formed,
    function_of,
    has_image,
    joined,
    listed,
    read_event,
    sampling,
    string,
    text_of,
    token_logprobs,
)
from routing.registry.model import Model

END = "[DONE]"
_TOP_LOGPROBS = 2  # the chosen token and its runner-up
_FINISHES = {  # anything else is a stop
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_BROKEN = {"error": None, "abort": None, "insufficient_system_resource": 503}  # with the status that each amounts to


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> Outgoing:
    """The call as a chat completion. What the model cannot do is left out.

    Raises ProviderError (invalid_request, never sent) when a tool's or the answer's schema is not JSON.
    """
    messages, form = formed(call, model)
    body: dict[str, Any] = {
        "model": model.name,
        "messages": [_message(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        _length_field(model): min(call.max_output_tokens, model.max_output),
    }
    if "logprobs" in model.capabilities and not call.tools:  # llama.cpp refuses both together
        body |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    body |= sampling(call, model)
    if call.tools:
        body["tools"] = [function_of(tool) for tool in call.tools]
    if form == "json":
        body["response_format"] = {"type": "json_object"}
    elif form is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": form}}
    for field in refused_by(config.base_url):
        body.pop(field, None)
    return Outgoing("/chat/completions", body, config.headers)


def _length_field(model: Model) -> str:
    """OpenAI's o-series and GPT-5, which also fix their temperature, refuse the name that all others understand."""
    return "max_completion_tokens" if "fixed_temperature" in model.capabilities else "max_tokens"


def _message(message: Message) -> dict[str, Any]:
    """Content as one text, unless there are images: many local servers take nothing else."""
    if not has_image(message):
        return {"role": message.role, "content": joined(message)}
    return {"role": message.role, "content": [_part(part) for part in message.content]}


def _part(part: TextPart | FilePart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}
    return {"type": "text", "text": text_of(part)}


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
        if event.get("error") or event.get("object") == "error":  # older vLLM says it flat, and [DONE] after it
            raise failure_in_stream(event, self._secret)
        return self._chunk(event)

    def finish(self) -> list[Chunk]:
        check_ended(self._events, self.finished)
        reason = "content_filter" if self._declined else self._finish or "stop"
        usage: list[Chunk] = [UsageChunk(self._usage)] if self._usage else []
        return [*usage, FinishChunk(reason, self._request_id)]

    @property
    def finished(self) -> bool:
        return self.done or self._finish is not None

    def _chunk(self, event: dict[str, Any]) -> list[Chunk]:
        if not self._request_id and isinstance(event.get("id"), str):
            self._request_id = event["id"]
        groq = event.get("x_groq")
        usage = event.get("usage") or (groq.get("usage") if isinstance(groq, dict) else None)
        if isinstance(usage, dict) and count(usage, "prompt_tokens"):  # no call is without input: it was not counted
            self._usage = _usage(usage)
        kind = event.get("object")
        choices = event.get("choices")
        if choices is None:
            if kind != "chat.completion.chunk" or usage:
                return []
            raise malformed("chat.completion.chunk without choices")
        try:
            return [chunk for choice in choices for chunk in self._choice(choice, kind)]
        except WRONG as wrong:
            raise malformed(f"{kind or 'an event'} is not as it should be ({wrong})", self._secret) from None

    def _choice(self, choice: dict[str, Any], kind: object) -> Iterator[Chunk]:
        reason = choice.get("finish_reason")
        delta = choice.get("delta")
        if delta is None and not reason and "content_filter_results" not in choice:  # Azure's verdict may come alone
            raise malformed(f"{kind or 'an event'} without delta")
        yield from self._delta({} if delta is None else delta, choice.get("logprobs"))
        if reason in _BROKEN:
            raise failure_in_stream({"code": _BROKEN[reason], "message": reason} | choice, self._secret)
        if reason:
            self._finish = _FINISHES.get(reason, "stop")

    def _delta(self, delta: dict[str, Any], logprobs: dict[str, Any] | None) -> Iterator[Chunk]:
        thoughts, content = _thoughts_and_text(delta.get("content") or "")
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or thoughts
        if reasoning:
            yield ReasoningChunk(string(reasoning, "reasoning"))
        elif logprobs and logprobs.get("content"):
            self._waiting.extend(token_logprobs(logprobs["content"]))
        if content:
            # Tokens that are a part of a character come with no text: they belong to the text that follows.
            seen, self._waiting = tuple(self._waiting), []
            yield TextChunk(content, seen)
        refusal = delta.get("refusal")
        if refusal:
            self._declined = True
            yield TextChunk(string(refusal, "refusal"))
        for place, call in enumerate(delta.get("tool_calls") or ()):
            yield ToolCallChunk(_tool_call(call, place))


def _thoughts_and_text(content: str | list[dict[str, Any]]) -> tuple[str, str]:
    """Mistral's reasoning models send a list of parts: `thinking`, which holds parts itself, and `text`."""
    if not isinstance(content, list):
        return "", string(content, "content")
    thoughts = [inner["text"] for part in content if part["type"] == "thinking" for inner in part["thinking"]]
    return "".join(thoughts), "".join(part["text"] for part in content if part["type"] == "text")


def _tool_call(call: dict[str, Any], place: int) -> ToolCall:
    """Some servers send whole calls in one event, and no index."""
    function = call.get("function") or {}
    return ToolCall(
        index=int(place if call.get("index") is None else call["index"]),
        id=string(call.get("id") or "", "the id of a tool call"),
        name=string(function.get("name") or "", "the name of a tool call"),
        arguments=string(function.get("arguments") or "", "the arguments of a tool call"),
    )


def _usage(usage: dict[str, Any]) -> Usage:
    """Reasoning tokens are inside the output here. Some servers (Gemini, xAI) count them in the total alone."""
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    apart = max(0, count(usage, "total_tokens") - prompt - completion)
    details, spent = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    read = min(prompt, count(details, "cached_tokens") or count(usage, "prompt_cache_hit_tokens"))
    return Usage(
        input_tokens=prompt,
        output_tokens=completion + apart,
        cached_tokens=read,
        cache_write_tokens=min(count(details, "cache_write_tokens"), prompt - read),
        reasoning_tokens=min(max(count(spent, "reasoning_tokens"), apart), completion + apart),
        reported=True,
    )


# ---------------------------------------------------------------- the server around it
def key_header(secret: str, config: ProviderConfig) -> tuple[str, str]:
    return ("api-key", secret) if is_azure(config.base_url) else ("authorization", f"Bearer {secret}")


def listing(config: ProviderConfig) -> Outgoing:
    return Outgoing("/models", headers=config.headers)


def cards(listing: object) -> list[dict[str, Any]]:
    """OpenAI's `{"data": […]}`, or the bare list that Together sends."""
    return listed(listing if isinstance(listing, dict) else {"data": listing}, "data")


DIALECT = Dialect(
    framing="sse",
    encode=encode,
    decoder=Decoder,
    key_header=key_header,
    listing=listing,
    cards=cards,
    root=lambda base_url: base_url.replace("/chat/completions", "").rstrip("/"),
    embedding=embeddings.OPENAI,
)
