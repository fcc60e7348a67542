"""One HTTP/1.1 connection, server side: h11 for the bytes, the socket in our own hands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import h11

_READ = 65_536
_LARGEST_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """Requests come in one after another; a reply is `head`, any number of `data`, and `end`.

    Writing raises ConnectionError once the client is gone.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._h11 = h11.Connection(h11.SERVER)
        self.busy = False

    async def next_request(self) -> Request | None:
        """The next request, or None when the client has closed.

        Raises h11.RemoteProtocolError on what is not HTTP.
        """
        if self._h11.our_state is h11.DONE:
            self._h11.start_next_cycle()
        if self._h11.our_state is not h11.IDLE:
            return None
        head: h11.Request | None = None
        body = bytearray()
        while True:
            match self._h11.next_event():
                case h11.NEED_DATA:
                    if self._h11.they_are_waiting_for_100_continue:
                        await self._send(h11.InformationalResponse(status_code=100, headers=[]))
                    self._h11.receive_data(await self._reader.read(_READ))
                case h11.Request() as head:
                    self.busy = True
                case h11.Data(data=data):
                    body += data
                    if len(body) > _LARGEST_BODY:
                        raise h11.RemoteProtocolError("the body is too large", 413)
                case h11.EndOfMessage() if head is not None:
                    path, _, query = head.target.decode("ascii", "replace").partition("?")
                    headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
                    return Request(head.method.decode(), path, query, headers, bytes(body))
                case _:
                    return None

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        await self._send(h11.Response(status_code=status, headers=list(headers.items())))

    async def data(self, data: bytes) -> None:
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        await self._send(h11.EndOfMessage())
        self.busy = False

    async def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A whole reply with a JSON body."""
        own = {"content-type": "application/json", "content-length": str(len(body))}
        await self.head(status, own | dict(headers or {}))
        await self.data(body)
        await self.end()

    @property
    def gone(self) -> bool:
        """True once the client has closed its side."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def until_gone(self) -> None:
        while await self._reader.read(_READ):
            pass

    def close(self) -> None:
        """Close after what was written has gone out, whether or not the reply is whole."""
        self._writer.close()

    def reset(self) -> None:
        """Close at once; what was not sent yet is dropped."""
        self._writer.transport.abort()

    async def _send(self, event: h11.Event) -> None:
        data = self._h11.send(event)
        if self.gone:
            raise ConnectionResetError("the client has gone")
        if data:
            self._writer.write(data)
            await self._writer.drain()
