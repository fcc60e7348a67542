"""The Gemini dialect, server side. Reference: the Gemini API's "Generating content"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from routing.simulator.models import Offer
from routing.simulator.voice import Token
from routing.simulator.wire.contract import (
    Answer,
    Call,
    Counts,
    Finish,
    Head,
    RefusalKind,
    RefusedError,
    ResponseFormat,
    Tool,
    ToolCall,
    Wire,
    encode,
    event,
    unannounced,
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
    text,
    tool_of,
    whole,
)

_INVALID = "INVALID_ARGUMENT"
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}
_CHOICES = {"AUTO": "auto", "NONE": "none", "ANY": "any", "VALIDATED": "auto", "": "auto"}
_SNAKE = re.compile(r"_([a-z])")
_NOT_RENAMED = frozenset(
    ("args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema", "responseSchema")
)
_TYPES = "type.googleapis.com/google.rpc."
# Kind: status, its name, words.
_REFUSALS: dict[RefusalKind, tuple[int, str, str]] = {
    "invalid": (400, _INVALID, "{what}"),
    "unknown_path": (404, "NOT_FOUND", "Unknown request: {path}."),
    "unknown_model": (
        404,
        "NOT_FOUND",
        "models/{model} is not found, or is not supported for generateContent. Call ListModels to see what there is.",
    ),
    "too_long": (
        400,
        _INVALID,
        "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window}).",
    ),
    "too_much_output": (
        400,
        _INVALID,
        "It has a maxOutputTokens value of {asked} but the supported range is from 1 to {most}.",
    ),
    "no_images": (400, _INVALID, "Image input modality is not enabled for models/{model}"),
    "no_json": (400, _INVALID, "JSON mode is not enabled for models/{model}"),
    "no_schema": (400, _INVALID, "JSON schema is not enabled for models/{model}"),
    "no_tools": (400, _INVALID, "Function calling is not enabled for models/{model}"),
    "auth": (400, _INVALID, "API key not valid. Please pass a valid API key."),
    "permission": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "rate_limit": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. Please retry in {wait}s."),
    "quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "server": (500, "INTERNAL", "An internal error has occurred. Please retry."),
}


# ---------------------------------------------------------------- calls
def parse(data: bytes, target: str) -> Call:
    """Raises RefusedError on anything the dialect does not allow. The target is `MODEL:METHOD`."""
    name, _, method = target.partition(":")
    body = _renamed(body_of(data))
    options = inner(body, "generationConfig")
    messages, images = _messages(body)
    temperature = number(options, "temperature", 0, 2)
    response_format, schema = _response_format(options)
    thinking = inner(options, "thinkingConfig")
    tools, must_call = chosen(_tools(body), _choice(body))
    return Call(
        model=name,
        messages=messages,
        images=images,
        stream=method == "streamGenerateContent",
        logprobs=flag(options, "responseLogprobs"),
        top_logprobs=int(number(options, "logprobs", 0, 20) or 0),
        max_tokens=whole(options, "maxOutputTokens", 1),
        temperature=1.0 if temperature is None else temperature,
        seed=whole(options, "seed"),
        response_format=response_format,
        schema=schema,
        reasoning=bool(thinking) and whole(thinking, "thinkingBudget") != 0,
        shows_reasoning=flag(thinking, "includeThoughts"),
        tools=tools,
        must_call=must_call,
    )


def _renamed(value: Any) -> Any:
    """Fields may be written as `inline_data` too; what lies in a schema or an argument is named by its owner."""
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    fields = {_SNAKE.sub(lambda found: found[1].upper(), name): one for name, one in value.items()}
    return {name: one if name in _NOT_RENAMED else _renamed(one) for name, one in fields.items()}


def _messages(body: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], int]:
    """The result of a function stands in a content of the user's, and becomes a message of its own."""
    instruction = objects(inner(body, "systemInstruction"), "parts")
    messages = [("system", "\n".join(text(part, "text") for part in instruction))] if instruction else []
    images = 0
    for content in objects(body, "contents", least=1):
        role = content.get("role", "user")
        if role not in ("user", "model", "function"):
            raise invalid("Please use a valid role: user, model.", "contents")
        parts, texts = objects(content, "parts", least=1), []
        for part in parts:
            if "functionCall" in part:
                function = inner(part, "functionCall")
                texts.append(called(text(function, "name"), inner(function, "args")))
            elif "functionResponse" in part:
                messages.append(("tool", _result(inner(part, "functionResponse"))))
            elif "text" not in part:
                images += 1
            elif not flag(part, "thought"):
                texts.append(text(part, "text"))
        if texts or not any("functionResponse" in part for part in parts):
            messages.append(("assistant" if role == "model" else "user", "\n".join(texts)))
    return tuple(messages), images


