"""Start-up: how soon a key is echoed, how soon a prompt leaves, and what it weighs, against a bare Textual app.

`python -m benchmarks.startup [--quick] [--json]`. Both run in a pseudo-terminal and are asked by turns. A key counts
as echoed when its sign is among what was written to the terminal; `leaves` is from Enter on the first prompt, a second
after the first echo, to its arrival at a server on loopback.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

from benchmarks import command
from benchmarks.loopback import arrivals, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS, QUICK_ROUNDS = 9, 1
KEY = "§"
KEY_EVERY_S = 0.02
SETTLE_S = 1.0
PATIENCE_S = 60.0
ROWS, COLUMNS = 40, 120
_FULL_SCREEN = b"\x1b[?1049h"
_CONFIG = "providers:\n  bench:\n    dialect: openai\n    base_url: {root}/v1\n    key: BENCH_KEY\n"

Result = dict[str, float]


class Terminal:
    """A program in a pseudo-terminal of its own."""

    def __init__(self, words: list[str], environ: dict[str, str]) -> None:
        self.began = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execve(words[0], words, environ)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        modes = termios.tcgetattr(self._fd)
        modes[3] &= ~termios.ECHO  # what is echoed must be the program's own work
        termios.tcsetattr(self._fd, termios.TCSANOW, modes)
        self.shown = b""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def pump(self, seconds: float) -> float:
        """Take what the program writes, for as long as something comes or `seconds` pass; returns the time then."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        now = time.monotonic()
        if ready:
            self.shown += os.read(self._fd, 65536)
        return now

    def rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.pump(left)

    @property
    def resident(self) -> float:
        """MiB of the program and its children."""
        process = psutil.Process(self._pid)
        family = (process, *process.children(recursive=True))
        return float(sum(one.memory_info().rss for one in family)) / 2**20

    def close(self) -> None:
        os.kill(self._pid, signal.SIGTERM)
        with suppress(OSError):
            while True:
                self.pump(PATIENCE_S)
        os.waitpid(self._pid, 0)
        os.close(self._fd)


@contextmanager
def terminal(words: list[str], environ: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal(words, environ)
    try:
        yield opened
    finally:
        opened.close()


def first_echo(program: Terminal) -> float:
    """Seconds from exec to the first echo of a key that is pressed again and again."""
    pressed = 0.0
    now = program.began
    while now - program.began < PATIENCE_S:
        now = program.pump(KEY_EVERY_S / 4)
        if KEY.encode() in program.shown:
            return now - program.began
        if _FULL_SCREEN in program.shown and now - pressed > KEY_EVERY_S:
            program.type(KEY)
            pressed = now
    raise TimeoutError("no key was echoed: " + repr(program.shown[-500:]))


def leaves(program: Terminal, root: str) -> float:
    """Seconds from Enter to the arrival of the prompt."""
    before = len(arrivals(root))
    program.type(" How are you?")
    program.rest(0.5)
    entered = time.monotonic()
    program.type("\r")
    while time.monotonic() - entered < PATIENCE_S:
        program.rest(0.2)
        come = arrivals(root)[before:]
        if come:
            return come[0] - entered
    raise TimeoutError("no prompt came")


def start(words: list[str], environ: dict[str, str], root: str) -> Result:
    """One start, from exec to the first answer."""
    with terminal(words, environ) as program:
        echo = first_echo(program)
        program.rest(SETTLE_S)
        resident = program.resident
        return {"echo_ms": 1000 * echo, "leaves_ms": 1000 * leaves(program, root), "memory_mib": resident}


def measure_all(quick: bool) -> dict[str, Result]:
    """Medians of each side, and their ratio."""
    with serving() as root, tempfile.TemporaryDirectory(prefix="startup-") as home:
        config = Path(home, "config.yaml")
        config.write_text(_CONFIG.format(root=root), encoding="utf-8")
        here = Path(__file__).resolve().parent.parent
        environ = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(here), "TERM": "xterm-256color"}
        environ |= {"COLORTERM": "truecolor", "LANG": "C.UTF-8", "BENCH_KEY": "none"}
        sides = {
            "floor": [sys.executable, "-m", "benchmarks.floor", root],
            "ours": [sys.executable, "-m", "pointsman", "--data-dir", home, "--config", str(config)],
        }
        for words in () if quick else sides.values():  # the first start of each fills caches
            start(words, environ, root)
        runs: dict[str, list[Result]] = {name: [] for name in sides}
        for round_ in range(QUICK_ROUNDS if quick else ROUNDS):
            for name in sorted(sides, reverse=bool(round_ % 2)):
                runs[name].append(start(sides[name], environ, root))
    found = {name: {key: median(run[key] for run in of) for key in of[0]} for name, of in runs.items()}
    found["ratio"] = {key.rsplit("_", 1)[0]: found["ours"][key] / value for key, value in found["floor"].items()}
    return {name: {key: round(value, 3) for key, value in one.items()} for name, one in found.items()}


def report(found: dict[str, Result]) -> str:
    lines = [f"{'':8}{'first echo':>12}{'prompt leaves':>15}{'memory':>10}"]
    for name in ("floor", "ours"):
        one = found[name]
        memory = f"{one['memory_mib']:.0f} MiB"
        lines.append(f"{name:8}{one['echo_ms']:9.0f} ms{one['leaves_ms']:12.1f} ms{memory:>10}")
    ratio = found["ratio"]
    lines.append(f"{'ratio':8}{ratio['echo']:10.2f} ×{ratio['leaves']:13.2f} ×{ratio['memory']:8.2f} ×")
    return "\n".join(lines)


if __name__ == "__main__":
    command.run(__doc__, measure_all, report)
