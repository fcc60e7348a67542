"""What may leave this machine, and to whom: over real sockets, against servers that are not what they should be."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, Message, TextPart
from routing.policy.model import Timeouts
from routing.providers.clear_text import in_the_clear
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider
from routing.providers.sentences import sentence
from routing.registry.model import Model
from tests.wire.server import SSE_HEAD, Act, WireServer, chunked, refusal, sse, wire_server

TLS = Path(__file__).parents[1] / "wire" / "tls"
KEY = "sk-never-to-strangers"
ANSWER = (
    b'data: {"id":"a","choices":[{"index":0,"delta":{"content":"One"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
LISTED = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()
CALL = Call((Message("user", (TextPart("Hello"),)),), 100)
MODEL = Model("p/m", "p", "m", "small")
MB = 1024 * 1024


def a_provider(base_url: str, key: str | None = KEY) -> HttpProvider:
    return HttpProvider(ProviderConfig("p", base_url, key="P_API_KEY"), lambda: key)


async def ask(provider: HttpProvider) -> list[Chunk]:
    try:
        return [chunk async for chunk in provider.stream(CALL, MODEL, Timeouts())]
    finally:
        await provider.aclose()


async def lists(provider: HttpProvider) -> tuple[Model, ...]:
    try:
        return await provider.list_models()
    finally:
        await provider.aclose()


async def failing(provider: HttpProvider) -> tuple[ProviderError, str]:
    """How a call fails, and the sentence that the user reads."""
    with pytest.raises(ProviderError) as caught:
        await ask(provider)
    told = sentence(caught.value, provider.config, MODEL)
    assert "\n" not in told
    assert told.endswith((".", "?"))
    assert KEY not in told
    return caught.value, told


# ---------------------------------------------------------------- TLS
@asynccontextmanager
async def over_tls(name: str, newest: ssl.TLSVersion | None = None) -> AsyncIterator[WireServer]:
    """A server with one of the certificates beside the tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{name}.pem", TLS / f"{name}.key")
    if newest is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    wire = WireServer((chunked(ANSWER),))
    server = await asyncio.start_server(wire.answer, "127.0.0.1", 0, ssl=context)
    wire.port = server.sockets[0].getsockname()[1]
    async with server:
        yield wire


