"""The floor of start-up: the least Textual app that is a chat, with no router and no history.

`python -m benchmarks.floor ROOT`: one line to write in, one Markdown widget, and a bare socket to the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import urlsplit

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown


class Floor(App[None]):
    CSS = "VerticalScroll { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield VerticalScroll(Markdown())
        yield Input()

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.run_worker(self.answer(event.value))

    async def answer(self, prompt: str) -> None:
        place = urlsplit(sys.argv[1])
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        body = json.dumps({"stream": True, "messages": [{"role": "user", "content": prompt}]}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {place.netloc}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        shown = Markdown.get_stream(self.query_one(Markdown))
        while (line := await reader.readline()).strip() != b"data: [DONE]":
            if line.startswith(b"data: "):
                for choice in json.loads(line[6:])["choices"]:
                    await shown.write(choice["delta"].get("content") or "")
        await shown.stop()
        writer.close()


if __name__ == "__main__":
    Floor().run()
