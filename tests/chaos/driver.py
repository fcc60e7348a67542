"""Hand out the orders of a schedule to programs that are killed and started again, and write down what they told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.schedule import Order, Schedule
from tests.chaos.witness import taken_nusd
from tests.chaos.world import Providers, start

TURNS_AT_ONCE = 2
"""Of one program."""
_PATIENCE_S = 60.0
_MOST_CRASHES = 20


@dataclass(slots=True)
class Diary:
    """What was asked, and every event that any program said was published: (turn, seq) by tag. `stuck` turns came to
    no end in a long time, in a program that lived; `faults` broke a turn from within."""

    caps_nusd: dict[int, int | None] = field(default_factory=dict)
    told: dict[int, list[tuple[str, int, str]]] = field(default_factory=lambda: defaultdict(list))
    ended: dict[int, str] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    killed: set[int] = field(default_factory=set)
    stuck: list[int] = field(default_factory=list)
    kills: int = 0
    crashes: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Program:
    """A worker that is started again whenever it was killed."""

    def __init__(self, folder: Path, diary: Diary) -> None:
        self._folder, self._diary = folder, diary
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._open: dict[int, asyncio.Event] = {}
        self._ready = asyncio.Event()
        self._starting = asyncio.Lock()
        self._closing = self._to_die = False

    async def run(self, order: Order, cap_nusd: int | None) -> None:
        """Until the turn has ended, or its program."""
        await self.alive()
        assert self._process is not None
        assert self._process.stdin is not None
        done = self._open[order.tag] = asyncio.Event()
        self._diary.caps_nusd[order.tag] = cap_nusd
        if order.cancel_after_s is not None:
            self._diary.cancelled.add(order.tag)
        line = json.dumps({**asdict(order), "chat": order.chat, "day_nusd": cap_nusd})
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await done.wait()
        except TimeoutError:
            self._diary.stuck.append(order.tag)

    async def alive(self) -> None:
        """Started, and ready to be asked. Raises RuntimeError when programs end as soon as they begin."""
        while not self._ready.is_set() or self._listening is None or self._listening.done():
            async with self._starting:
                if self._listening is None or self._listening.done():
                    self._ready.clear()
                    self._process = await start("tests.chaos.worker", str(self._folder))
                    self._listening = asyncio.create_task(self._listen(self._process))
            await self._ready.wait()
            if len(self._diary.crashes) > _MOST_CRASHES:
                raise RuntimeError("the programs end by themselves, again and again")

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._to_die = True
            self._process.kill()
            self._diary.kills += 1

    async def close(self) -> None:
        """Let it end as a program ends."""
        if self._process is not None and self._process.stdin is not None:
            self._closing = True
            self._process.stdin.close()
        if self._listening is not None:
            await self._listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while (line := await process.stdout.readline()).endswith(b"\n"):
            self._hear(json.loads(line))
        code = await process.wait()
        if not (self._to_die or (self._closing and code == 0)):
            self._diary.crashes.append(code)
        self._to_die = False
        open_, self._open = self._open, {}
        self._diary.killed |= set(open_)
        for done in open_.values():
            done.set()
        self._ready.set()

    def _hear(self, said: dict[str, Any]) -> None:
        if "ready" in said:
            self._ready.set()
        elif "done" in said:
            self._diary.ended[said["tag"]] = said["done"]
            self._open.pop(said["tag"]).set()
        elif "fault" in said:
            self._diary.faults.append(f"turn {said['tag']}: {said['fault']}")
            if said["tag"] in self._open:
                self._open.pop(said["tag"]).set()
        else:
            self._diary.told[said["tag"]].append((said["turn"], said["seq"], said["type"]))


async def drive(schedule: Schedule, providers: Providers, folder: Path, concurrency: int) -> Diary:
    """So many turns at once, in half as many programs, to the end of the schedule and of all programs."""
    diary = Diary()
    programs = [Program(folder, diary) for _ in range(max(1, concurrency // TURNS_AT_ONCE))]
    orders, spells = iter(schedule.orders), list(schedule.spells)
    caps: dict[int, int | None] = {}
    kills: list[asyncio.Task[None]] = []

    async def slot(program: Program) -> None:
        for order in orders:
            while spells and spells[0].tag <= order.tag:
                await providers.set(spells.pop(0))
            if order.phase not in caps:
                taken = await asyncio.to_thread(taken_nusd, folder / "data" / "ledger.db")
                caps.setdefault(order.phase, None if order.room_nusd is None else taken + order.room_nusd)
            if order.kill_after_s is not None:
                kills.append(asyncio.create_task(_kill(program, order.kill_after_s)))
            await program.run(order, caps[order.phase])

    await asyncio.gather(*(program.alive() for program in programs))
    await asyncio.gather(*(slot(programs[n % len(programs)]) for n in range(concurrency)))
    await asyncio.gather(*kills)
    await asyncio.gather(*(program.close() for program in programs))
    await settle(folder)
    return diary


async def settle(folder: Path) -> None:
    """A program that starts, mends what it finds, and ends."""
    last = Program(folder, Diary())
    await last.alive()
    await last.close()


async def _kill(program: Program, after_s: float) -> None:
    await asyncio.sleep(after_s)
    program.kill()
