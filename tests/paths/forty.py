"""python -m tests.paths.forty [--seeds 20] [--json]: forty turns, each answer rated by somebody who knows the truth.

Does the confidence move to it? One in eight ratings is asked for, the others are given unasked. Told are, before and
after: the distance of the mean confidence from the share of right answers that is to be expected, and the Brier score
that is to be expected of the confidence, both from the known probabilities, so that no luck of ten answers is in them.
Each as median and range over the seeds, of the turns 1–10 and 31–40, and of 40 fresh answers that nobody rates: with
the confidence as it is without any rating, and as it is after the forty.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from routing import events as ev
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import FinishChunk, TextChunk, UsageChunk, ask
from routing.router import Router
from tests.fakes import NOON, SMALL, USAGE, FakeClock, FakeProvider, a_model, a_policy, a_setup
from tests.paths.voices import LOST, OVER_SURE, SURE, UNDER_SURE, WAVERING, Told, Voice

TURNS, PART = 40, 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some answers: the mean confidence, the share that is to be right, how far apart they are, the Brier score."""

    confidence: float
    right: float
    distance: float
    brier: float


class Person:
    """Somebody with one model, on a ledger of their own."""

    def __init__(self, folder: Path, answers: Sequence[Told], seed: int) -> None:
        self._store = Store(folder / "ledger.db")
        Session(self._store, "s1", "path", "balanced", NOON)
        journal, clock = Journal(self._store, "s1"), FakeClock()
        provider, name = SMALL.split("/")
        scripts = {name: [(TextChunk(one.text), UsageChunk(USAGE), FinishChunk("stop", "r")) for one in answers]}
        setup = a_setup([a_model(SMALL)], {provider: FakeProvider(provider, clock, scripts)}, a_policy())
        self._router = Router(journal, setup, clock, random.Random(seed))

    async def see(self, told: Told, *, rates: bool = False) -> float:
        """The confidence that is shown with the answer; what is said of it then holds from the next turn on."""
        events = [event async for event in self._router.send(ask(told.prompt, chat_id="c1"))]
        if rates:
            await self._router.ask_rating(events[0].turn)
            await self._router.rate(events[0].turn, told.right)
            self._router.configure(replace(self._router.setup, acceptance=read_acceptance(self._store)))
        return next(one.score for one in reversed(events) if isinstance(one, ev.ConfidenceMeasured))

    def close(self) -> None:
        self._store.close()


async def walk(voice: Voice, seed: int) -> dict[str, Figures]:
    """Forty rated turns, and the same fresh answers before and after them."""
    generator = random.Random(seed)
    answers = voice.answers(2 * TURNS, generator)
    rated, fresh = answers[:TURNS], answers[TURNS:]
    with tempfile.TemporaryDirectory() as cold, tempfile.TemporaryDirectory() as warm:
        with closing(Person(Path(cold), fresh, seed)) as newcomer:
            before = [await newcomer.see(told) for told in fresh]
        with closing(Person(Path(warm), answers, seed)) as person:
            during = [await person.see(told, rates=True) for told in rated]
            after = [await person.see(told) for told in fresh]
    return {
        "turns 1-10": figures(during[:PART], rated[:PART]),
        "turns 31-40": figures(during[-PART:], rated[-PART:]),
        "fresh, before": figures(before, fresh),
        "fresh, after": figures(after, fresh),
    }


def figures(scores: Sequence[float], answers: Sequence[Told]) -> Figures:
    """E[(c - Y)²] = (c - p)² + p (1 - p)."""
    confidence = statistics.fmean(scores)
    right = statistics.fmean(one.p for one in answers)
    brier = [(score - one.p) ** 2 + one.p * (1 - one.p) for score, one in zip(scores, answers, strict=True)]
    return Figures(confidence, right, abs(confidence - right), statistics.fmean(brier))


async def honest() -> Voice:
    """A model that is right just as often as its tones make one think before there is any rating."""
    shares = dict.fromkeys((SURE, WAVERING, LOST), 1 / 3)
    tones = {}
    for tone in shares:
        answers = Voice(tone, {tone: (1.0, 0.5)}).answers(20, random.Random(0))
        with tempfile.TemporaryDirectory() as folder, closing(Person(Path(folder), answers, 0)) as person:
            tones[tone] = statistics.fmean([await person.see(told) for told in answers])
    return Voice("as sure as it is right", {tone: (shares[tone], p) for tone, p in tones.items()})


async def report(seeds: int) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """For each model, part and figure: the median over the seeds, the lowest and the highest."""
    found = {}
    for voice in (OVER_SURE, UNDER_SURE, await honest()):
        walks = [await walk(voice, seed) for seed in range(seeds)]
        found[voice.name] = {
            part: {name: _over([asdict(one[part])[name] for one in walks]) for name in Figures.__slots__}
            for part in walks[0]
        }
    return found


def _over(values: Sequence[float]) -> dict[str, float]:
    known = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: round(value, 3) for name, value in known.items()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.paths.forty", description=(__doc__ or "").split("\n", 1)[1])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = asyncio.run(report(args.seeds))
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for name, parts in found.items():
        print(name)
        for part, told in parts.items():
            shown = (
                f"{figure} {one['median']:.2f} ({one['low']:.2f}-{one['high']:.2f})" for figure, one in told.items()
            )
            print(f"  {part:14} {'   '.join(shown)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
