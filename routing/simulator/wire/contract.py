"""What a dialect of the simulator is: calls read, replies and refusals written. What is shared stands here once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from routing.simulator.models import Offer
from routing.simulator.voice import Token, count_tokens

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 85
MODELS_SINCE_S = 1_767_225_600
ResponseFormat = Literal["text", "json_object", "json_schema"]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]
RefusalKind = Literal[
    "invalid",
    "unknown_path",
    "unknown_model",
    "too_long",
    "too_much_output",
    "no_images",
    "no_json",
    "no_schema",
    "no_tools",
    "auth",
    "permission",
    "rate_limit",
    "quota",
    "overloaded",
    "server",
]


class RefusedError(Exception):
    """A call that is not served. `about` fills the words that a dialect has for the kind; `param` is the field at
    fault, `wait_s` how long to wait."""

    def __init__(self, kind: RefusalKind, *, param: str | None = None, wait_s: float = 0.0, **about: object) -> None:
        super().__init__(kind)
        self.kind: RefusalKind = kind
        self.param, self.wait_s, self.about = param, wait_s, about


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `parameters` is its JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is JSON text, which may be cut off where the answer was."""

    id: str
    name: str
    arguments: str

    def parsed(self) -> dict[str, Any] | None:
        """The arguments as an object, or None where they are cut off."""
        try:
            value: dict[str, Any] = json.loads(self.arguments)
        except ValueError:
            return None
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """A reply as asked for.

    `messages` are (role, text), the system's first where the dialect has it apart; roles are system, user, assistant
    and tool. `images` counts the parts that are no text. `shows_reasoning` is false where thoughts are thought, but
    not sent.
    """

    model: str
    messages: tuple[tuple[str, str], ...]
    images: int = 0
    stream: bool = False
    include_usage: bool = True
    logprobs: bool = False
    top_logprobs: int = 0
    max_tokens: int | None = None
    temperature: float = 1.0
    seed: int | None = None
    response_format: ResponseFormat = "text"
    schema: dict[str, Any] | None = None
    reasoning: bool = False
    shows_reasoning: bool = True
    tools: tuple[Tool, ...] = ()
    must_call: bool = False

    async def input_tokens(self) -> int:
        """The same for the same conversation, whatever dialect it came in."""
        tokens = 3 + self.images * TOKENS_PER_IMAGE
        for _, text in self.messages:
            tokens += TOKENS_PER_MESSAGE + await count_tokens(text)
        for tool in self.tools:
            tokens += await count_tokens(f"{tool.name} {tool.description} {json.dumps(tool.parameters)}")
        return tokens


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of a reply; reasoning is inside the output."""

    input: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a limit on `kind` (requests, tokens), and when it is whole again."""

    kind: str
    limit: int
    remaining: int
    resets_in_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer with a JSON body."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """What a reply is about."""

    call: Call
    offer: Offer
    reply_id: str
    created_s: float
    input_tokens: int


class Writer(Protocol):
    """The bodies of one reply, whole or chunk by chunk, in the order of these methods. A chunk may be empty where the
    dialect says nothing yet."""

    def opening(self) -> bytes: ...

    def thought(self, text: str) -> bytes: ...

    def token(self, token: Token) -> bytes: ...

    def tool_call(self, call: ToolCall, pieces: Sequence[str]) -> Iterator[bytes]:
        """A chunk for each piece of the arguments; the pieces may end before the arguments do."""
        ...

    def closing(self, finish: Finish, counts: Counts) -> bytes: ...

    def failing(self) -> bytes:
        """An error in mid-stream."""
        ...

    def whole(self, tokens: list[Token], thoughts: str, call: ToolCall | None, finish: Finish, counts: Counts) -> bytes:
        """The reply in one piece."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """One dialect.

    `stream_type` is the content type of its streams, `id_header` the header in which it names a reply. `parse` reads a
    call from a body and from the end of its path (Gemini's is `MODEL:METHOD`); it raises RefusedError. `announce`
    writes rate limits as headers, at a time of the wall clock. `model` answers the question after one model, `models`
    is the list.
    """

    name: str
    stream_type: str
    id_header: str
    parse: Callable[[bytes, str], Call]
    writer: Callable[[Head], Writer]
    refuse: Callable[[RefusedError], Answer]
    announce: Callable[[Sequence[Standing], float], dict[str, str]]
    model: Callable[[Offer], dict[str, Any]]
    models: Callable[[Sequence[Offer]], dict[str, Any]]


def unannounced(_: Sequence[Standing], __: float) -> dict[str, str]:
    """For a dialect that has no headers for rate limits."""
    return {}


def encode(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def event(data: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + encode(data) + b"\n\n"


def check_fits(call: Call, offer: Offer, input_tokens: int) -> None:
    """Raises RefusedError where a call asks more than the model can do."""
    if input_tokens >= offer.context_window:
        raise RefusedError("too_long", param="messages", tokens=input_tokens, window=offer.context_window)
    if call.max_tokens is not None and call.max_tokens > offer.max_output:
        raise RefusedError(
            "too_much_output", param="max_tokens", asked=call.max_tokens, most=offer.max_output, model=offer.id
        )
    if call.images and "vision" not in offer.capabilities:
        raise RefusedError("no_images", param="messages", model=offer.id)
    if call.tools and "tools" not in offer.capabilities:
        raise RefusedError("no_tools", param="tools", model=offer.id)
    if call.response_format == "json_schema" and "json_schema" not in offer.capabilities:
        raise RefusedError("no_schema", param="response_format", model=offer.id)
    if call.response_format != "text" and "json" not in offer.capabilities:
        raise RefusedError("no_json", param="response_format", model=offer.id)
