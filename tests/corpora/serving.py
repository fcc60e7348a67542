"""A server of the tests in a thread of its own, so that commands can be run beside it; and commands, run here."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from click.testing import CliRunner

from app.cli.main import cli
from tests.wire.server import Seen, Step, WireServer, wire_server

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")


class Told(NamedTuple):
    """What a command ended with, and what it wrote, in order."""

    code: int
    out: str
    err: str


@contextmanager
def serving(answer: Callable[[Seen], Sequence[Step]]) -> Iterator[WireServer]:
    """A server on loopback for as long as the block runs."""
    started: list[WireServer] = []
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with wire_server(answer=answer) as server:
            started.append(server)
            ready.set()
            await stop.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()  # answers that a client no longer waits for
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def command(home: Path, *words: str, stdin: bytes | None = None) -> Told:
    """Run `pointsman` with data and a configuration under `home`, to its end. Anything that it raises is raised."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = ("--data-dir", str(home / "data"), "--config", str(home / "config.yaml"))
    with patch.dict(os.environ, {**kept, "HOME": str(home)}, clear=True):
        done = CliRunner().invoke(cli, [*places, *words], input=stdin, prog_name="pointsman", catch_exceptions=False)
    return Told(
        done.exit_code, done.stdout_bytes.decode("utf-8", "replace"), done.stderr_bytes.decode("utf-8", "replace")
    )
