"""What every provider offers, whatever it speaks: one stream of chunks, and a list of models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from routing.messages import Chunk, Message, ResponseFormat, Tool
from routing.policy.model import Timeouts
from routing.registry.model import Model

if TYPE_CHECKING:
    from routing.providers.embeddings import Embedded, Embedding

Framing = Literal["sse", "ndjson"]
"""How the events of a stream are told apart: server-sent events, or a JSON object on each line."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider is configuration. `key` names where its key is read (an environment variable), never the key.

    `base_url` is written as the service's own documents write it. `timeouts` are fields of `Timeouts`, in seconds,
    that this provider needs longer or shorter than the policy says. `models` names some that it serves, whether its
    list has them or not.
    """

    name: str
    base_url: str
    dialect: str = "openai"
    key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    region: str | None = None
    timeouts: tuple[tuple[str, float], ...] = ()
    models: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as every dialect encodes it. `messages` begins with the system message, if there is one."""

    messages: tuple[Message, ...]
    max_output_tokens: int
    response_format: ResponseFormat = "text"
    schema: str | None = None
    tools: tuple[Tool, ...] = ()
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: a path below the root of the dialect, headers without the key, and a JSON body (None: a GET)."""

    path: str
    body: dict[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Decoder(Protocol):
    """The events of one stream, in order, to chunks. Unknown events are skipped.

    Every method raises ProviderError: malformed_stream, naming the type of event at fault, or what an error in
    mid-stream says.
    """

    @property
    def finished(self) -> bool:
        """Whether the terminal marker was seen: what breaks after it breaks nothing."""
        ...

    @property
    def done(self) -> bool:
        """Whether nothing of worth can follow: the rest of the body is not waited for."""
        ...

    def feed(self, data: str) -> list[Chunk]:
        """The chunks of one event's data: of one server-sent event, or of one line of JSON."""
        ...

    def finish(self) -> list[Chunk]:
        """What ends the reply: its usage, if the server sent any, and a `FinishChunk`. Raises when the stream ended
        before its terminal marker."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server is spoken to. Pure; `routing.providers.http` does the rest.

    `root` turns a base URL as people write it into the one that paths are appended to. `decoder` is given the key, to
    mask it in words that the server sends back. `key_header` is the header that carries the key. `cards` brings the
    answer to `listing` into the fields of OpenAI's list (see `routing.providers.listing`), raising ProviderError
    (malformed_stream) when it is no list; `details`, where the list does not say enough, is the question to ask for
    one of its cards, and `detailed` the card completed by the answer. `embedding`, where there is one, is the question
    for what a text means.
    """

    framing: Framing
    encode: Callable[[Call, Model, ProviderConfig], Outgoing]
    decoder: Callable[[str], Decoder]
    key_header: Callable[[str, ProviderConfig], tuple[str, str]]
    listing: Callable[[ProviderConfig], Outgoing]
    cards: Callable[[object], list[dict[str, Any]]]
    root: Callable[[str], str]
    details: Callable[[dict[str, Any]], Outgoing] | None = None
    detailed: Callable[[dict[str, Any], object], dict[str, Any]] | None = None
    embedding: Embedding | None = None


@runtime_checkable
class Embedder(Protocol):
    """What a provider offers beside that, where its dialect has it."""

    async def embed(self, text: str, model: Model, timeout_s: float) -> Embedded:
        """What the text means. Raises ProviderError, and nothing else."""
        ...


class Provider(Protocol):
    """Raises `ProviderError`, and nothing else, when a call fails."""

    config: ProviderConfig

    def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncGenerator[Chunk, None]:
        """Chunks as they come; ends after a `FinishChunk`, or raises. Closing the iterator closes the connection."""
        ...

    async def list_models(self) -> tuple[Model, ...]:
        """What the server says that it has, as far as it says it."""
        ...

    async def warm(self) -> None:
        """Open a connection ahead of the first call, where that takes time. Never raises ProviderError."""
        ...

    async def aclose(self) -> None: ...
