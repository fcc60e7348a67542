"""A loopback port that can stop listening, keep its number, and listen again."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import h11

from routing.simulator.connection import Connection

HOST = "127.0.0.1"
Serve = Callable[[Connection], Awaitable[None]]


class Listener:
    """Hands each connection to `serve`. While it refuses, the port stays bound: nobody else can take it."""

    def __init__(self, serve: Serve, port: int = 0) -> None:
        """Raises OSError if the port is taken."""
        self._serve = serve
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._closed = False
        self._open: dict[Connection, asyncio.Task[None]] = {}

    async def listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, sock=self._socket)

    def refuse(self) -> None:
        """Refuse connections from now on; idle ones close, replies under way go on."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._socket = _bound(self.port)
        for connection in self._open:
            if not connection.busy:
                connection.reset()

    async def aclose(self) -> None:
        """Close everything; returns when no connection is left."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._closed = True
        self._socket.close()
        tasks = list(self._open.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports say goodbye

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            writer.close()
            return
        connection = Connection(reader, writer)
        task = asyncio.current_task()
        assert task is not None
        self._open[connection] = task
        try:
            await self._serve(connection)
        except (ConnectionError, h11.ProtocolError, asyncio.CancelledError):
            connection.reset()
        finally:
            del self._open[connection]
            connection.close()


def _bound(port: int) -> socket.socket:
    """A socket that holds the port and does not listen."""
    # asyncio turns Nagle's algorithm off only where the protocol is stated; with it a reply waits 40 ms.
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setblocking(False)
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    return held
