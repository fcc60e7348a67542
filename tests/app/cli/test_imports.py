"""What a command may load: only what it needs. Each runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.app.cli.conftest import ROOT, Shell

_PROBE = """
import atexit, sys
sys.argv = ["pointsman", *{words!r}]
heavy = {heavy!r}
atexit.register(lambda: print("LOADED", *[name for name in heavy if name in sys.modules], file=sys.stderr))
import pointsman
pointsman.main()
"""


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (("--help",), ("textual", "rich", "httpx", "pydantic", "yaml", "sqlite3", "asyncio")),
        (("--version",), ("textual", "rich", "httpx", "pydantic", "yaml", "sqlite3", "asyncio")),
        (("ask", "--help"), ("textual", "rich", "httpx", "pydantic")),
        (("explain", "hello"), ("textual", "rich", "httpx", "genai_prices")),
        (("report", "spend"), ("textual", "rich", "httpx")),
        (("history", "list"), ("textual", "rich", "httpx")),
        (("ask", "hello"), ("textual", "genai_prices")),
    ],
    ids=lambda value: " ".join(value) if "textual" not in value else "",
)
def test_loads_only_what_it_needs(shell: Shell, words: tuple[str, ...], heavy: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(words=words, heavy=heavy)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=shell.environ,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "LOADED"
