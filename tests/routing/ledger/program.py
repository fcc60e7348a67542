"""A program on the ledger, to be run as a process of its own and killed.

python -m tests.routing.ledger.program stream FOLDER      escalates, then streams without end; a line for each delta
python -m tests.routing.ledger.program turns FOLDER NAME N CALLS    N turns under a cap that fits CALLS of them
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from routing import events as ev
from routing.budget.caps import Caps
from routing.clock import SystemClock
from routing.ledger.journal import Journal
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import Request, TextChunk, Usage, ask
from routing.router import Router
from tests.fakes import FakeProvider, Script, Wait, a_model, a_policy, a_route, a_rung, a_setup, says

HELLO = ask("Hello there, how are you?", chat_id="c1")
WORD = "word "


class Program:
    """A router with the machine's own clock on a real session."""

    def __init__(self, folder: Path, name: str, scripts: dict[str, list[Script]], caps: Caps) -> None:
        self.clock = SystemClock()
        self.store = Store(folder / "pointsman.db")
        self.session = Session(self.store, name, "test", "balanced", self.clock.wall())
        provider = FakeProvider("north", self.clock, scripts)
        policy = a_policy(a_route(a_rung("small", 1.0), a_rung("large")))
        models = [a_model(f"north/{name}") for name in scripts]
        setup = a_setup(models, {"north": provider}, policy, caps=caps)
        self.router = Router(Journal(self.store, name), setup, self.clock, random.Random(1))

    async def ask(self, request: Request) -> ev.TurnFinished:
        events = [event async for event in self.router.send(request)]
        end = events[-1]
        assert isinstance(end, ev.TurnFinished)
        return end

    def end(self) -> None:
        self.session.end(self.clock.wall())
        self.store.close()


async def stream(folder: Path) -> None:
    endless = [step for _ in range(100_000) for step in (TextChunk(WORD), Wait(0.001))]
    program = Program(folder, "killed", {"small": [says("A guess.")], "large": [endless]}, Caps())
    async for event in program.router.send(HELLO):
        print(event.type, flush=True)


async def turns(folder: Path, name: str, number: int, calls: int) -> None:
    """Each call costs exactly what it reserves, so that a cap of `calls` calls fits as many."""
    probe = Program(folder, f"{name}-probe", {"small": [says("Hi.")]}, Caps())
    explained = probe.router.explain(HELLO)
    worst = explained.decision.candidates[0].worst_nusd
    probe.end()
    usage = Usage(int(explained.features.input_tokens * 1.5), explained.decision.max_output_tokens, reported=True)
    program = Program(folder, name, {"small": [says("Hi.", usage=usage)]}, Caps(day_nusd=worst * calls))
    ends = [await program.ask(HELLO) for _ in range(number)]
    program.end()
    answered = [end for end in ends if end.status == "answered"]
    print(len(answered), sum(end.spend_nusd for end in ends), worst)


if __name__ == "__main__":
    mode, where, *rest = sys.argv[1:]
    if mode == "stream":
        asyncio.run(stream(Path(where)))
    else:
        asyncio.run(turns(Path(where), rest[0], int(rest[1]), int(rest[2])))
