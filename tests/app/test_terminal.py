"""The client in a real terminal: what is fed is seen, and what a killed client left is found again."""

from __future__ import annotations

from pathlib import Path

from tests.app.terminal import Terminal, kept, terminal
from tests.wire.chat import ChatServer, chat_server

CTRL_Q = "\x11"


async def begin(client: Terminal, server: ChatServer) -> None:
    """Ask something, and see the first words of the answer."""
    await client.until("ask")
    client.press("hello\r")
    await client.until(lambda: server.asked)
    server.say("first words ")
    await client.until("first words")


async def test_every_token_is_seen_once_it_is_fed(tmp_path: Path) -> None:
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with terminal(tmp_path) as client:
            await client.until("ask")
            client.press("count\r")
            for number in range(1, 41):
                token = f"token{number:03}"
                server.say(token + " ")
                await client.until(token)
            server.say(end=True)
            await client.until("conf")
            assert "token040" in client.text
            client.press(CTRL_Q)
            assert await client.ended() == 0
    status, reply, open_ = kept(tmp_path)
    assert (status, open_) == ("answered", 0)
    assert reply.split() == [f"token{number:03}" for number in range(1, 41)]


async def test_a_killed_client_leaves_its_draft_to_the_next_one(tmp_path: Path) -> None:
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with terminal(tmp_path) as client:
            await begin(client, server)
            server.say("and more " * 600)  # more than one batch of the ledger's
            await client.until("and more")
            client.process.kill()
            await client.ended()
        async with terminal(tmp_path, "--resume") as client:
            await client.until("and more")
            await client.until("interrupted")
            client.press(CTRL_Q)
            assert await client.ended() == 0
    assert kept(tmp_path)[2] == 0
