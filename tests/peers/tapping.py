"""A line between a client and a server that keeps what the client sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Tap:
    """`sent` holds the bytes of every connection, in order. `url` stands in for the server's."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._lines: set[asyncio.Task[None]] = set()
        self.url = ""
        self.sent = bytearray()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(asyncio.create_task(self._join(reader, writer)))

    async def aclose(self) -> None:
        """Wait until both ends have hung up."""
        await asyncio.gather(*self._lines)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._pass_on(reader, to_server, keep=True), self._pass_on(from_server, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: bool = False) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if keep:
                    self.sent += data
                writer.write(data)
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def tapped(url: str) -> AsyncIterator[Tap]:
    tap = Tap(url)
    server = await asyncio.start_server(tap.connect, "127.0.0.1", 0)
    tap.url = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    async with server:
        yield tap
    await tap.aclose()
