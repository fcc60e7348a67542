"""python -m tests.chaos.hedging: the tail of the first token when three of a hundred calls stall, with and without
hedging, and what the hedges cost. Told as JSON; ends with 1 when more turns were hedged than the profile allows.

The machine's own time passes: a stalled call begins after eight seconds, others as the models' data say, but faster.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.runtime import Runtime
from app.settings import Paths, read_settings
from routing import events as ev
from routing.messages import ask
from tests.chaos.schedule import PROVIDERS, Spell
from tests.chaos.world import furnish, simulate

STALLED_PERCENT = 3
SPEED = 2.5
"""A stalled model begins after twenty seconds of its own: eight of ours."""
MAX_SHARE, MIN_S = 0.05, 1.5
_PATIENT = "{connect_s: 5, first_token_s: 20, idle_s: 15, total_s: 60}"
_ROUTES = {"everyday": {"ladder": [{"tier": "mid", "threshold": 0.3}, "large"]}}
_PROMPT = "Summarise in one sentence: Train {n} left late. It carried coal. The bridge was shut, so it went round."


@dataclass(frozen=True, slots=True)
class Told:
    """One turn. Seconds from the prompt to the first token of any model; None when none came."""

    status: str
    first_s: float | None
    spend_nusd: int
    hedged: bool
    cut_nusd: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.hedging", description="The tail of the first token.")
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--lanes", type=int, default=6, help="turns at once")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    report = asyncio.run(compare(args.turns, args.lanes, args.seed))
    print(json.dumps(report, indent=2))
    return 1 if report["broken"] else 0


async def compare(turns: int, lanes: int, seed: int) -> dict[str, Any]:
    """Both at once, each with providers, a ledger and a history of its own; the seed fixes which call stalls."""
    without, hedged = await asyncio.gather(*(_arm(share, turns, lanes, seed) for share in (0.0, MAX_SHARE)))
    plain, tail = _summary(without), _summary(hedged)
    extra = sum(one.cut_nusd for one in hedged)
    share = sum(one.hedged for one in hedged) / turns
    broken = []
    if share > MAX_SHARE:
        broken.append(f"{share:.1%} of the turns were hedged, {MAX_SHARE:.0%} may be")
    if any(one.hedged for one in without):
        broken.append("turns were hedged that must not be")
    return {
        "seed": seed,
        "turns": turns,
        "stalled_calls_percent": STALLED_PERCENT,
        "without": plain,
        "hedged": tail,
        "hedged_turns_share": round(share, 4),
        "hedges_cost_nusd": extra,
        "hedges_cost_share": round(extra / tail["spend_nusd"], 4) if tail["spend_nusd"] else None,
        "broken": broken,
    }


async def _arm(max_share: float, turns: int, lanes: int, seed: int) -> list[Told]:
    with tempfile.TemporaryDirectory(prefix="pointsman-hedging-") as name:
        folder = Path(name)
        async with simulate(seed, speed=SPEED) as providers:
            caps = {"request_usd": 0.5}
            hedge = {"max_share": max_share, "min_s": MIN_S}
            config = providers.config(timeouts=_PATIENT)
            furnish(folder, config, caps, hedge=hedge, routes=_ROUTES, rules=[], throttle=False)
            paths = Paths(folder / "data", folder / "config" / "config.yaml")
            runtime = await Runtime.open(paths, read_settings(paths), program="hedging")
            try:
                await _warm_up(runtime)
                for provider in PROVIDERS:
                    await providers.set(Spell(0, provider, "slow", STALLED_PERCENT))
                return await _ask_all(runtime, turns, lanes)
            finally:
                await runtime.aclose()


async def _warm_up(runtime: Runtime) -> None:
    """The first calls of a program, which load what is loaded once."""
    for n in range(3):
        await _ask(runtime, n)


async def _ask_all(runtime: Runtime, turns: int, lanes: int) -> list[Told]:
    numbers = iter(range(1_000, 1_000 + turns))

    async def lane() -> list[Told]:
        return [await _ask(runtime, n) for n in numbers]

    return [one for told in await asyncio.gather(*(lane() for _ in range(lanes))) for one in told]


async def _ask(runtime: Runtime, n: int) -> Told:
    events = [event async for event in runtime.router.send(ask(_PROMPT.format(n=n), chat_id=f"hedging-{n}"))]
    end = events[-1]
    assert isinstance(end, ev.TurnFinished)
    cut = {event.attempt for event in events if isinstance(event, ev.HedgeCut)}
    settled = [event for event in events if isinstance(event, ev.Settled)]
    return Told(
        status=end.status,
        first_s=next((event.at_s for event in events if isinstance(event, ev.FirstToken)), None),
        spend_nusd=sum(event.spend_nusd for event in settled),
        hedged=any(isinstance(event, ev.HedgeStarted) for event in events),
        cut_nusd=sum(event.spend_nusd for event in settled if event.attempt in cut),
    )


def _summary(told: Sequence[Told]) -> dict[str, Any]:
    first = sorted(one.first_s for one in told if one.first_s is not None)
    return {
        "answered": sum(one.status == "answered" for one in told),
        "first_token_s": {f"p{share}": round(_quantile(first, share / 100), 3) for share in (50, 95, 97, 98, 99)},
        "slowest_s": round(first[-1], 3),
        "spend_nusd": sum(one.spend_nusd for one in told),
    }


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


if __name__ == "__main__":
    sys.exit(main())
