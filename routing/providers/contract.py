"""What every provider offers, whatever it speaks: one stream of chunks, and a list of models."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from routing.messages import Chunk, Message, ResponseFormat, Tool
from routing.policy.model import Timeouts
from routing.registry.model import Model


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider is configuration. `key` names where its key is read (an environment variable), never the key."""

    name: str
    base_url: str
    dialect: str = "openai"
    key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    region: str | None = None
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


class Provider(Protocol):
    """Raises `ProviderError`, and nothing else, when a call fails."""

    config: ProviderConfig

    def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncGenerator[Chunk, None]:
        """Chunks as they come; ends after a `FinishChunk`, or raises. Closing the iterator closes the connection."""
        ...

    async def list_models(self) -> tuple[Model, ...]:
        """What the server says that it has, as far as it says it."""
        ...

    async def aclose(self) -> None: ...
