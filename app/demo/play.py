"""Plays the demo: real turns of the real router, on simulated providers, with real faults."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from app.cli.figures import attempt_line
from app.cli.manners import tell
from app.cli.summaries import session_tables
from app.cli.tables import as_text
from app.demo.scenes import PROFILES, SCENES, Scene
from app.history.conversation import new_chat_id
from app.runtime import Runtime
from app.settings import Paths, Settings
from app.sources import Wanted
from routing.clock import SystemClock
from routing.messages import Limits, Request, ask
from routing.policy.loading import load_policy
from routing.reports.session import summarise_session
from routing.simulator import Simulator, parse_fault
from routing.trace import Trace

SPEED = 4.0
_TOLD = ("retry", "escalation", "failover", "step_down", "cap", "breaker")


async def play(data_dir: Path | None, faults: tuple[str, ...]) -> None:
    """Play every scene and tell the summary. `faults` last for all of them; without `data_dir` the ledger is thrown
    away. The user's configuration is left aside."""
    with tempfile.TemporaryDirectory(prefix="pointsman-demo-") as folder:
        paths = Paths(data_dir or Path(folder), Path(folder) / "config.yaml")
        runtime = await _open(paths, faults)
        try:
            click.echo("Eight turns on simulated providers, for simulated dollars.\n")
            for n, scene in enumerate(SCENES, start=1):
                await _play(runtime, n, scene, faults)
            summary = summarise_session(runtime.store, runtime.session.id)
            tell("\n\n".join(map(as_text, session_tables(summary))))
        finally:
            await runtime.aclose()


async def _open(paths: Paths, faults: tuple[str, ...]) -> Runtime:
    wanted = Wanted(faults=faults, simulate=True, speed=SPEED, seed=1)
    runtime = await Runtime.open(paths, Settings(), program="demo", wanted=wanted)
    own = {policy.id: policy for policy in map(load_policy, PROFILES)}
    setup = runtime.router.setup
    runtime.router.configure(replace(setup, profiles={**setup.profiles, **own}))
    return runtime


async def _play(runtime: Runtime, n: int, scene: Scene, faults: tuple[str, ...]) -> None:
    request = _request(runtime, scene)
    simulator = runtime.sources.simulator
    assert simulator is not None  # the stage asked for simulated providers
    runtime.router.observed.reset()
    await _break(runtime, simulator, scene, request)
    click.echo(f"{n}. {scene.title}\n   > {scene.prompt}")
    turn = runtime.router.start(request)
    await turn.wait()
    _tell(turn.trace)
    await _mend(simulator, faults)


def _request(runtime: Runtime, scene: Scene) -> Request:
    request = ask(scene.prompt, chat_id=new_chat_id(SystemClock().wall()), profile=scene.profile)
    if not scene.purse:
        return request
    decision = runtime.router.explain(request).decision
    enough = decision.candidate(decision.ladder[-1].models[0]).worst_nusd
    return replace(request, limits=Limits(credit_nusd=enough))


async def _break(runtime: Runtime, simulator: Simulator, scene: Scene, request: Request) -> None:
    if scene.fault is None:
        return
    chosen = runtime.router.explain(request).decision.chosen or "all"
    provider = "all" if scene.where == "all" else chosen.partition("/")[0]
    await simulator.set_fault(provider, scene.fault, scene.times)


async def _mend(simulator: Simulator, faults: tuple[str, ...]) -> None:
    """All is well again, but for the faults that were asked for."""
    await simulator.set_fault("all", None)
    for provider, fault in map(parse_fault, faults):
        await simulator.set_fault(provider, fault.kind, fault.times, fault.percent)


def _tell(trace: Trace) -> None:
    """The calls and what changed the path, as they followed each other; then the reply and the sentence."""
    steps = [(attempt.ended_s or attempt.started_s, attempt_line(attempt)) for attempt in trace.attempts]
    steps += [
        (note.at_s, f"  {note.kind.replace('_', ' ')}: {note.sentence}") for note in trace.notes if note.kind in _TOLD
    ]
    lines = [line for _, line in sorted(steps, key=lambda step: step[0])]
    end = trace.finished
    if end is not None:
        lines += ["", *end.reply.split("\n"), "", f"→ {end.sentence}"]
    tell("\n".join(f"   {line}".rstrip() for line in lines) + "\n")
