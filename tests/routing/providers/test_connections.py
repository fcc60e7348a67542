"""What lies between a call and its server: proxies, certificates, and connections that are opened ahead."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, LimitsChunk, Message, RateLimit, TextPart
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider, joined_url
from routing.registry.model import Model
from tests.wire.server import SSE_HEAD, Act, WireServer, chunked, refusal, wire_server

TLS = Path(__file__).parents[2] / "wire" / "tls"
EVENTS = (
    b'data: {"id":"a","choices":[{"index":0,"delta":{"content":"One"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
CALL = Call((Message("user", (TextPart("Hello"),)),), 100)
MODEL = Model("p/m", "p", "m", "small")


async def ask(provider: HttpProvider) -> list[Chunk]:
    try:
        return [chunk async for chunk in provider.stream(CALL, MODEL, Timeouts())]
    finally:
        await provider.aclose()


async def test_a_proxy_of_the_environment_carries_calls_to_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wire_server(chunked(EVENTS)) as wire:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{wire.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        await ask(HttpProvider(ProviderConfig("p", "http://models.invalid/v1")))
    assert wire.requests[0].head.startswith("POST http://models.invalid/v1/chat/completions ")


async def test_loopback_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with wire_server(chunked(EVENTS)) as wire:
        assert isinstance((await ask(HttpProvider(ProviderConfig("p", wire.base_url))))[-1], FinishChunk)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ALL_PROXY", "gopher://name:hush@127.0.0.1:9", "the proxy that the environment names cannot be used"),
        ("HTTP_PROXY", "http://127.0.0.1:port", "the proxy that the environment names cannot be used"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "No such file or directory"),
        ("SSL_CERT_FILE", __file__, "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read"),
    ],
)
async def test_an_environment_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    provider = HttpProvider(ProviderConfig("p", "http://models.invalid/v1"))
    await provider.warm()
    for asked in (ask(provider), provider.list_models()):
        with pytest.raises(ProviderError, match=said) as caught:
            await asked
        assert (caught.value.kind, caught.value.sent) == (ErrorKind.CONNECTION, False)
        assert "hush" not in str(caught.value)


async def over_tls() -> tuple[asyncio.Server, WireServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    wire = WireServer((chunked(EVENTS),))
    server = await asyncio.start_server(wire.answer, "127.0.0.1", 0, ssl=context)
    wire.port = server.sockets[0].getsockname()[1]
    return server, wire


async def test_an_authority_of_ones_own_is_trusted_when_the_environment_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    server, wire = await over_tls()
    async with server:
        assert isinstance(
            (await ask(HttpProvider(ProviderConfig("p", f"https://localhost:{wire.port}/v1"))))[-1], FinishChunk
        )


async def test_a_certificate_that_nobody_vouches_for_is_a_failed_connection() -> None:
    server, wire = await over_tls()
    async with server:
        with pytest.raises(ProviderError) as caught:
            await ask(HttpProvider(ProviderConfig("p", f"https://localhost:{wire.port}/v1")))
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.CONNECTION, False)
    assert "certificate" in caught.value.words


async def test_a_connection_opened_ahead_is_the_one_that_the_call_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.http.is_loopback", lambda _: False)
    async with wire_server(refusal(404, b""), Act.KEEP) as wire:
        provider = HttpProvider(ProviderConfig("p", wire.base_url))
        await provider.warm()
        await provider.warm()
        wire.script = (chunked(EVENTS),)
        await ask(provider)
    assert [seen.head.split()[0] for seen in wire.requests] == ["HEAD", "POST"]
    assert wire.connections == 1


async def test_warming_a_provider_that_is_down_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.http.is_loopback", lambda _: False)
    provider = HttpProvider(ProviderConfig("p", "http://127.0.0.1:9/v1"))
    await provider.warm()
    await provider.aclose()


async def test_limits_that_a_provider_announces_come_before_its_answer() -> None:
    head = SSE_HEAD + b"x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 59\r\n"
    head += b"x-ratelimit-reset-requests: 1m1s\r\nrequest-id: req_7\r\nconnection: close\r\n\r\n"
    async with wire_server(head + EVENTS) as wire:
        first, *_, last = await ask(HttpProvider(ProviderConfig("p", wire.base_url)))
    assert first == LimitsChunk((RateLimit("requests", 60, 59, 61.0),))
    assert last == FinishChunk("stop", "req_7")


@pytest.mark.parametrize(
    ("root", "path", "url"),
    [
        ("https://h/v1", "/models", "https://h/v1/models"),
        ("https://h/v1/", "/models?limit=9", "https://h/v1/models?limit=9"),
        ("https://h/d?api-version=1", "/chat", "https://h/d/chat?api-version=1"),
        ("https://h/d?api-version=1", "/chat?alt=sse", "https://h/d/chat?alt=sse&api-version=1"),
    ],
)
def test_a_path_below_a_base_url(root: str, path: str, url: str) -> None:
    assert joined_url(root, path) == url
