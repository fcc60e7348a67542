"""What the router adds to one streamed call: `Router.send`, reservation and settlement included, over raw httpx.

`python -m benchmarks.overhead [--quick] [--json]`. Both ask the same server on loopback, by turns, each over a warm
connection of its own; `added` is the difference within one round. With BENCH_URL in the environment (and BENCH_N and
BENCH_WARMUP) the router alone is measured against that server, for programs that compare routers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from benchmarks import command
from benchmarks.loopback import MODEL, REPLY, serving
from routing import events as ev
from routing.budget.caps import Caps
from routing.clock import SystemClock
from routing.ledger.journal import Journal
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import ask
from routing.policy.folders import shipped_folder
from routing.policy.loading import load_policy
from routing.providers.contract import ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.model import Model, Price, Registry
from routing.router import Router
from routing.setup import Setup

ROUNDS, QUICK_ROUNDS = 400, 20
WARM_UP = 40
APART_S = 0.005
"""Between two calls, so that what one leaves behind in the background does not fall into the next."""
PROMPT = "Which line is the lever set for? " * 8
_CAP_NUSD = 10**12

Ask = Callable[[], Awaitable[None]]


@asynccontextmanager
async def routed(base_url: str) -> AsyncIterator[Ask]:
    """Asks through a router with the shipped `balanced` profile, a ledger and a daily cap."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        store = Store(Path(folder, "ledger.sqlite3"))
        session = Session(store, "bench", "bench", "balanced", clock.wall())
        router = Router(Journal(store, session.id), _setup(base_url), clock, random.Random(1))

        async def send() -> None:
            async for event in router.send(ask(PROMPT, chat_id="bench")):
                if isinstance(event, ev.TurnFinished):
                    assert (event.status, len(event.path)) == ("answered", 1), event

        yield send
        await router.aclose()
        session.end(clock.wall())
        store.close()


def _setup(base_url: str) -> Setup:
    price = Price(100_000_000, 400_000_000)
    names = (MODEL, *(f"{MODEL}-{n}" for n in range(4)))  # one tier: no answer is worth a second call
    models = tuple(Model(f"bench/{name}", "bench", name, "small", price=price, max_output=4096) for name in names)
    policy = load_policy(shipped_folder() / "balanced.yaml")
    provider = HttpProvider(ProviderConfig("bench", base_url), lambda: "none")
    return Setup(
        profiles={policy.id: policy},
        registry=Registry(models, "bench"),
        providers={"bench": provider},
        caps=Caps(_CAP_NUSD, _CAP_NUSD),
        explain_error=lambda error, model: f"{model.id}: {error}",
    )


@asynccontextmanager
async def raw(base_url: str) -> AsyncIterator[Ask]:
    """Asks with httpx alone."""
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:
        body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "stream": True}

        async def send() -> None:
            pieces: list[str] = []
            async with client.stream("POST", f"{base_url}/chat/completions", json=body) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        pieces += [choice["delta"].get("content") or "" for choice in json.loads(line[6:])["choices"]]
            assert "".join(pieces) == "".join(REPLY)

        yield send


async def _timed(send: Ask) -> float:
    began = perf_counter()
    await send()
    took = perf_counter() - began
    await asyncio.sleep(APART_S)
    return took


async def compare(base_url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each side and of the difference."""
    async with routed(base_url) as ours, raw(base_url) as floor:
        took: dict[str, list[float]] = {"floor": [], "ours": []}
        for round_ in range(-min(WARM_UP, rounds), rounds):
            order = [("floor", floor), ("ours", ours)]
            for name, send in reversed(order) if round_ % 2 else order:
                seconds = await _timed(send)
                if round_ >= 0:
                    took[name].append(seconds)
    added = [mine - bare for mine, bare in zip(took["ours"], took["floor"], strict=True)]
    found = {name: command.spread_ms(values) for name, values in (*took.items(), ("added", added))}
    found["ratio"] = {"p50": round(found["ours"]["p50_ms"] / found["floor"]["p50_ms"], 3)}
    return found


def measure_all(quick: bool) -> dict[str, dict[str, float]]:
    with serving() as root:
        return asyncio.run(compare(f"{root}/v1", QUICK_ROUNDS if quick else ROUNDS))


def report(found: dict[str, dict[str, float]]) -> str:
    names = {"floor": "raw httpx", "ours": "Router.send", "added": "added"}
    rows = [
        f"{said:14}p50 {found[name]['p50_ms']:6.2f} ms   p99 {found[name]['p99_ms']:6.2f} ms"
        for name, said in names.items()
    ]
    return "\n".join((*rows, f"{'ratio':14}p50 {found['ratio']['p50']:6.2f} ×"))


async def _alone(base_url: str, calls: int, warm_up: int) -> dict[str, Any]:
    async with routed(base_url) as send:
        took = [await _timed(send) for _ in range(warm_up + calls)][warm_up:]
    return {**command.spread_ms(took), "kind": "call", "stream": True}


def main() -> None:
    url = os.environ.get("BENCH_URL")
    if url is None:
        command.run(__doc__, measure_all, report)
        return
    calls, warm_up = int(os.environ.get("BENCH_N", ROUNDS)), int(os.environ.get("BENCH_WARMUP", WARM_UP))
    print(json.dumps(asyncio.run(_alone(url, calls, warm_up))))


if __name__ == "__main__":
    main()
