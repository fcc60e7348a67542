"""The Ollama dialect, server side: `/api/chat`, a JSON object on each line. Reference: Ollama's "API"."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
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
    ToolCall,
    Wire,
    encode,
    unannounced,
)
from routing.simulator.wire.reading import (
    body_of,
    called,
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

VERSION = "0.13.0"
_NS = 1_000_000_000
# It has no word for an answer that is withheld: that one merely ends.
_FINISHES = {"stop": "stop", "length": "length", "tool_calls": "stop", "content_filter": "stop"}
_CAPABILITIES = {"tools": "tools", "vision": "vision", "reasoning": "thinking"}
_REFUSALS: dict[RefusalKind, tuple[int, str]] = {
    "invalid": (400, "{what}"),
    "unknown_path": (404, "404 page not found: {path}"),
    "unknown_model": (404, "model '{model}' not found"),
    "too_long": (400, "the input length exceeds the context length ({tokens} tokens, {window} at most)"),
    "too_much_output": (400, "num_predict {asked} is above {most}"),
    "no_images": (400, "{model} does not support images"),
    "no_json": (400, "{model} does not support format"),
    "no_schema": (400, "{model} does not support a schema as format"),
    "no_tools": (400, "{model} does not support tools"),
    "auth": (401, "unauthorized"),
    "permission": (403, "forbidden"),
    "rate_limit": (429, "too many requests"),
    "quota": (402, "you have reached your usage limit, upgrade for more usage"),
    "overloaded": (503, "server busy, please try again. maximum pending requests exceeded"),
    "server": (500, "llama runner process has terminated: exit status 2"),
}


# ---------------------------------------------------------------- calls
def parse(data: bytes, _: str) -> Call:
    """Raises RefusedError on anything the dialect does not allow. Replies are streamed unless it says otherwise."""
    body = body_of(data)
    if not text(body, "model"):
        raise invalid("model is required", "model")
    options = inner(body, "options")
    messages, images = _messages(body)
    temperature = number(options, "temperature", 0, 100)
    response_format, schema = _format(body.get("format"))
    most = whole(options, "num_predict")
    tools = tuple(tool_of(inner(one, "function"), "parameters") for one in objects(body, "tools"))
    return Call(
        model=text(body, "model").removesuffix(":latest"),
        messages=messages,
        images=images,
        stream=body.get("stream") is None or flag(body, "stream"),
        logprobs=flag(body, "logprobs"),
        top_logprobs=int(number(body, "top_logprobs", 0, 20) or 0),
        max_tokens=most if most is not None and most > 0 else None,
        temperature=0.8 if temperature is None else temperature,
        seed=whole(options, "seed"),
        response_format=response_format,
        schema=schema,
        reasoning=bool(body.get("think")),
        tools=tools,
    )


def _messages(body: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], int]:
    messages, images = [], 0
    for message in objects(body, "messages", least=1):
        role = text(message, "role")
        if role not in ("system", "user", "assistant", "tool"):
            raise invalid(f"invalid role: '{role}'", "messages")
        images += len(message.get("images") or ())
        texts = [text(message, "content")]
        for one in objects(message, "tool_calls"):
            function = inner(one, "function")
            texts.append(called(text(function, "name"), inner(function, "arguments")))
        messages.append((role, "\n".join(filter(None, texts))))
    return tuple(messages), images


def _format(value: object) -> tuple[ResponseFormat, dict[str, Any] | None]:
    if value in (None, ""):
        return "text", None
    if value == "json":
        return "json_object", None
    if not isinstance(value, dict):
        raise invalid(f"invalid format: {json.dumps(value)}; expected 'json' or a valid JSON Schema object", "format")
    return "json_schema", schema_of(value, "format")


# ---------------------------------------------------------------- replies
class Writer:
    """See `contract.Writer`. The last line has the counts."""

    def __init__(self, head: Head) -> None:
        self._call, self._offer = head.call, head.offer
        created = datetime.fromtimestamp(head.created_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._head = {"model": head.offer.id, "created_at": created}

    def opening(self) -> bytes:
        return b""

    def thought(self, text: str) -> bytes:
        return self._line({"content": "", "thinking": text})

    def token(self, token: Token) -> bytes:
        return self._line({"content": token.text}, self._scores([token]))

    def tool_call(self, call: ToolCall, pieces: Sequence[str]) -> Iterator[bytes]:
        """A call is never in pieces: it comes with the last of them."""
        for place, _ in enumerate(pieces, 1):
            whole = place == len(pieces) and call.parsed() is not None
            yield self._line({"content": "", "tool_calls": _calls(call)}) if whole else b""

    def closing(self, finish: Finish, counts: Counts) -> bytes:
        return self._line({"content": ""}, self._ending(finish, counts))

    def failing(self) -> bytes:
        return refuse(RefusedError("server")).body + b"\n"

    def whole(self, tokens: list[Token], thoughts: str, call: ToolCall | None, finish: Finish, counts: Counts) -> bytes:
        message: dict[str, Any] = {"content": "".join(token.text for token in tokens)}
        if thoughts:
            message["thinking"] = thoughts
        if call is not None and call.parsed() is not None:
            message["tool_calls"] = _calls(call)
        return self._line(message, self._scores(tokens) | self._ending(finish, counts))

    def _line(self, message: dict[str, Any], fields: dict[str, Any] | None = None) -> bytes:
        line = {**self._head, "message": {"role": "assistant", **message}, "done": False}
        return encode(line | (fields or {})) + b"\n"

    def _ending(self, finish: Finish, counts: Counts) -> dict[str, Any]:
        """Counts, and the time that the model's speed makes of them, in nanoseconds."""
        prompt_s, answer_s = self._offer.first_token_s, counts.output / self._offer.tokens_per_s
        return {
            "done": True,
            "done_reason": _FINISHES[finish],
            "total_duration": round((prompt_s + answer_s) * _NS),
            "load_duration": 0,
            "prompt_eval_count": counts.input,
            "prompt_eval_duration": round(prompt_s * _NS),
            "eval_count": counts.output,
            "eval_duration": round(answer_s * _NS),
        }

    def _scores(self, tokens: list[Token]) -> dict[str, Any]:
        if not self._call.logprobs:
            return {}
        scores = []
        for token in tokens:
            score = _scored(token.text, token.logprob)
            if self._call.top_logprobs:
                score["top_logprobs"] = [_scored(*pair) for pair in token.alternatives[: self._call.top_logprobs]]
            scores.append(score)
        return {"logprobs": scores}