@pytest.mark.parametrize(
    ("certificate", "trusted", "says"),
    [
        ("server", None, "unable to get local issuer certificate"),
        ("expired", "expired", "certificate has expired"),
        ("elsewhere", None, "self-signed certificate"),
        ("elsewhere", "elsewhere", "certificate is not valid for 'localhost'"),
    ],
    ids=["unknown authority", "expired", "self-signed", "another host"],
)
async def test_a_server_that_cannot_prove_who_it_is_gets_neither_key_nor_prompt(
    monkeypatch: pytest.MonkeyPatch, certificate: str, trusted: str | None, says: str
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(TLS / f"{trusted}.pem"))
    async with over_tls(certificate) as wire:
        failure, told = await failing(a_provider(f"https://localhost:{wire.port}/v1"))
    assert wire.requests == []
    assert (failure.kind, failure.sent) == (ErrorKind.CONNECTION, False)
    assert says in told
    assert "SSL_CERT_FILE" in told


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_nothing_older_than_tls_1_2_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the settings of the system would have it."""

    def lax() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=TLS / "ca.pem")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        return context

    monkeypatch.setattr("httpx.create_ssl_context", lax)
    async with over_tls("server", ssl.TLSVersion.TLSv1_1) as wire:
        failure, _ = await failing(a_provider(f"https://localhost:{wire.port}/v1"))
    assert (failure.kind, failure.sent, wire.requests) == (ErrorKind.CONNECTION, False, [])
    async with over_tls("server", ssl.TLSVersion.TLSv1_2) as wire:
        assert isinstance((await ask(a_provider(f"https://localhost:{wire.port}/v1")))[-1], FinishChunk)


# ---------------------------------------------------------------- to whom a key goes
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with wire_server(chunked(ANSWER)) as other:
        there = refusal(status, b"", f"location: {other.base_url}/chat/completions")
        async with wire_server(there) as wire:
            _, told = await failing(a_provider(wire.base_url))
            with pytest.raises(ProviderError):
                await lists(a_provider(wire.base_url))
    assert (len(wire.requests), other.connections) == (2, 0)
    assert other.base_url in told


async def test_a_key_never_crosses_the_open_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wire_server(chunked(ANSWER)) as wire:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{wire.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        provider = a_provider("http://models.invalid/v1")
        failure, told = await failing(provider)
        assert (failure.kind, failure.sent, wire.requests) == (ErrorKind.CONNECTION, False, [])
        assert told == (
            "The key of p (P_API_KEY) is not sent to models.invalid: http:// would show it to everybody on the way;"
            " write https:// in the base URL, or take the key out."
        )
        await ask(a_provider("http://models.invalid/v1", None))  # without a key it is the user's own affair
        await ask(a_provider("http://models.lan/v1"))
    assert [KEY in seen.head for seen in wire.requests] == [False, True]


@pytest.mark.parametrize(
    ("url", "is_in_the_clear"),
    [
        ("http://api.example.com/v1", True),
        ("HTTP://api.example.com/v1", True),
        ("http://93.184.216.34:8000", True),
        ("http://[2606:2800:220:1::1]/v1", True),
        ("http://10.example.com", True),
        ("http://1572395042:8000", True),
        ("http://0x5db8d822/v1", True),
        ("http://[::ffff:93.184.216.34]/v1", True),
        ("https://api.example.com/v1", False),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://localhost:1234/v1", False),
        ("http://192.168.1.20:8080/v1", False),
        ("http://10.0.0.7", False),
        ("http://172.20.0.2:11434", False),
        ("http://[fd12::7]:8000", False),
        ("http://100.101.102.103:8000", False),
        ("http://workstation:8080", False),
        ("http://workstation.local:8080", False),
    ],
)
def test_which_addresses_lie_across_the_open_network(url: str, is_in_the_clear: bool) -> None:
    assert in_the_clear(url) is is_in_the_clear


# ---------------------------------------------------------------- how much is read
def packed(head: bytes, body: bytes, encoding: bytes = b"gzip") -> bytes:
    return head + b"content-encoding: %b\r\ncontent-length: %d\r\n\r\n" % (encoding, len(body)) + body


@pytest.mark.parametrize("level", [1, 9])
async def test_a_packed_answer_is_unpacked(level: int) -> None:
    async with wire_server(packed(SSE_HEAD, gzip.compress(ANSWER, level))) as wire:
        assert isinstance((await ask(a_provider(wire.base_url)))[-1], FinishChunk)
    assert "accept-encoding: gzip\r\n" in wire.requests[0].head.lower() + "\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    async with wire_server(packed(head, gzip.compress(LISTED))) as wire:
        assert [model.name for model in await lists(a_provider(wire.base_url))] == ["m"]


def bomb(size: int) -> bytes:
    """Zeroes that unpack to `size` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(MB)) for _ in range(size // MB)) + packer.flush()


async def test_a_bomb_is_read_no_further_than_one_event_may_be_long(peak: Peak) -> None:
    async with wire_server(packed(SSE_HEAD, bomb(256 * MB))) as wire:
        with peak:
            failure, told = await failing(a_provider(wire.base_url))
    assert (failure.kind, told) == (
        ErrorKind.MALFORMED_STREAM,
        "What p sent is not a whole answer: an event is longer than 64 MB.",
    )
    assert peak.bytes < 400 * MB


async def test_a_bomb_in_a_list_of_models_or_in_a_refusal_is_no_more(peak: Peak) -> None:
    for status in (200, 500):
        head = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n" % status
        async with wire_server(packed(head, bomb(256 * MB))) as wire:
            with peak, pytest.raises(ProviderError) as caught:
                await lists(a_provider(wire.base_url))
        assert "32 MB" in caught.value.words or status == 500
        assert peak.bytes < 110 * MB


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"deflate", b"gzip, gzip", b"\x1b[2J"])
async def test_an_encoding_that_was_not_asked_for_is_said(encoding: bytes) -> None:
    async with wire_server(packed(SSE_HEAD, b"?" * 100, encoding)) as wire:
        failure, told = await failing(a_provider(wire.base_url))
    assert failure.kind in (ErrorKind.MALFORMED_STREAM, ErrorKind.CONNECTION)
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "body",
    [b"no gzip at all", gzip.compress(ANSWER, mtime=0)[:-20], gzip.compress(ANSWER, mtime=0)[:40]],
    ids=["no gzip", "cut late", "cut early"],
)
async def test_packed_bytes_that_are_broken_are_no_answer(body: bytes) -> None:
    async with wire_server(packed(SSE_HEAD, body)) as wire:
        failure, _ = await failing(a_provider(wire.base_url))
    assert failure.kind in (ErrorKind.MALFORMED_STREAM, ErrorKind.CONNECTION)


async def test_an_answer_of_events_without_end_is_cut_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.reading._MAX_ANSWER_BYTES", MB)
    event = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 1000 + b'"}}]}\n\n'
    async with wire_server(sse(event * 3000), Act.STALL) as wire:
        _, told = await failing(a_provider(wire.base_url))
    assert told == "What p sent is not a whole answer: it is longer than 1 MB."


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nx-filler: " + b"a" * 200_000,
        b"HTTP/1.1 200 OK\r\n" + b"x-one: 1\r\n" * 20_000,
        b"a" * 200_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-length: 11\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\nzz\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"HTTP/1.1 99999 \r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
    ids=["a long header", "many headers", "no end", "two lengths", "no colon", "bad chunk", "binary", "status", "SSH"],
)
async def test_a_head_that_is_too_long_or_no_head_is_a_failed_connection(head: bytes) -> None:
    async with wire_server(head) as wire:
        failure, _ = await failing(a_provider(wire.base_url))
    assert failure.kind is ErrorKind.CONNECTION


async def test_interim_answers_without_end_are_waited_for_no_longer_than_an_answer() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * 500
    async with wire_server(interim, Act.STALL) as wire:
        provider = a_provider(wire.base_url)
        with pytest.raises(ProviderError, match=r"no first token in 0.1 s"):
            async for _ in provider.stream(CALL, MODEL, Timeouts(first_token_s=0.1)):
                pass
        await provider.aclose()


async def test_of_a_list_without_end_the_first_models_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.http._MOST_LISTED", 3)
    many = json.dumps({"object": "list", "data": [{"id": f"m{n}"} for n in range(10)]}).encode()
    async with wire_server(refusal(200, many)) as wire:
        assert len(await lists(a_provider(wire.base_url))) == 3


def test_the_client_follows_nothing_by_itself() -> None:
    assert httpx.AsyncClient().follow_redirects is False


class Peak:
    """The most memory that Python took while it was watched."""

    bytes = 0

    def __enter__(self) -> None:
        import tracemalloc

        tracemalloc.start()

    def __exit__(self, *_: object) -> None:
        import tracemalloc

        self.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@pytest.fixture
def peak() -> Peak:
    return Peak()
