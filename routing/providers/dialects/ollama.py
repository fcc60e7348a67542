"""Ollama's own dialect, `/api/chat`: `encode` a call, `Decoder` for its lines, and its two questions about models.
No I/O.

Reference: Ollama's API documentation ("Chat", "Errors", "List models", "Show model details") and its Python client.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from routing.messages import (
    Chunk,
    FinishChunk,
    ImagePart,
    Message,
    ReasoningChunk,
    TextChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers import embeddings
from routing.providers.contract import Call, Dialect, Outgoing, ProviderConfig
from routing.providers.failures import failure_in_stream, malformed
from routing.providers.wire import (
    WRONG,
    check_ended,
    count,
    formed,
    function_of,
    joined,
    listed,
    read_event,
    sampling,
    string,
    token_logprobs,
)
from routing.registry.model import Model

_TOP_LOGPROBS = 2  # the chosen token and its runner-up
_FOLDERS = ("/api", "/v1")
_LIBRARY = "library"
_KEPT = ("remote_host", "pointsman")  # the first on what a local Ollama passes on to another machine
# What Ollama says that a model can do, in the words of OpenRouter's list.
_PARAMETERS = {"tools": "tools", "thinking": "reasoning"}
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_PARAMETER_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([KMBT])", re.IGNORECASE)
_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)


# ---------------------------------------------------------------- encoding
def encode(call: Call, model: Model, config: ProviderConfig) -> Outgoing:
    """The call as a chat. What the model cannot do is left out.

    `num_ctx` is always sent: without it the window is the server's default, whatever the model holds. Without
    `truncate` and `shift` a conversation that is too long is an error, and does not lose its beginning in silence.

    Raises ProviderError (invalid_request, never sent) when a tool's or the answer's schema is not JSON.
    """
    messages, form = formed(call, model)
    body: dict[str, Any] = {
        "model": model.name,
        "messages": [_message(message) for message in messages],
        "stream": True,
        "truncate": False,
        "shift": False,
        "options": _options(call, model),
    }
    if "reasoning" in model.capabilities:
        body["think"] = True
    if "logprobs" in model.capabilities:
        body |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    if call.tools:
        body["tools"] = [function_of(tool) for tool in call.tools]
    if form is not None:
        body["format"] = form
    return Outgoing("/api/chat", body, config.headers)


def _options(call: Call, model: Model) -> dict[str, Any]:
    return {
        "num_ctx": model.context_window,
        "num_predict": min(call.max_output_tokens, model.max_output),
    } | sampling(call, model)


def _message(message: Message) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": joined(message)}
    images = [part.data for part in message.content if isinstance(part, ImagePart)]
    return sent | {"images": images} if images else sent


# ---------------------------------------------------------------- decoding
class Decoder:
    """See `routing.providers.contract.Decoder`. The line that says `done` is the end."""

    def __init__(self, secret: str = "") -> None:
        self.done = False
        self._secret = secret
        self._finish = "stop"
        self._usage: Usage | None = None
        self._calls = 0
        self._waiting: list[TokenLogprob] = []
        self._lines = 0

    @property
    def finished(self) -> bool:
        return self.done

    def feed(self, data: str) -> list[Chunk]:
        line = read_event(data, self._secret)
        self._lines += 1
        if line.get("error"):
            raise failure_in_stream(line, self._secret)
        try:
            chunks = list(self._message(line.get("message"), line.get("logprobs")))
        except WRONG as wrong:
            raise malformed(f"a line of the chat is not as it should be ({wrong})", self._secret) from None
        if line.get("done") is True:
            self._end(line)
        return chunks

    def finish(self) -> list[Chunk]:
        check_ended(self._lines, self.done)
        usage: list[Chunk] = [UsageChunk(self._usage)] if self._usage else []
        return [*usage, FinishChunk(self._finish)]

    def _end(self, line: dict[str, Any]) -> None:
        self.done = True
        if line.get("done_reason") == "length":
            self._finish = "length"
        elif self._calls:
            self._finish = "tool_calls"
        # Some leave out the count of a prompt that they still had in their cache: then the tokens are not known.
        prompt = count(line, "prompt_eval_count")
        if prompt:
            self._usage = Usage(prompt, count(line, "eval_count"), reported=True)

    def _message(self, message: dict[str, Any] | None, logprobs: list[dict[str, Any]] | None) -> Iterator[Chunk]:
        if message is None:
            return
        thinking = message.get("thinking")
        if thinking:
            yield ReasoningChunk(string(thinking, "thinking"))
        elif logprobs:
            self._waiting.extend(token_logprobs(logprobs))
        content = message.get("content")
        if content:
            # Tokens that are a part of a character come with no text: they belong to the text that follows.
            seen, self._waiting = tuple(self._waiting), []
            yield TextChunk(string(content, "content"), seen)
        for call in message.get("tool_calls") or ():
            yield ToolCallChunk(self._tool_call(call))

    def _tool_call(self, call: dict[str, Any]) -> ToolCall:
        """A call comes whole, its arguments as an object."""
        function, index = call["function"], self._calls
        self._calls += 1
        return ToolCall(
            index=index,
            id=string(call.get("id") or f"call_{index}", "the id of a tool call"),
            name=string(function["name"], "the name of a tool call"),
            arguments=json.dumps(function.get("arguments") or {}, ensure_ascii=False),
        )


# ---------------------------------------------------------------- the server around it
def key_header(secret: str, _: ProviderConfig) -> tuple[str, str]:
    return "authorization", f"Bearer {secret}"


def root(base_url: str) -> str:
    """Without the folder that some of Ollama's documents write, and others not."""
    plain = base_url.rstrip("/")
    return next((plain.removesuffix(folder) for folder in _FOLDERS if plain.endswith(folder)), plain)


