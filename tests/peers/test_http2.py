"""HTTP/2 over TLS, against the state machine of the `h2` library as the server."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from routing.messages import FinishChunk, Message, TextPart
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.model import Model

pytestmark = pytest.mark.peers
WHY = "the extra http2 is not installed"
config = pytest.importorskip("h2.config", reason=WHY)
h2 = pytest.importorskip("h2.connection", reason=WHY)
events = pytest.importorskip("h2.events", reason=WHY)

TLS = Path(__file__).parents[1] / "wire" / "tls"
EVENTS = (
    b'data: {"id":"a","choices":[{"index":0,"delta":{"content":"One"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
CALL = Call((Message("user", (TextPart("Hello"),)),), 100)


async def serve_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request of one connection with the same stream."""
    connection = h2.H2Connection(config.H2Configuration(client_side=False))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65_536):
        for event in connection.receive_data(data):
            if isinstance(event, events.StreamEnded):
                head = [(":status", "200"), ("content-type", "text/event-stream")]
                connection.send_headers(event.stream_id, head)
                connection.send_data(event.stream_id, EVENTS, end_stream=True)
        writer.write(connection.data_to_send())
    writer.close()


async def test_http_2_is_spoken_where_it_is_installed_and_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.http.is_loopback", lambda _: False)
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(serve_http2, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        provider = HttpProvider(ProviderConfig("p", f"https://localhost:{port}/v1"))
        chunks = [chunk async for chunk in provider.stream(CALL, Model("p/m", "p", "m", "small"), Timeouts())]
        await provider.aclose()
    assert isinstance(chunks[-1], FinishChunk)
