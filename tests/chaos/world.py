"""The scene of a run: the simulated providers in a process of their own, a folder with a configuration, programs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.schedule import NORTH, PROVIDERS, SOUTH, Spell

ROOT = Path(__file__).parents[2]
SPEED = 20
TIMEOUTS = "{connect_s: 0.5, first_token_s: 0.8, idle_s: 0.5, total_s: 6}"
_PLACES = {NORTH: 1, SOUTH: 2}


class Providers:
    """A running `pointsman simulate`. Each provider is asked at its own port, which a fault may close; the first port,
    which never closes, is for faults and bills."""

    def __init__(self, port: int, http: httpx.AsyncClient) -> None:
        self._port, self._http = port, http

    def config(self, timeouts: str = TIMEOUTS) -> str:
        lines = [
            f"  {name}: {{base_url: 'http://127.0.0.1:{self._port + _PLACES[name]}/{name}/v1', timeouts: {timeouts}}}"
            for name in PROVIDERS
        ]
        return "\n".join(("providers:", *lines, "caps: {simulated_day_usd: null}", "profile: chaos", ""))

    async def set(self, spell: Spell) -> None:
        fault = {"kind": spell.kind, "percent": spell.percent}
        response = await self._http.post(self._door(spell.provider, "faults"), json=fault)
        response.raise_for_status()

    async def receipts(self) -> dict[str, list[dict[str, Any]]]:
        """Every call that was accepted, by provider, once nobody is served any more."""
        seen: dict[str, list[dict[str, Any]]] = {}
        while True:
            found = {name: (await self._http.get(self._door(name, "calls"))).json() for name in PROVIDERS}
            if found == seen:
                return found
            seen = found
            await asyncio.sleep(0.3)

    def _door(self, provider: str, what: str) -> str:
        return f"http://127.0.0.1:{self._port}/{provider}/v1/{what}"


@contextlib.asynccontextmanager
async def simulate(seed: int, *, speed: float = SPEED) -> AsyncIterator[Providers]:
    port = _free_ports(1 + len(PROVIDERS))
    options = ("--port", str(port), "--speed", str(speed), "--seed", str(seed))
    server = await start("pointsman", "simulate", *options)
    assert server.stdout is not None
    try:
        while (line := await server.stdout.readline()) and b"Ctrl-C" not in line:
            pass
        async with httpx.AsyncClient(timeout=10) as http:
            yield Providers(port, http)
    finally:
        server.kill()
        await server.wait()


async def start(*module: str) -> asyncio.subprocess.Process:
    """Run a module in the checkout."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-m", *module, cwd=ROOT, stdin=pipe, stdout=pipe)


def furnish(folder: Path, config: str, caps: Mapping[str, Any], **more: Any) -> None:
    """The configuration, and a profile like the shipped one but for what is given."""
    import yaml

    profile = yaml.safe_load((ROOT / "routing/policy/profiles/balanced.yaml").read_text("utf-8"))
    profile |= {"id": "chaos", "caps": dict(caps), **more}
    (folder / "config" / "profiles").mkdir(parents=True)
    (folder / "config" / "config.yaml").write_text(config, "utf-8")
    (folder / "config" / "profiles" / "chaos.yaml").write_text(json.dumps(profile), "utf-8")


def _free_ports(count: int) -> int:
    """The first of some neighbouring ports that nobody has."""
    while True:
        with contextlib.ExitStack() as held:
            first = 0
            try:
                for place in range(count):
                    holder = held.enter_context(socket.socket())
                    holder.bind(("127.0.0.1", first + place if first else 0))
                    first = first or holder.getsockname()[1]
            except (OSError, OverflowError):
                continue
            return first
