"""Peers as processes on free ports of this machine: started, waited for, stopped by their process id."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx

from routing.providers.dialects import dialect_names
from tests.peers.fetching import Program, cache
from tests.peers.tiny_model import Kind, make

_PATIENCE_S = 60


@dataclass(frozen=True)
class Peer:
    """A running server. `url` is its root, without a version; `folders` are what base URLs add to it, by dialect."""

    folders: ClassVar[dict[str, str]]
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def dialects(cls) -> list[str]:
        """Those that both of us speak."""
        return [dialect for dialect in dialect_names() if dialect in cls.folders]

    def base_url(self, dialect: str) -> str:
        return self.url + self.folders[dialect]

    def wait_until_healthy(self) -> None:
        """Raises AssertionError, with the end of its log, when it dies or stays silent."""
        gives_up_at = time.monotonic() + _PATIENCE_S
        while not self._healthy():
            assert self.process.poll() is None, f"died: {self.log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < gives_up_at, f"silent: {self.log.read_text(errors='replace')[-2000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """At once, as a machine that goes down."""
        self.process.kill()
        self.process.wait()

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@dataclass(frozen=True)
class LlamaServer(Peer):
    """llama.cpp's own server, with one tiny model. `key` is what it asks for, or empty."""

    folders = {"openai": "/v1", "anthropic": ""}
    key: str = ""

    def counted(self) -> tuple[int, int, int]:
        """Tokens since its start, by its own count: read, of these from its cache, written."""
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        told = httpx.get(f"{self.url}/metrics", headers=headers, trust_env=False).raise_for_status().text
        lines = [line.split() for line in told.splitlines() if not line.startswith("#")]
        count = {name.removeprefix("llamacpp:"): int(float(value)) for name, value in lines}
        cached = count["prompt_tokens_cached_total"]
        return count["prompt_tokens_total"] + cached, cached, count["tokens_predicted_total"]


@dataclass(frozen=True)
class Aimock(Peer):
    """A mock of several services. A client is known to it by the header `x-test-id`."""

    folders = {"openai": "/v1", "anthropic": "", "gemini": "", "ollama": ""}

    def journal(self, client: str) -> list[dict[str, Any]]:
        """The requests of one client, as the mock understood them, with the answers that it chose."""
        found = httpx.get(f"{self.url}/__aimock/journal", params={"testId": client}, trust_env=False)
        entries: list[dict[str, Any]] = found.raise_for_status().json()
        return [entry for entry in entries if entry["method"] == "POST"]

    def break_for(self, client: str, **rates: float) -> None:
        """Faults for one client from now on: `dropRate`, `malformedRate`, `disconnectRate`, `rateLimitRate`."""
        url = f"{self.url}/__aimock/chaos"
        httpx.post(url, json=rates, headers={"x-test-id": client}, trust_env=False).raise_for_status()


@contextmanager
def running_llama(
    program: Program, kind: Kind, log: Path, *options: str, key: str = "", window: int = 2048, wait: bool = True
) -> Iterator[LlamaServer]:
    """A llama-server whose one slot holds `window` tokens. `wait=False` hands it over while it may still load."""
    port = free_port()
    model = make(cache(), kind)
    words = ["--model", str(model), "--alias", f"tiny-{kind}", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--ctx-size", str(window), "--parallel", "1", "--threads", "1", "--metrics", *options]
    words += ["--api-key", key] if key else []
    process = _start(program, words, log)
    try:
        server = LlamaServer(f"http://127.0.0.1:{port}", process, log, key)
        if wait:
            server.wait_until_healthy()
        yield server
    finally:
        _stop(process)


@contextmanager
def running_aimock(program: Program, fixtures: Path, log: Path) -> Iterator[Aimock]:
    port = free_port()
    process = _start(program, ["-p", str(port), "-h", "127.0.0.1", "-f", str(fixtures), "--log-level", "warn"], log)
    try:
        server = Aimock(f"http://127.0.0.1:{port}", process, log)
        server.wait_until_healthy()
        yield server
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _start(program: Program, words: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as said:
        return subprocess.Popen(
            [*program.command, *words],
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
