"""A stand-in for Ollama on loopback, which is too large to run in a test: it lists, shows and streams what was recorded
or written after Ollama's documents. It says nothing of what an Ollama would do that it was not told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.wire.server import Act, Seen, Step, WireServer, refusal, wire_server

RECORDED = Path(__file__).parent / "ollama"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n"


def ndjson(body: bytes) -> bytes:
    """A whole answer that ends when the connection does."""
    return _HEAD + b"connection: close\r\n\r\n" + body


def stream(name: str) -> bytes:
    """A recorded stream of lines."""
    return (RECORDED / f"{name}.ndjson").read_bytes()


@asynccontextmanager
async def ollama_stand_in(*chat: Step) -> AsyncIterator[WireServer]:
    """Every chat gets the same answer. Its root is `base_url` without `/v1`."""

    def answer(seen: Seen) -> Sequence[Step]:
        path = seen.head.split(" ", 2)[1]
        if path == "/api/chat":
            return chat
        if path == "/api/tags":
            return (_json("tags"), Act.KEEP)
        if path == "/api/show":
            name = json.loads(seen.body)["model"].partition(":")[0]
            return (_json(f"show-{name}"), Act.KEEP)
        return (refusal(404, b"404 page not found", kind="text/plain"),)

    async with wire_server(answer=answer) as wire:
        yield wire


def _json(name: str) -> bytes:
    return refusal(200, (RECORDED / f"{name}.json").read_bytes())
