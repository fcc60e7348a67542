"""A real HTTP server on loopback that does, byte for byte, what a test tells it to do."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum


class Act(Enum):
    """What a server may do beside sending bytes."""

    STALL = "stall"  # say nothing more; `gone` is set when the client hangs up
    RESET = "reset"  # break the connection, as a crashed process does
    KEEP = "keep"  # leave the connection open for the next request


Step = bytes | Act
SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


@dataclass
class Seen:
    """One request as it came."""

    head: str
    body: bytes


@dataclass
class WireServer:
    """Plays `script` for each request, or what it gives for that request, then closes the connection."""

    script: Sequence[Step] | Callable[[Seen], Sequence[Step]]
    port: int = 0
    connections: int = 0
    requests: list[Seen] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        seen = await _read_request(reader)
        self.requests.append(seen)
        self.asked.set()
        for step in self.script(seen) if callable(self.script) else self.script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif step is Act.STALL:
                await reader.read()
                self.gone.set()
            elif step is Act.RESET:
                _reset(writer)
            else:
                return True
        return False


@asynccontextmanager
async def wire_server(
    *script: Step, answer: Callable[[Seen], Sequence[Step]] | None = None
) -> AsyncIterator[WireServer]:
    wire = WireServer(answer or script)
    server = await asyncio.start_server(wire.answer, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()


def sse(body: bytes) -> bytes:
    """A whole answer that ends when the connection does."""
    return SSE_HEAD + b"connection: close\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    """A whole answer after which the connection may be used again."""
    return SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def refusal(status: int, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _read_request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    return Seen(head, await reader.readexactly(int(lengths[0].partition(":")[2])) if lengths else b"")


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
