"""Commands as a shell runs them, with folders of their own and a quick simulator to talk to: here, or where it matters
in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from app.cli.main import cli

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-m", "pointsman")
_KEPT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Shell:
    """Runs `pointsman` with a home, a data folder and a configuration that nobody else has."""

    home: Path

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    @property
    def config(self) -> Path:
        return self.home / "config" / "config.yaml"

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = {"HOME": str(self.home), "POINTSMAN_DATA_DIR": str(self.data_dir), "PYTHONPATH": str(ROOT)}
        if self.config.exists():
            own["POINTSMAN_CONFIG"] = str(self.config)
        return {**kept, **own}

    def write_config(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")

    def run(self, *words: str, stdin: bytes | None = None, code: int | None = 0) -> Done:
        """Run a command to its end; `code` is what it must end with, None: whatever. It runs in this process, because
        most of what a command takes is its start; see `spawn`."""
        with chdir(self.home), patch.dict(os.environ, self.environ, clear=True):
            done = CliRunner().invoke(cli, words, input=stdin, prog_name="pointsman", catch_exceptions=False)
        return _ended(words, Done(done.exit_code, done.stdout_bytes.decode(), done.stderr_bytes.decode()), code)

    def spawn(self, *words: str, stdin: bytes | None = None, code: int | None = 0) -> Done:
        """`run`, in a process of its own, with real pipes."""
        done = subprocess.run(
            [*PROGRAM, *words],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            env=self.environ,
            cwd=self.home,
            timeout=60,
            check=False,
        )
        return _ended(words, Done(done.returncode, done.stdout.decode(), done.stderr.decode()), code)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return start(words, self.environ, self.home)


def _ended(words: Sequence[str], done: Done, code: int | None) -> Done:
    assert "Traceback" not in done.err, done.err
    assert code is None or done.code == code, (words, done)
    return done


def start(words: Sequence[str], environ: dict[str, str], home: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environ, cwd=home, text=True
    )


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A configuration whose providers are simulated ones that wait for nothing."""
    with serving(Shell(tmp_path_factory.mktemp("simulator"))) as config:
        yield config


@contextmanager
def serving(shell: Shell, *options: str) -> Iterator[str]:
    """Simulated providers in a process of their own, and the configuration that names them."""
    server = start(("simulate", "--speed", "0", *options), shell.environ, shell.home)
    assert server.stdout is not None
    urls = {}
    for line in iter(server.stdout.readline, "\n"):
        name, url = line.split()
        urls[name] = url
    yield "providers:\n" + "".join(f"  {name}: {{base_url: {url}}}\n" for name, url in urls.items())
    server.terminate()
    server.communicate()


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell on a machine on which nothing was ever set up."""
    return Shell(tmp_path)


@pytest.fixture
def shell(bare: Shell, simulated: str) -> Shell:
    """A shell with a configuration that names the quick simulator."""
    bare.write_config(simulated)
    return bare
