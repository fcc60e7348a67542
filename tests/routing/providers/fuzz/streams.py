"""Recorded streams, what they say, and the way that the network takes to read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from routing.errors import ProviderError
from routing.messages import Chunk, FinishChunk, ReasoningChunk, TextChunk, ToolCallChunk
from routing.providers.contract import Dialect
from routing.providers.dialects import dialect_names, dialect_of
from tests.wire.events import decoded

WIRE = Path(__file__).parents[3] / "wire"
KINDS = {"sse": ".sse", "ndjson": ".ndjson"}
FINISHES = {"stop", "length", "tool_calls", "content_filter"}


@dataclass(frozen=True)
class Said:
    """What an answer says, however its bytes were cut: its words, its reasoning, its tool calls, and how it ended."""

    text: str
    reasoning: str
    calls: tuple[tuple[int, str], ...]
    finish: str


@dataclass(frozen=True)
class Recording:
    """One recorded stream."""

    dialect: str
    name: str
    body: bytes

    @property
    def speaks(self) -> Dialect:
        return dialect_of(self.dialect)

    def __str__(self) -> str:
        return f"{self.dialect}-{self.name}"


@cache
def recordings() -> tuple[Recording, ...]:
    return tuple(
        Recording(name, path.stem, path.read_bytes())
        for name in dialect_names()
        for path in sorted((WIRE / name).iterdir())
        if path.suffix == KINDS[dialect_of(name).framing]
    )


async def read(dialect: Dialect, pieces: Iterable[bytes]) -> Said | ProviderError:
    """What the bytes say, read as the network is; any other error is a defect and is raised."""
    chunks = await heard(dialect, pieces)
    return chunks if isinstance(chunks, ProviderError) else said(chunks)


async def heard(dialect: Dialect, pieces: Iterable[bytes]) -> list[Chunk] | ProviderError:
    """The chunks that the bytes give, one by one."""
    try:
        return await decoded(dialect.decoder("sk-secret"), *pieces, framing=dialect.framing)
    except ProviderError as error:
        return error


def said(chunks: list[Chunk]) -> Said:
    last = chunks[-1]
    assert isinstance(last, FinishChunk)
    assert last.reason in FINISHES
    calls: dict[int, str] = {}
    for chunk in chunks:
        if isinstance(chunk, ToolCallChunk):
            call = chunk.call
            calls[call.index] = calls.get(call.index, "") + call.name + call.arguments
    return Said(
        "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)),
        "".join(chunk.text for chunk in chunks if isinstance(chunk, ReasoningChunk)),
        tuple(sorted(calls.items())),
        last.reason,
    )
