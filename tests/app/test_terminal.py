"""The client in a real terminal: what is fed is seen, and every way out leaves the ledger settled."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.terminal import Terminal, terminal
from tests.wire.chat import ChatServer, chat_server

CTRL_C, CTRL_Q, ESC = "\x03", "\x11", "\x1b"


async def begin(client: Terminal, server: ChatServer) -> None:
    """Ask something, and see the first words of the answer."""
    await client.until("ask")
    client.press("hello\r")
    await client.until(lambda: server.asked)
    server.say("first words ")
    await client.until("first words")


def kept(home: Path) -> tuple[str, str, int]:
    """Status and reply of the only turn, and what is held in the whole ledger."""
    with sqlite3.connect(home / "data" / "ledger.db") as db:
        [(status, reply)] = db.execute("SELECT status, reply FROM turn").fetchall()
        (held,) = db.execute("SELECT COALESCE(SUM(held_nusd), 0) FROM day").fetchone()
        (unsettled,) = db.execute("SELECT COUNT(*) FROM attempt WHERE spend_nusd IS NULL").fetchone()
        assert db.execute("SELECT ended_s IS NOT NULL FROM session").fetchall() == [(1,)]
    db.close()
    return status, reply, held + unsettled


async def test_every_token_is_seen_once_it_is_fed(tmp_path: Path) -> None:
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with terminal(tmp_path) as client:
            await client.until("ask")
            client.press("count\r")
            for number in range(1, 121):
                token = f"token{number:03}"
                server.say(token + " ")
                await client.until(token)
            server.say(end=True)
            await client.until("conf")
            assert "token120" in client.text
            client.press(CTRL_Q)
            assert await client.ended() == 0
    status, reply, open_ = kept(tmp_path)
    assert (status, open_) == ("answered", 0)
    assert reply.split() == [f"token{number:03}" for number in range(1, 121)]


def closed(client: Terminal) -> None:
    client.hang_up()


def terminated(client: Terminal) -> None:
    os.kill(client.process.pid, signal.SIGTERM)


def interrupted(client: Terminal) -> None:
    client.press(CTRL_C)
    client.press(CTRL_C)


def left(client: Terminal) -> None:
    client.press(CTRL_Q)


@pytest.mark.parametrize(
    ("leave", "code"), [(closed, 129), (terminated, 143), (interrupted, 130), (left, 0)], ids=["closed", "terminated", "interrupted", "left"]
)
async def test_leaving_in_mid_stream_settles_the_turn_and_keeps_all_text(
    tmp_path: Path, leave: Callable[[Terminal], None], code: int
) -> None:
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with terminal(tmp_path) as client:
            await begin(client, server)
            client.press("unsent thought")
            await client.until("unsent thought")
            leave(client)
            assert await client.ended() == code
            assert b"Traceback" not in client.raw
            assert leave is closed or b"\x1b[?1049l" in client.raw  # the shell's own screen is back
        assert kept(tmp_path) == ("cancelled", "first words ", 0)
        async with terminal(tmp_path, "--resume") as client:
            await client.until("first words")
            await client.until("unsent thought")
            client.press(CTRL_Q)
            assert await client.ended() == 0


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
