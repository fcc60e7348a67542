"""An OpenAI-compatible server on a loopback port, in a process of its own: one model, one fixed reply, at once.

`GET /arrivals` gives the moment (monotonic seconds, the same clock in every process of a machine) at which each
prompt came.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

REPLY = ("The ", "lever ", "is ", "set ", "for ", "the ", "branch ", "line.")
MODEL = "bench-model"
USAGE = {"prompt_tokens": 20, "completion_tokens": len(REPLY), "total_tokens": 20 + len(REPLY)}


def _stream() -> bytes:
    def chunk(**fields: object) -> bytes:
        body = {"id": "bench", "object": "chat.completion.chunk", "created": 0, "model": MODEL, **fields}
        return b"data: " + json.dumps(body).encode() + b"\n\n"

    pieces = [chunk(choices=[{"index": 0, "delta": {"content": word}, "finish_reason": None}]) for word in REPLY]
    end = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    return b"".join((*pieces, end, chunk(choices=[], usage=USAGE), b"data: [DONE]\n\n"))


STREAM = _stream()
LISTING = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "bench"}]}).encode()


class _Service:
    def __init__(self) -> None:
        self.arrivals: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = next((int(line[15:]) for line in head.splitlines() if line.startswith("content-length:")), 0)
                await reader.readexactly(length)
                writer.write(self._answer(head))
                await writer.drain()
        writer.close()

    def _answer(self, head: str) -> bytes:
        if head.startswith("post"):
            self.arrivals.append(time.monotonic())
            kind = b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            return b"HTTP/1.1 200 OK\r\n" + kind + b"%x\r\n" % len(STREAM) + STREAM + b"\r\n0\r\n\r\n"
        body = json.dumps(self.arrivals).encode() if head.startswith("get /arrivals") else LISTING
        kind = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\n" + kind + body


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """A running server; gives its root (`http://127.0.0.1:PORT`)."""
    command = [sys.executable, "-m", "benchmarks.loopback"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def arrivals(root: str) -> list[float]:
    """When each prompt came, so far."""
    with urllib.request.urlopen(f"{root}/arrivals") as answer:
        found: list[float] = json.load(answer)
    return found


async def _main() -> None:
    server = await asyncio.start_server(_Service().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # ends with the process that started it


if __name__ == "__main__":
    asyncio.run(_main())