def _result(response: dict[str, Any]) -> str:
    given = inner(response, "response")
    result = given.get("result", given.get("output", given))
    return result if isinstance(result, str) else encode(result).decode()


def _response_format(options: dict[str, Any]) -> tuple[ResponseFormat, dict[str, Any] | None]:
    schema = inner(options, "responseJsonSchema") or _lowered(inner(options, "responseSchema"))
    if options.get("responseMimeType", "text/plain") == "application/json":
        return ("json_schema", schema) if schema else ("json_object", None)
    if schema:
        raise invalid("A response schema needs the response mime type application/json.", "generationConfig")
    return "text", None


def _lowered(schema: Any) -> Any:
    """The older way to write a schema has its types in capitals."""
    if isinstance(schema, list):
        return [_lowered(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.lower() if key == "type" and isinstance(value, str) else _lowered(value)
        for key, value in schema.items()
    }


def _tools(body: dict[str, Any]) -> list[Tool]:
    functions = [one for tool in objects(body, "tools") for one in objects(tool, "functionDeclarations")]
    return [
        tool_of(
            one | {"parameters": one.get("parametersJsonSchema") or _lowered(inner(one, "parameters"))}, "parameters"
        )
        for one in functions
    ]


def _choice(body: dict[str, Any]) -> str:
    config = inner(inner(body, "toolConfig"), "functionCallingConfig")
    allowed = config.get("allowedFunctionNames")
    if isinstance(allowed, list) and len(allowed) == 1:
        return str(allowed[0])
    return _CHOICES.get(text(config, "mode"), "auto")


# ---------------------------------------------------------------- replies
class Writer:
    """See `contract.Writer`. Every chunk is a whole response; the last has the reason why it ends."""

    def __init__(self, head: Head) -> None:
        self._call = head.call
        self._head = {"modelVersion": head.offer.id, "responseId": head.reply_id}
        self._input = head.input_tokens
        self._output = self._thoughts = 0
        self._logprob = 0.0

    def opening(self) -> bytes:
        return b""

    def thought(self, text: str) -> bytes:
        self._thoughts += 1
        self._output += 1
        return self._chunk([{"text": text, "thought": True}]) if self._call.shows_reasoning else b""

    def token(self, token: Token) -> bytes:
        self._output += 1
        return self._chunk([{"text": token.text}], self._scores([token]))

    def tool_call(self, call: ToolCall, pieces: Sequence[str]) -> Iterator[bytes]:
        """A call is never in pieces: it comes with the last of them."""
        for place, _ in enumerate(pieces, 1):
            self._output += 1
            yield self._chunk(_call_parts(call)) if place == len(pieces) else b""

    def closing(self, finish: Finish, counts: Counts) -> bytes:
        return self._chunk([{"text": ""}], finish=finish)

    def failing(self) -> bytes:
        return b"data: " + refuse(RefusedError("server")).body + b"\n\n"

    def whole(self, tokens: list[Token], thoughts: str, call: ToolCall | None, finish: Finish, counts: Counts) -> bytes:
        parts: list[dict[str, Any]] = [{"text": thoughts, "thought": True}] if thoughts else []
        if not self._call.shows_reasoning:
            parts = []
        if tokens:
            parts.append({"text": "".join(token.text for token in tokens)})
        if call is not None:
            parts += _call_parts(call)
        return encode(self._response(parts, counts, self._scores(tokens), finish))

    def _chunk(
        self, parts: list[dict[str, Any]], scores: dict[str, Any] | None = None, finish: Finish | None = None
    ) -> bytes:
        counts = Counts(self._input, self._output, self._thoughts)
        return event(self._response(parts, counts, scores, finish))

    def _response(
        self, parts: list[dict[str, Any]], counts: Counts, scores: dict[str, Any] | None, finish: Finish | None
    ) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if scores:
            candidate["logprobsResult"] = scores
        if finish:
            candidate["finishReason"] = _FINISHES[finish]
            spoken = counts.output - counts.reasoning
            if self._call.logprobs and spoken:
                candidate["avgLogprobs"] = self._logprob / spoken
        return {"candidates": [candidate], "usageMetadata": _usage(counts), **self._head}

    def _scores(self, tokens: list[Token]) -> dict[str, Any] | None:
        if not self._call.logprobs:
            return None
        self._logprob += sum(token.logprob for token in tokens)
        top = self._call.top_logprobs
        result: dict[str, Any] = {"chosenCandidates": [_scored(token.text, token.logprob) for token in tokens]}
        if top:
            result["topCandidates"] = [
                {"candidates": [_scored(*pair) for pair in token.alternatives[:top]]} for token in tokens
            ]
        return result


def _scored(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logProbability": logprob}


def _call_parts(call: ToolCall) -> list[dict[str, Any]]:
    """Nothing where the arguments were cut off."""
    given = call.parsed()
    return [] if given is None else [{"functionCall": {"id": call.id, "name": call.name, "args": given}}]


def _usage(counts: Counts) -> dict[str, Any]:
    """Thoughts stand beside the candidates' tokens; the total holds both."""
    usage = {
        "promptTokenCount": counts.input,
        "candidatesTokenCount": counts.output - counts.reasoning,
        "totalTokenCount": counts.input + counts.output,
    }
    return usage | ({"thoughtsTokenCount": counts.reasoning} if counts.reasoning else {})


# ---------------------------------------------------------------- the rest
def refuse(refusal: RefusedError) -> Answer:
    status, name, words = _REFUSALS[refusal.kind]
    message = words.format(wait=f"{refusal.wait_s:.3g}", **refusal.about)
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    if details := _details(refusal):
        error["details"] = details
    return Answer(status, encode({"error": error}), {})


def _details(refusal: RefusedError) -> list[dict[str, Any]]:
    match refusal.kind:
        case "auth":
            return [{"@type": f"{_TYPES}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
        case "rate_limit":
            return [
                _violated("GenerateRequestsPerMinutePerProjectPerModel"),
                {"@type": f"{_TYPES}RetryInfo", "retryDelay": f"{refusal.wait_s:.6g}s"},
            ]
        case "quota":
            return [_violated("GenerateRequestsPerDayPerProjectPerModel-FreeTier")]
    return []


def _violated(quota: str) -> dict[str, Any]:
    metric = "generativelanguage.googleapis.com/generate_content_requests"
    return {"@type": f"{_TYPES}QuotaFailure", "violations": [{"quotaMetric": metric, "quotaId": quota}]}


def model(offer: Offer) -> dict[str, Any]:
    return {
        "name": f"models/{offer.id}",
        "version": "simulated",
        "displayName": offer.id.title(),
        "description": f"A simulated {offer.tier} model",
        "inputTokenLimit": offer.context_window,
        "outputTokenLimit": offer.max_output,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "temperature": 1,
        "maxTemperature": 2,
        "thinking": "reasoning" in offer.capabilities,
        "pointsman": offer.card(thinks=True),
    }


WIRE = Wire(
    name="gemini",
    stream_type="text/event-stream",
    id_header="x-request-id",
    parse=parse,
    writer=Writer,
    refuse=refuse,
    announce=unannounced,
    model=model,
    models=lambda offers: {"models": [model(offer) for offer in offers]},
)
