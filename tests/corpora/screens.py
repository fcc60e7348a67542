"""The corpus of escape sequences on real pseudo-terminals: every byte that a terminal would have been sent."""

from __future__ import annotations

import re
from pathlib import Path

from tests.app.terminal import Terminal, terminal
from tests.corpora.escapes import Escape, config, hostile
from tests.wire.server import wire_server

ESCAPE, CTRL_Q = "\x1b[27u", "\x11"
PAGES = {"\x1bOR": "esc back", "\x1bOS": "esc back", "\x1b[18~": "type to narrow", "\x0f": "type to narrow"}
"""Keys that open a page (why, inspect, models, chats), and words on it."""

# What Textual's driver and the product write of themselves: styles, places, modes, questions, links, the pointer.
_OWN = re.compile(
    rb"\x1b\[[0-9;]*m|\x1b\[\d+;\d+H|\x1b\[\?\d+(?:[hl]|\$p)|\x1b\[(?:>\d+|<)u|\x1b\]22;[a-z]*\x07"
    rb"|\x1b\]8;(?:id=[0-9a-f]+)?;(?:https?://[\x21-\x7e]+|mailto:[\x21-\x7e]+)?\x1b\\"
)


def foreign(raw: bytes) -> list[bytes]:
    """Control sequences and characters in what was written that are not the product's own."""
    rest = _OWN.sub(b"", raw).decode("utf-8", "replace")
    return [
        sign.encode() for sign in re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", rest)
    ]


def came_through(raw: bytes, escapes: tuple[Escape, ...]) -> list[str]:
    """The names of those that stand in what was written, letter for letter; single characters are `foreign`'s."""
    return [one.name for one in escapes if len(one.text) > 1 and one.text.encode("utf-8", "replace") in raw]


async def ask_on_terminal(home: Path, escapes: tuple[Escape, ...]) -> bytes:
    """`ask` whose stdout and stderr are a terminal: the answer is written as it comes."""
    async with wire_server(answer=hostile(escapes)) as server:
        (home / "config.yaml").write_text(config(server.port))
        async with terminal(home, "ask", "--model", "here/plain", "hello") as shell:
            await shell.ended()
            return shell.raw


async def client_on_terminal(home: Path, escapes: tuple[Escape, ...]) -> bytes:
    """The client: the answer, read through from its end, its panels, its pages, and its lists."""
    last = f"end{len(escapes) - 1}"
    async with wire_server(answer=hostile(escapes)) as server:
        (home / "config.yaml").write_text(config(server.port))
        async with terminal(home, size=(120, 50)) as client:
            await client.until("ask")
            client.press("hello\r")
            await client.until(last)
            await client.until("conf")
            await _read_through(client, len(escapes) // 20)
            for key, words in PAGES.items():
                client.press(key)
                await client.until(words)
                client.press(ESCAPE)
                await client.until(lambda words=words: words not in client.text)
            client.press(CTRL_Q)
            await client.ended()
            return client.raw


async def _read_through(client: Terminal, pages: int) -> None:
    """Page up through all of the answer."""
    for _ in range(pages):
        client.press("\x1b[5~")
        await client.until(lambda: True)
