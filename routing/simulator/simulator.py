"""The simulated providers as one thing to start and stop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from routing.clock import Clock, SystemClock
from routing.simulator.delivery import Pace
from routing.simulator.faults import ALL, Fault
from routing.simulator.limits import Limits
from routing.simulator.listener import HOST, Listener
from routing.simulator.models import Offer, load_offers
from routing.simulator.routes import FOLDERS
from routing.simulator.service import Service
from routing.simulator.skills.library import Library


class Simulator:
    """Simulated providers on loopback, each behind a port of its own.

    `speed` 50 is fifty times as fast as the models' data say; 0 or infinity waits for nothing. `documents`
    are Pointsman's own, as files or folders of Markdown. With `port`, that port answers for every provider
    and never refuses, and the providers' own ports follow it; with 0 the system chooses theirs. `limits` are kept and
    announced by each provider; without them none is.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float = 1.0,
        clock: Clock | None = None,
        documents: Path | Sequence[Path] = (),
        offers: Sequence[Offer] | None = None,
        port: int = 0,
        limits: Limits | None = None,
    ) -> None:
        offers = load_offers() if offers is None else offers
        pace = Pace(clock or SystemClock(), 0.0 if math.isinf(speed) else speed)
        self._names = tuple(sorted({offer.provider for offer in offers}))
        self._service = Service(offers, seed, pace, Library(documents), self._apply, limits)
        self._port = port
        self._listeners: dict[str | None, Listener] = {}

    async def start(self) -> None:
        """Raises OSError if a port cannot be had."""
        try:
            if self._port:
                self._listeners[None] = Listener(self._service.serve, self._port)
            for place, name in enumerate(self._names, 1):
                self._listeners[name] = Listener(self._service.serve, self._port and self._port + place)
            for door, listener in self._listeners.items():
                if door is None or not self._is_down(door):
                    await listener.listen()
        except OSError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close all ports and connections; what is under way ends as if the machine had gone."""
        listeners, self._listeners = self._listeners, {}
        await asyncio.gather(*(listener.aclose() for listener in listeners.values()))

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def providers(self, dialect: str = "openai") -> list[dict[str, Any]]:
        """How to reach each in a dialect: name, dialect, base_url, simulated. Which models are local, `/models` says.

        Raises ValueError, with one sentence, for a dialect that is not spoken.
        """
        if dialect not in FOLDERS:
            raise ValueError(f'the simulator does not speak "{dialect}"; it speaks {", ".join(FOLDERS)}.')
        return [
            {
                "name": name,
                "dialect": dialect,
                "base_url": f"http://{HOST}:{self._listeners[name].port}/{name}{FOLDERS[dialect]}",
                "simulated": True,
            }
            for name in self._names
        ]

    async def set_fault(
        self, provider: str, kind: str | None, times: int | None = None, percent: int | None = None
    ) -> None:
        """Give a provider (or `all`) a fault, or None to mend it; in force when this returns.

        Raises ValueError, with one sentence, for a provider or a kind that does not exist.
        """
        if provider not in (*self._names, ALL):
            raise ValueError(f'there is no provider "{provider}"; there are {", ".join(self._names)} and {ALL}.')
        fault = None if kind is None else Fault(kind, times, percent)
        for name in self._names if provider == ALL else (provider,):
            await self._apply(name, fault)

    def fault(self, provider: str) -> Fault | None:
        """The fault that a provider has now."""
        return self._service.faults.current(provider)

    def served(self) -> dict[str, dict[str, Any]]:
        """What each provider has served: calls, finished, tokens, `cost_nusd`, and the same per model."""
        return {name: self._service.bill.of(name) for name in self._names}

    async def _apply(self, provider: str, fault: Fault | None) -> None:
        self._service.faults.set(provider, fault)
        listener = self._listeners.get(provider)
        if listener is None:
            return
        if self._is_down(provider):
            listener.refuse()
            await asyncio.sleep(0)  # idle connections are gone when this returns
        else:
            await listener.listen()

    def _is_down(self, provider: str) -> bool:
        """A standing refusal closes the port; another resets the connections that meet it."""
        fault = self._service.faults.current(provider)
        return fault is not None and fault.kind == "refuse" and fault.standing


async def serve(
    port: int,
    *,
    seed: int = 0,
    speed: float = 1.0,
    documents: Path | Sequence[Path] = (),
    faults: Sequence[tuple[str, Fault]] = (),
    ready: Callable[[Simulator], None] = lambda simulator: None,
) -> None:
    """Serve until cancelled: every provider at `port`, and each at a port of its own after it.

    `ready` is called once all ports are open. Raises OSError if a port cannot be had.
    """
    async with Simulator(seed=seed, speed=speed, documents=documents, port=port) as simulator:
        for provider, fault in faults:
            await simulator.set_fault(provider, fault.kind, fault.times, fault.percent)
        ready(simulator)
        await asyncio.Event().wait()