def listing(config: ProviderConfig) -> Outgoing:
    return Outgoing("/api/tags", headers=config.headers)


def cards(listing: object) -> list[dict[str, Any]]:
    return [_card(entry) for entry in listed(listing, "models")]


def _card(entry: dict[str, Any]) -> dict[str, Any]:
    card = {"id": entry.get("model") or entry.get("name"), "object": "model", "owned_by": _LIBRARY}
    return card | {field: entry[field] for field in _KEPT if field in entry} | _size(entry)


def _size(entry: dict[str, Any]) -> dict[str, Any]:
    """`7.6B` as a number of parameters, where llama.cpp writes it."""
    details = entry.get("details")
    size = _PARAMETER_SIZE.fullmatch(str(details.get("parameter_size")).strip()) if isinstance(details, dict) else None
    return {"meta": {"n_params": int(float(size[1]) * _UNITS[size[2].upper()])}} if size else {}


def details(card: dict[str, Any]) -> Outgoing:
    return Outgoing("/api/show", {"model": card["id"]})


def detailed(card: dict[str, Any], answer: object) -> dict[str, Any]:
    """What `/api/show` says: the window that the Modelfile sets (`n_ctx`), the longest that the model was made for
    (`context_length`), and what the model can do."""
    shown: dict[str, Any] = answer if isinstance(answer, dict) else {}
    card = _size(shown) | card | {"context_length": _longest(shown.get("model_info"))}
    set_to = _NUM_CTX.search(str(shown.get("parameters")))
    if set_to:
        card["n_ctx"] = int(set_to[1])
    able = shown.get("capabilities")
    if not isinstance(able, list):
        return card
    card["supported_parameters"] = [_PARAMETERS[word] for word in _PARAMETERS if word in able]
    card["architecture"] = {"input_modalities": ["text", "image"] if "vision" in able else ["text"]}
    return card if "completion" in able else card | {"type": "embedding"}


def _longest(info: object) -> object:
    """The field is named after the architecture: `llama.context_length`."""
    values = info.items() if isinstance(info, dict) else ()
    return next((value for name, value in values if name.endswith(".context_length")), None)


DIALECT = Dialect(
    framing="ndjson",
    encode=encode,
    decoder=Decoder,
    key_header=key_header,
    listing=listing,
    cards=cards,
    root=root,
    details=details,
    detailed=detailed,
    embedding=embeddings.OLLAMA,
)
