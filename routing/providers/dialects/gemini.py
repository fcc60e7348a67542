"""The Gemini dialect, `streamGenerateContent` as server-sent events: `encode` a call, `Decoder` for the stream. No I/O.

Reference: the Gemini API's "Generating content" and "Models". Without a version folder it is v1beta, which all serve.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from routing.messages import (
    Chunk,
    FinishChunk,
    ImagePart,
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
from routing.providers import embeddings
from routing.providers.contract import Call, Dialect, Outgoing, ProviderConfig
from routing.providers.failures import failure_in_stream, malformed
from routing.providers.turns import in_turns
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

_VERSION = re.compile(r"(/v\d+\w*)?/*$")
_ROLES = {"user": "user", "assistant": "model"}
_TOP_LOGPROBS = 2  # the chosen token and its runner-up
_NOT_BESIDE_TOOLS = {"json", "json_schema"}
_UNSAID = (None, "", "FINISH_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")
_LIMITS = frozenset(("MAX_TOKENS", "CONTINUATION"))
_FILTERED = re.compile(r"SAFETY|RECITATION|PROHIBITED|LANGUAGE|BLOCKLIST|SPII|MODEL_ARMOR|ESCALATION|PUP_LIMITED")
_BROKEN = re.compile(r"MALFORMED|OTHER|UNEXPECTED_TOOL_CALL|TOO_MANY_TOOL_CALLS|MISSING_THOUGHT|NO_IMAGE")


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> Outgoing:
    """The call as content to generate. What the model cannot do is left out.

    Raises ProviderError (invalid_request, never sent) when a tool's or the answer's schema is not JSON.
    """
    able = replace(model, capabilities=model.capabilities - _NOT_BESIDE_TOOLS) if call.tools else model
    messages, form = formed(call, able)
    system, turns = in_turns(messages)
    body: dict[str, Any] = {
        "contents": [{"role": _ROLES[turn.role], "parts": [_part(part) for part in turn.parts]} for turn in turns],
        "generationConfig": _generation(call, model) | _form(form),
    }
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if call.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in call.tools]}]
    folder = "" if model.name.startswith(("models/", "tunedModels/")) else "models/"
    path = f"/{folder}{quote(model.name, safe='/:@')}:streamGenerateContent?alt=sse"
    return Outgoing(path, body, config.headers)


def _generation(call: Call, model: Model) -> dict[str, Any]:
    settings: dict[str, Any] = {"maxOutputTokens": min(call.max_output_tokens, model.max_output)}
    if "logprobs" in model.capabilities:
        settings |= {"responseLogprobs": True, "logprobs": _TOP_LOGPROBS}
    if "reasoning" in model.capabilities:
        settings["thinkingConfig"] = {"includeThoughts": True}
    return settings | sampling(call, model)


def _form(form: Any) -> dict[str, Any]:
    schema = {} if form == "json" else {"responseJsonSchema": form}
    return {} if form is None else {"responseMimeType": "application/json"} | schema


def _part(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"inlineData": {"mimeType": part.media_type, "data": part.data}}
    return {"text": part.text}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parametersJsonSchema": parameters_of(tool)}


# ---------------------------------------------------------------- decoding
class Decoder:
    """See `routing.providers.contract.Decoder`. There is no end marker: a finish reason is the terminal marker, and
    what follows it is waited for."""

    done = False

    def __init__(self, secret: str = "") -> None:
        self._secret = secret
        self._reason: str | None = None
        self._blocked = False
        self._request_id: str | None = None
        self._usage: Usage | None = None
        self._calls = 0
        self._waiting: list[TokenLogprob] = []
        self._events = 0

    @property
    def finished(self) -> bool:
        return self._blocked or self._reason is not None

    def feed(self, data: str) -> list[Chunk]:
        event = read_event(data, self._secret)
        self._events += 1
        if event.get("error"):
            raise failure_in_stream(event, self._secret)
        try:
            return list(self._chunks(event))
        except WRONG as wrong:
            raise malformed(f"GenerateContentResponse is not as it should be ({wrong})", self._secret) from None

    def finish(self) -> list[Chunk]:
        check_ended(self._events, self.finished)
        if _BROKEN.search(self._reason or ""):
            raise malformed(f"the model gave up: {self._reason}", self._secret)
        usage: list[Chunk] = [UsageChunk(self._usage)] if self._usage else []
        return [*usage, FinishChunk(self._finish_reason(), self._request_id)]

    def _finish_reason(self) -> str:
        reason = self._reason or ""
        if self._blocked or _FILTERED.search(reason):
            return "content_filter"
        if reason in _LIMITS:
            return "length"
        return "tool_calls" if self._calls else "stop"

    def _chunks(self, event: dict[str, Any]) -> Iterator[Chunk]:
        if self._request_id is None:
            self._request_id = string(event.get("responseId") or "", "responseId") or None
        usage = _usage(event.get("usageMetadata"))
        if usage.input_tokens:  # there is no call without input: it was not counted
            self._usage = usage
        feedback = mapping(event.get("promptFeedback") or {}, "promptFeedback")
        self._blocked = self._blocked or feedback.get("blockReason") not in _UNSAID
        for candidate in (event.get("candidates") or ())[:1]:  # more than one is never asked for
            yield from self._candidate(mapping(candidate, "a candidate"))

    def _candidate(self, candidate: dict[str, Any]) -> Iterator[Chunk]:
        content = mapping(candidate.get("content") or {}, "content")
        parts = [mapping(part, "a part") for part in content.get("parts") or ()]
        if not any(part.get("thought") for part in parts):
            self._waiting.extend(_logprobs(mapping(candidate.get("logprobsResult") or {}, "logprobsResult")))
        for part in parts:
            yield from self._part(part)
        reason = candidate.get("finishReason")
        if reason not in _UNSAID:
            self._reason = string(reason, "finishReason")

    def _part(self, part: dict[str, Any]) -> Iterator[Chunk]:
        text = string(part.get("text") or "", "text")
        if text and part.get("thought"):
            yield ReasoningChunk(text)
        elif text:
            seen, self._waiting = tuple(self._waiting), []
            yield TextChunk(text, seen)
        if part.get("functionCall") is not None:
            yield ToolCallChunk(self._call(mapping(part["functionCall"], "functionCall")))

    def _call(self, call: dict[str, Any]) -> ToolCall:
        """A call comes whole, and few servers name it."""
        self._calls += 1
        return ToolCall(
            index=self._calls - 1,
            id=string(call.get("id") or "", "id"),
            name=string(call.get("name"), "the name of a function call"),
            arguments=json.dumps(mapping(call.get("args") or {}, "args"), ensure_ascii=False),
        )


def _logprobs(result: dict[str, Any]) -> Iterator[TokenLogprob]:
    """Each token with the best of the others at its place."""
    places = result.get("topCandidates") or []
    for place, chosen in enumerate(result.get("chosenCandidates") or ()):
        token, logprob = string(chosen.get("token") or "", "token"), chosen.get("logProbability")
        if logprob is None:
            continue
        top = places[place].get("candidates") or () if place < len(places) else ()
        others = [one.get("logProbability") for one in top if one.get("token") != token]
        second = max((float(other) for other in others if other is not None), default=None)
        yield TokenLogprob(token, float(logprob), second)


def _usage(usage: object) -> Usage:
    """Thoughts are counted beside the answer there, inside the output here; counts are running totals."""
    prompt = count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount")
    thoughts = count(usage, "thoughtsTokenCount")
    return Usage(
        input_tokens=prompt,
        output_tokens=count(usage, "candidatesTokenCount") + thoughts,
        cached_tokens=min(count(usage, "cachedContentTokenCount"), prompt),
        reasoning_tokens=thoughts,
        reported=True,
    )


# ---------------------------------------------------------------- the server around it
def listing(config: ProviderConfig) -> Outgoing:
    return Outgoing("/models?pageSize=1000", headers=config.headers)


def cards(listing: object) -> list[dict[str, Any]]:
    return [_card(card) for card in listed(listing, "models") if "generateContent" in _methods(card)]


def _methods(card: dict[str, Any]) -> list[Any]:
    methods = card.get("supportedGenerationMethods")
    return methods if isinstance(methods, list) else ["generateContent"]


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """What the card says in words of its own, beside the rest of it."""
    said = {
        "id": card.get("name"),
        "context_window": card.get("inputTokenLimit"),
        "max_output_tokens": card.get("outputTokenLimit"),
        "capabilities": {"reasoning": True} if card.get("thinking") is True else None,
    }
    return card | {field: value for field, value in said.items() if value is not None}


DIALECT = Dialect(
    framing="sse",
    encode=encode,
    decoder=Decoder,
    key_header=lambda secret, _: ("x-goog-api-key", secret),
    listing=listing,
    cards=cards,
    root=lambda base_url: _VERSION.sub(lambda found: found[1] or "/v1beta", base_url, count=1),
    embedding=embeddings.GEMINI,
)
