"""Three planted keys, read from the three places that keys are read from, are used, refused, echoed and entered. Then
everything that Pointsman wrote, printed or drew is searched for any part of them, in every form that a key may take."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from app.client import Client
from app.screens.key import KeyScreen
from app.screens.setup import SetupScreen
from routing.providers.keys import FILE_NAME
from tests.app.driving import Driver, driven
from tests.app.terminal import ROOT
from tests.wire.server import SSE_HEAD, refusal

KEYS = {
    "ENV_KEY": "sk-proj-Zq7+Vw/3xT9=mK2fLp8RsYc4",
    "RING_KEY": "AIzaWj5tGb1nQe8uHs3dMv6kXo0pCy2r",
    "FILE_KEY": "gsk_%41f7Jd:Kt2~Bz9!Ph4&Uy6;Nx1Gq",
}
ENTERED = "sk-ant-api03-Lm8Rt5Vw1Zb4Xc7Kp2Qd9Hs"
PART = 10
"""Characters; fewer of them say nothing of a key."""
LISTED = json.dumps({"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model"}]}).encode()
SCREENS = ("f1", "f2", "f3", "f4", "f5", "f7", "f8", "ctrl+o", "ctrl+p")
FAKE_KEYRING = """
import json, os
class errors:
    class KeyringError(Exception): pass
def get_password(service, name):
    return json.loads(os.environ["FAKE_KEYRING"]).get(name)
"""
END = "\n-- end of a command --\n"
_RUN_ALL = f"""
import json, sys
from app.cli.main import cli
for line in json.loads(sys.argv[1]):
    try:
        cli(line, prog_name="pointsman")
    except SystemExit:
        pass
    sys.stderr.flush()
    print({END!r}, end="", flush=True)
"""


@dataclass
class EchoServer:
    """Takes every key as long as it is `kind`; else refuses it, and says it back wherever a server could."""

    kind: bool = True
    port: int = 0
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            writer.write(self._answer(head))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _answer(self, head: str) -> bytes:
        if head.startswith("GET"):
            return refusal(200, LISTED, "connection: close")
        if self.kind:
            told = [{"choices": [{"index": 0, "delta": {"content": "ready"}, "finish_reason": None}]}]
            told.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            body = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in told) + b"data: [DONE]\n\n"
            return SSE_HEAD + b"connection: close\r\n\r\n" + body
        sent = next(line for line in head.split("\r\n") if line.lower().startswith("authorization: ")).partition(" ")[2]
        key = sent.removeprefix("Bearer ")
        coded = base64.b64encode(key.encode()).decode()
        message = f"Incorrect API key provided: {key}. You sent {sent!r} (?key={quote(key, safe='')}, {coded})."
        error = json.dumps({"error": {"message": message, "code": "invalid_api_key"}}).encode()
        return refusal(401, error, f"x-request-id: {key}", "connection: close")


@asynccontextmanager
async def echo_servers(home: Path) -> AsyncIterator[dict[str, EchoServer]]:
    """One for each key, and the `config.yaml` that leads to them."""
    echoes = {name: EchoServer() for name in KEYS}
    servers = [await asyncio.start_server(echo.serve, "127.0.0.1", 0) for echo in echoes.values()]
    lines = ["providers:"]
    for (name, echo), server in zip(echoes.items(), servers, strict=True):
        echo.port = server.sockets[0].getsockname()[1]
        lines.append(f"  {name.lower()[:-4]}: {{base_url: 'http://127.0.0.1:{echo.port}/v1', key: {name}}}")
    lines.append("  other: {base_url: 'http://127.0.0.1:9/v1', key: OTHER_KEY}")
    (home / "config.yaml").write_text("\n".join(lines) + "\n")
    try:
        yield echoes
    finally:
        for server in servers:
            server.close()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The keys in their places; what a command needs in its environment to find them."""
    ring = tmp_path / "ring" / "keyring"
    ring.mkdir(parents=True)
    (ring / "__init__.py").write_text(FAKE_KEYRING)
    (ring / "errors.py").write_text("class KeyringError(Exception): pass\n")
    (tmp_path / "home").mkdir()
    file = tmp_path / "home" / FILE_NAME
    file.write_text(f"FILE_KEY={KEYS['FILE_KEY']}\n")
    file.chmod(0o600)
    environ = {"ENV_KEY": KEYS["ENV_KEY"], "FAKE_KEYRING": json.dumps({"RING_KEY": KEYS["RING_KEY"]})}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(ring.parent))
    yield {**environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ring.parent}"}
    for name in ("keyring", "keyring.errors"):
        sys.modules.pop(name, None)


