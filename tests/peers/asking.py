"""What the tests of the peers share: one call of a provider, and `pointsman` as somebody runs it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from routing.messages import (
    Chunk,
    FinishChunk,
    Message,
    TextChunk,
    TextPart,
    TokenLogprob,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.model import Model
from tests.app.cli.conftest import Shell
from tests.soak.world import rows


@dataclass(frozen=True)
class Answer:
    """All chunks of a call."""

    chunks: tuple[Chunk, ...]

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, TextChunk))

    @property
    def logprobs(self) -> tuple[TokenLogprob, ...]:
        return tuple(token for chunk in self.chunks if isinstance(chunk, TextChunk) for token in chunk.logprobs)

    @property
    def usage(self) -> Usage:
        (found,) = [chunk.usage for chunk in self.chunks if isinstance(chunk, UsageChunk)]
        return found

    @property
    def finish(self) -> str:
        (found,) = [chunk.reason for chunk in self.chunks if isinstance(chunk, FinishChunk)]
        return found

    @property
    def tool_calls(self) -> dict[int, tuple[str, str]]:
        """Name and arguments by index, put together."""
        found: dict[int, tuple[str, str]] = {}
        for chunk in self.chunks:
            if isinstance(chunk, ToolCallChunk):
                name, arguments = found.get(chunk.call.index, ("", ""))
                found[chunk.call.index] = (name or chunk.call.name, arguments + chunk.call.arguments)
        return found


@asynccontextmanager
async def speaking(
    dialect: str, base_url: str, key: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> AsyncIterator[HttpProvider]:
    config = ProviderConfig("peer", base_url, dialect, "PEER_API_KEY" if key else None, headers)
    provider = HttpProvider(config, lambda: key)
    try:
        yield provider
    finally:
        await provider.aclose()


async def call(
    provider: HttpProvider, model: Model, text: str, seen: list[Chunk] | None = None, **fields: Any
) -> Answer:
    """One prompt at temperature 0. Raises ProviderError; what came until then is in `seen`."""
    asked = {"max_output_tokens": 64, "temperature": 0.0} | fields
    messages = (Message("user", (TextPart(text),)),)
    chunks = [] if seen is None else seen
    async for chunk in provider.stream(Call(messages, **asked), model, Timeouts()):
        chunks.append(chunk)
    return Answer(tuple(chunks))


@dataclass(frozen=True)
class Desk(Shell):
    """A shell with variables of its own in the environment, and what the ledger keeps of its turns."""

    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, **self.variables}

    def configure(self, **providers: dict[str, Any]) -> None:
        """A config.yaml with these providers."""
        self.write_config(json.dumps({"providers": providers}))  # JSON is YAML

    def attempts(self) -> list[tuple[Any, ...]]:
        """Of each attempt in the ledger: provider, tokens read, tokens written, basis, outcome."""
        columns = "provider, input_tokens, output_tokens, basis, outcome"
        return rows(self.data_dir / "ledger.db", f"SELECT {columns} FROM attempt ORDER BY rowid")