def _scored(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8", "replace"))}


def _calls(call: ToolCall) -> list[dict[str, Any]]:
    function = {"index": 0, "name": call.name, "arguments": call.parsed()}
    return [{"id": f"call_{call.id}", "function": function}]


# ---------------------------------------------------------------- the rest
def refuse(refusal: RefusedError) -> Answer:
    status, words = _REFUSALS[refusal.kind]
    return Answer(status, encode({"error": words.format(**refusal.about)}), {})


def model(offer: Offer) -> dict[str, Any]:
    """What `/api/show` says."""
    return {
        "modelfile": f"FROM {offer.id}",
        "parameters": f"num_ctx {offer.context_window}",
        "template": "{{ .Prompt }}",
        "details": _details(offer),
        "model_info": {"general.architecture": "simulated", "simulated.context_length": offer.context_window},
        "capabilities": ["completion", *(_CAPABILITIES[one] for one in offer.capabilities if one in _CAPABILITIES)],
        "modified_at": _since(),
        "pointsman": offer.card(thinks=True),
    }


def models(offers: Sequence[Offer]) -> dict[str, Any]:
    return {"models": [_listed(offer) for offer in offers]}


def _listed(offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.id,
        "model": offer.id,
        "modified_at": _since(),
        "size": 0,
        "digest": hashlib.sha256(offer.id.encode()).hexdigest(),
        "details": _details(offer),
        "pointsman": offer.card(thinks=True),
    }


def _details(offer: Offer) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "simulated",
        "family": "simulated",
        "families": ["simulated"],
        "parameter_size": offer.tier,
        "quantization_level": "none",
    }


def _since() -> str:
    return datetime.fromtimestamp(MODELS_SINCE_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


WIRE = Wire(
    name="ollama",
    stream_type="application/x-ndjson",
    id_header="x-request-id",
    parse=parse,
    writer=Writer,
    refuse=refuse,
    announce=unannounced,
    model=model,
    models=models,
)
