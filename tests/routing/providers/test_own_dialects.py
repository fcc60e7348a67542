"""Anthropic's and Gemini's dialects over a connection: where they ask, how they say who asks, what comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, Message, TextChunk, TextPart
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.model import Model
from tests.wire.events import recordings
from tests.wire.server import WireServer, chunked, refusal, wire_server

WIRE = Path(__file__).parents[2] / "wire"
CALL = Call((Message("user", (TextPart("Hello"),)),), 100)
MODEL = Model("p/m", "p", "m", "small")
ASKED = {
    "anthropic": ("POST /v1/messages HTTP/1.1", "x-api-key: k-secret", "anthropic-version: 2023-06-01"),
    "gemini": ("POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1", "x-goog-api-key: k-secret"),
}
LISTED = {"anthropic": "GET /v1/models?limit=1000 HTTP/1.1", "gemini": "GET /v1beta/models?pageSize=1000 HTTP/1.1"}
DIALECTS = pytest.mark.parametrize("dialect", ASKED)


@asynccontextmanager
async def answering(dialect: str, *script: bytes) -> AsyncIterator[tuple[HttpProvider, WireServer]]:
    async with wire_server(*script) as wire:
        config = ProviderConfig("p", f"http://127.0.0.1:{wire.port}", dialect)
        provider = HttpProvider(config, lambda: "k-secret")
        yield provider, wire
        await provider.aclose()


async def answer(provider: HttpProvider) -> list[Chunk]:
    return [chunk async for chunk in provider.stream(CALL, MODEL, Timeouts())]


@DIALECTS
async def test_a_call(dialect: str) -> None:
    async with answering(dialect, chunked(recordings(dialect)["aimock"])) as (provider, wire):
        chunks = await answer(provider)
    assert TextChunk("The answer is 4.") in chunks
    assert isinstance(chunks[-1], FinishChunk)
    (seen,) = wire.requests
    lines = seen.head.split("\r\n")
    assert all(line in lines for line in ASKED[dialect])
    assert "authorization" not in seen.head
    assert "k-secret" not in lines[0]
    assert "Hello" in json.dumps(json.loads(seen.body))


@DIALECTS
async def test_a_list_of_models(dialect: str) -> None:
    async with answering(dialect, refusal(200, (WIRE / dialect / "models.json").read_bytes())) as (provider, wire):
        models = await provider.list_models()
    assert len(models) >= 2
    assert wire.requests[0].head.startswith(LISTED[dialect])


@pytest.mark.parametrize(
    ("dialect", "status", "error", "kind"),
    [
        ("anthropic", 401, {"type": "authentication_error", "message": "invalid x-api-key"}, ErrorKind.AUTH),
        ("anthropic", 529, {"type": "overloaded_error", "message": "Overloaded"}, ErrorKind.OVERLOADED),
        ("gemini", 404, {"code": 404, "status": "NOT_FOUND", "message": "models/m is not found"}, ErrorKind.NOT_FOUND),
        ("gemini", 429, {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow"}, ErrorKind.RATE_LIMIT),
    ],
)
async def test_a_refusal(dialect: str, status: int, error: dict[str, str], kind: ErrorKind) -> None:
    body = json.dumps({"type": "error", "error": error}).encode()
    async with answering(dialect, refusal(status, body)) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await answer(provider)
    assert caught.value.kind is kind
