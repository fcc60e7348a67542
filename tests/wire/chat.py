"""An OpenAI-compatible server on loopback that says what a test tells it, when it tells it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.wire.server import SSE_HEAD, refusal

LISTED = json.dumps({"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model"}]}).encode()


@dataclass
class ChatServer:
    """Lists one model and answers every prompt with what is put into `tokens`; None ends an answer.

    `key` is the one it wants, but for its list where that is open; `page` is what it sends in place of everything.
    """

    key: str | None = None
    page: bytes | None = None
    open_list: bool = False
    port: int = 0
    asked: int = 0
    tokens: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    @property
    def config(self) -> str:
        """A `config.yaml` that leads here."""
        key = ", key: TEST_KEY" if self.key else ""
        return f"providers: {{here: {{base_url: 'http://127.0.0.1:{self.port}/v1'{key}}}}}\n"

    def say(self, *tokens: str, end: bool = False) -> None:
        for token in tokens:
            self.tokens.put_nowait(token)
        if end:
            self.tokens.put_nowait(None)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await self._answer(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        if self.page is not None:
            writer.write(refusal(200, self.page, "connection: close", kind="text/html"))
        elif self._refuses(head):
            error = json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}).encode()
            writer.write(refusal(401, error, "connection: close"))
        elif head.startswith("GET"):
            writer.write(refusal(200, LISTED, "connection: close"))
        else:
            await self._stream(writer)
        await writer.drain()

    def _refuses(self, head: str) -> bool:
        if self.key is None or (self.open_list and head.startswith("GET")):
            return False
        return f"bearer {self.key}".lower() not in head.lower()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        writer.write(SSE_HEAD + b"connection: close\r\n\r\n")
        while (token := await self.tokens.get()) is not None:
            writer.write(_event({"choices": [{"index": 0, "delta": {"content": token}, "finish_reason": None}]}))
            await writer.drain()
        writer.write(_event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n")


def _event(body: dict[str, object]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


@asynccontextmanager
async def chat_server(*, key: str | None = None, page: bytes | None = None) -> AsyncIterator[ChatServer]:
    chat = ChatServer(key, page)
    server = await asyncio.start_server(chat.serve, "127.0.0.1", 0)
    chat.port = server.sockets[0].getsockname()[1]
    try:
        yield chat
    finally:
        server.close()
