"""The client as a process of its own in a pseudo-terminal, and what a person would see there."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0


class Terminal:
    """A pseudo-terminal with `pointsman` in it."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, size: tuple[int, int]) -> None:
        self.process = process
        self._master = master
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""

    @property
    def text(self) -> str:
        """Everything that is to be seen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    async def until(self, condition: str | Callable[[], object]) -> None:
        """Wait for words on the screen, or for something to become true."""
        holds = (lambda: condition in self.text) if isinstance(condition, str) else condition
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():  # noqa: ASYNC110 - what is waited for is another process
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"still waiting for {condition!r}:\n{self.text}") from None

    async def ended(self) -> int:
        """Wait for the end of the process; returns its exit code."""
        async with asyncio.timeout(PATIENCE_S):
            while self.process.poll() is None:  # noqa: ASYNC110 - it ends in another process
                await asyncio.sleep(0.01)
        self.take()
        return int(self.process.returncode)

    def take(self) -> None:
        """Draw what the process has written."""
        with suppress(OSError, BlockingIOError):
            while data := os.read(self._master, 65536):
                self.raw += data
                self._stream.feed(data)

    def hang_up(self) -> None:
        """Close the terminal's window."""
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)


@asynccontextmanager
async def terminal(home: Path, *words: str, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Terminal]:
    """Run `pointsman` with data and a configuration under `home` (`home/config.yaml`)."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    own = ("--data-dir", str(home / "data"), "--config", str(home / "config.yaml"))
    process = subprocess.Popen(  # noqa: ASYNC220 - asyncio's own cannot take the terminal over
        [sys.executable, "-m", "pointsman", *own, *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=home,
        env={**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "TEST_KEY": "wrong"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    os.set_blocking(master, False)
    opened = Terminal(process, master, size)
    asyncio.get_running_loop().add_reader(master, opened.take)
    try:
        yield opened
    finally:
        opened.close()


def kept(home: Path) -> tuple[str, str, int]:
    """Status and reply of the only turn, and what the whole ledger still holds."""
    db = sqlite3.connect(home / "data" / "ledger.db")
    [(status, reply)] = db.execute("SELECT status, reply FROM turn").fetchall()
    (held,) = db.execute("SELECT COALESCE(SUM(held_nusd), 0) FROM tally").fetchone()
    (open_,) = db.execute("SELECT COUNT(*) FROM attempt WHERE spend_nusd IS NULL").fetchone()
    (running,) = db.execute("SELECT COUNT(*) FROM session WHERE ended_s IS NULL").fetchone()
    db.close()
    return status, reply, held + open_ + running