async def commands(home: Path, environ: dict[str, str], *lines: tuple[str, ...]) -> dict[str, bytes]:
    """Everything that each command prints, on both streams. One process runs them all: starting is what is dear."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _RUN_ALL, json.dumps(lines)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "POINTSMAN_DATA_DIR": str(home / "data"),
            "POINTSMAN_CONFIG": str(home / "config.yaml"),
            **environ,
        },
    )
    out, _ = await process.communicate()
    *printed, rest = out.split(END.encode())
    assert rest == b"", rest.decode()
    return {" ".join(line[:2]): body for line, body in zip(lines, printed, strict=True)}


def forms(key: str) -> Iterator[bytes]:
    """Every part of a key as it is, as a URL, JSON or Python would write it, and in base64 however it is aligned."""
    for text in {key, quote(key, safe=""), quote(key), json.dumps(key)[1:-1], repr(key)[1:-1]}:
        for at in range(len(text) - PART + 1):
            yield text[at : at + PART].encode()
    for before in range(3):
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            text = coded(b"\0" * before + key.encode()).decode().rstrip("=")[4:-4]
            for at in range(len(text) - PART + 1):
                yield text[at : at + PART].encode()


def leaks(told: dict[str, bytes]) -> list[str]:
    return [
        f"{place}: …{body[max(0, body.index(part) - 60) : body.index(part) + 40]!r}…"
        for place, body in told.items()
        for key in (*KEYS.values(), ENTERED)
        for part in [next((part for part in forms(key) if part in body), None)]
        if part is not None
    ]


async def drawn(driver: Driver, told: dict[str, bytes], when: str) -> None:
    """A picture of every screen, as a person would export it."""
    told[f"screenshot of home, {when}"] = driver.app.export_screenshot().encode()
    for key in SCREENS:
        await driver.press(key)
        await driver.until(lambda: len(driver.app.screen_stack) == 2)
        await driver.pilot.pause()
        told[f"screenshot of {key}, {when}"] = driver.app.export_screenshot().encode()
        await driver.press("escape")
        await driver.until(lambda: len(driver.app.screen_stack) == 1)


async def entered(driver: Driver, told: dict[str, bytes]) -> None:
    """Type a key for the fourth provider; nobody answers there, but it is kept."""
    await driver.press("f8")
    await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
    await driver.press("end", "k")
    await driver.until(lambda: isinstance(driver.app.screen, KeyScreen))
    await driver.press("down", *ENTERED)
    told["screenshot while a key is entered"] = driver.app.export_screenshot().encode()
    told["the tree of the key screen"] = repr(list(driver.app.screen.walk_children())).encode()
    await driver.press("enter")
    await driver.told("Kept as OTHER_KEY in")
    told["screenshot after a key was entered"] = driver.app.export_screenshot().encode()
    await driver.press("escape")


async def helped(home: Path) -> None:
    async with driven(home) as driver:
        await driver.press("f1")
        await driver.pilot.pause()


async def crashed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours, with a key in a variable where it happens."""

    def fail(client: Client) -> None:
        assert client.runtime is not None
        keys = [key.value for key in client.runtime.sources.keys.values() if key is not None]
        raise RuntimeError(f"{len(keys)} keys")

    with monkeypatch.context() as patch:
        patch.setattr(Client, "action_help", fail)
        with pytest.raises(RuntimeError):
            await helped(home)


async def test_no_key_is_ever_told(
    tmp_path: Path,
    planted: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    told: dict[str, bytes] = {}
    caplog.set_level(logging.INFO)  # below it, httpcore writes down every header that a server sends
    async with echo_servers(home) as echoes:
        async with driven(home) as driver:
            for name in ("env", "ring", "file"):
                await driver.send(f"/model {name}/gpt-4o-mini")
                await driver.ask("What is 2+3?")
            for echo in echoes.values():
                echo.kind = False
            for name in ("env", "ring", "file"):
                await driver.send(f"/model {name}/gpt-4o-mini")
                await driver.ask("What is 5+8?")
            await drawn(driver, told, "after refusals")
            await entered(driver, told)
            told["toasts"] = "\n".join(driver.toasts).encode()
            told["what is drawn"] = driver.rows.encode()
            (chat,) = [driver.app.chat_id]
            assert chat is not None
        await crashed(home, monkeypatch)
        told |= await commands(
            home,
            planted,
            ("ask", "--json", "--model", "env/gpt-4o-mini", "What is 1+1?"),
            ("check", "--json"),
            ("check",),
            ("models", "--json"),
            ("history", "export", chat),
            ("report", "session", "last", "--json"),
        )
    for name, echo in echoes.items():
        assert any(KEYS[name] in head for head in echo.heads), f"{name} was never sent"
    assert b"does not accept the key read from ENV_KEY in the environment" in told["ask --json"]
    assert ENTERED in (home / FILE_NAME).read_text()
    told["log"] = caplog.text.encode()
    told["stdout"], told["stderr"] = (text.encode() for text in capfd.readouterr())
    written = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert {"data/ledger.db", "data/discovery.json", "data/fault.txt", FILE_NAME} <= set(written)
    told |= {name: body for name, body in written.items() if name != FILE_NAME}
    assert leaks(told) == []


def test_the_search_finds_what_it_searches_for() -> None:
    key = KEYS["ENV_KEY"]
    coded = base64.b64encode(f"user:{key}".encode())
    for body in (key.encode(), quote(key, safe="").encode(), coded, f"…{key[7:19]}…".encode()):
        assert leaks({"here": b"before " + body + b" after"}) != []
    assert leaks({"here": b"sk-proj-..., AIza..., gsk_..."}) == []
