"""A terminal with the client in it, keys that go in one by one, and how long each takes until it can be read."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pyte

from tests.soak.world import ROOT

SIZE = (120, 40)
_COLOURS = re.compile(rb"\x1b\[[0-9;:]*m")
_EMPTY = "Askanything"
_SLICE_S = 0.05


class EndedError(Exception):
    """The client is no longer there, or does not read its keys."""


class Echoes:
    """Keys that are not yet seen in the composer, and how long the others took in seconds."""

    def __init__(self) -> None:
        self.took_s: list[float] = []
        self.unseen = 0
        self._waiting: list[tuple[float, str]] = []

    def expect(self, at_s: float, written: str) -> None:
        """A key was sent, with which `written` stands in the composer; spaces do not count."""
        self._waiting.append((at_s, squeezed(written)))

    def seen(self, at_s: float, composer: str) -> None:
        self.took_s += [at_s - sent_s for sent_s, written in self._waiting if composer.startswith(written)]
        self._waiting = [one for one in self._waiting if not composer.startswith(one[1])]

    def settle(self) -> None:
        """What is not seen by now never will be."""
        self.unseen += len(self._waiting)
        self._waiting = []


class Window:
    """The client in a pseudo-terminal of 120 by 40. `tick` is called often while it is waited for something."""

    def __init__(self, home: Path, tick: Callable[[], None]) -> None:
        self.tick = tick
        self.echoes = Echoes()
        self.keys = 0
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = os.openpty()
        self._set_size(*SIZE)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.process = psutil.Popen(
            [
                sys.executable,
                "-m",
                "pointsman",
                "--data-dir",
                str(home / "data"),
                "--config",
                str(home / "config.yaml"),
            ],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=home,
            env={**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        os.set_blocking(self._master, False)

    # What is seen

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._rows())

    def _rows(self) -> list[str]:
        """The screen's rows. pyte's own `display` ends in an error where half a wide sign was written over."""
        screen = self._screen
        return ["".join(screen.buffer[y][x].data for x in range(screen.columns)) for y in range(screen.lines)]

    @property
    def composer(self) -> str | None:
        """What is written in the composer, without spaces; None when it is covered."""
        rows = self._rows()
        top = next((y for y in range(len(rows) - 1, -1, -1) if rows[y].startswith("╭─ ask")), None)
        if top is None:
            return None
        width = rows[top].find("╮")
        inside: list[str] = []
        for row in rows[top + 1 :]:
            if not row.startswith("│"):
                break
            inside.append(row[1:width])
        written = squeezed("".join(inside))
        return "" if written == _EMPTY else written

    # What is done

    def press(self, keys: str) -> None:
        """Raises EndedError, too, when nobody takes the keys any more."""
        try:
            os.write(self._master, keys.encode())
        except OSError:
            raise EndedError from None

    def type(self, text: str, pauses_s: Callable[[], float]) -> None:
        """Key by key into an empty composer; each echo is measured."""
        for end in range(1, len(text) + 1):
            self.press(text[end - 1])
            self.keys += 1
            if not text[end - 1].isspace():
                self.echoes.expect(time.monotonic(), text[:end])
            self.wait(pauses_s())

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def wait(self, s: float) -> None:
        self.until(lambda: False, s)

    def until(self, condition: Callable[[], object], patience_s: float) -> bool:
        """Wait until it holds; False when it did not within `patience_s`. Raises EndedError."""
        end_s = time.monotonic() + patience_s
        while not (held := bool(condition())) and (left_s := end_s - time.monotonic()) > 0:
            self._take(min(left_s, _SLICE_S))
            self.tick()
        return held

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _take(self, patience_s: float) -> None:
        """Draw what the client writes within this time."""
        ready, _, _ = select.select([self._master], [], [], patience_s)
        read_s, data = time.monotonic(), b""
        if ready:
            with suppress(OSError):  # on Linux a terminal without a program cannot be read
                data = os.read(self._master, 65536)
        if data:
            self._stream.feed(_COLOURS.sub(b"", data))
            self.echoes.seen(read_s, self.composer or "")
        elif self.process.poll() is not None:
            raise EndedError

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def squeezed(text: str) -> str:
    return "".join(text.split())
