"""An OpenAI-compatible server on loopback that keeps its list of models back until a test lets it go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.wire.server import refusal

LISTED = json.dumps({"object": "list", "data": [{"id": "gpt-4o", "object": "model"}]}).encode()


@dataclass
class GatedServer:
    """`holds` False: requests are answered at once, and those that still wait will be refused."""

    holds: bool = True
    port: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            held = self.holds
            if held:
                await self.opened.wait()
            refused = held and not self.holds
            writer.write(
                refusal(401, b"{}", "connection: close") if refused else refusal(200, LISTED, "connection: close")
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def gated_server() -> AsyncIterator[GatedServer]:
    gated = GatedServer()
    server = await asyncio.start_server(gated.serve, "127.0.0.1", 0)
    gated.port = server.sockets[0].getsockname()[1]
    try:
        yield gated
    finally:
        gated.opened.set()
        server.close()
