"""What a seed fixes: every prompt, fault, kill, cancellation and cap of a run, and when in the run it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

NORTH, SOUTH = "sim-north", "sim-south"
PROVIDERS = (NORTH, SOUTH)
_SUBJECTS = (
    "What is {n} * 7?",
    "convert {n} km to miles",
    "sort alphabetically: pear {n}, apple {n}, fig {n}",
    "Summarise in one sentence: Train {n} left late. It carried coal. The bridge was shut, so it took the long way.",
    "translate to French: good morning, number {n}",
    "Write a Python function that adds {n} to a number.",
    "Compare option {n} and option B: which of the two would you take, and why?",
    "Write a saga about lighthouse {n} that walks to the sea.",
    "Extract the names from: Ann met Bob and Carl on platform {n}.",
)
_KINDS = ("401", "429", "500", "403", "quota", "overloaded", "slow", "stall", "cut", "garbage", "error", "empty")
_CREDITS_NUSD = (0, 300_000, 2_000_000, 20_000_000)
"""For nothing, for a small model, for a middle one, and for the large one once."""
_FIRST_PROMPT = 1_000

Mode = Literal["chaos", "one-down"]


@dataclass(frozen=True, slots=True)
class Order:
    """One turn to be asked. `room_nusd` is what the day's cap leaves when the turn's phase begins (None: no cap);
    before a turn to `mend` the program looks again at every provider that it gave up. Times are seconds after the order
    goes out: the user's cancellation, and the end of the program that holds the turn."""

    tag: int
    prompt: str
    phase: int
    room_nusd: int | None = None
    credit_nusd: int | None = None
    mend: bool = False
    cancel_after_s: float | None = None
    kill_after_s: float | None = None

    @property
    def chat(self) -> str:
        return f"chaos-{self.tag}"


@dataclass(frozen=True, slots=True)
class Spell:
    """From this turn on a provider has this fault: a kind of the simulator's, or None. `percent` of its calls meet
    it, or all of them."""

    tag: int
    provider: str
    kind: str | None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`capped`: whether the profile has caps beside that of a message."""

    orders: tuple[Order, ...]
    spells: tuple[Spell, ...]
    capped: bool = True

    def healthy(self, tag: int) -> bool:
        """Whether some provider had no fault when the turn was asked."""
        now = {spell.provider: spell.kind for spell in self.spells if spell.tag <= tag}
        return any(now.get(name) is None for name in PROVIDERS)


def chaos(seed: int, turns: int) -> Schedule:
    """Everything at random, on every provider."""
    rng = Random(f"chaos/{seed}")
    spells = tuple(spell for name in PROVIDERS for spell in _weather(Random(f"{seed}/{name}"), name, turns))
    return Schedule(tuple(_orders(rng, turns)), tuple(sorted(spells, key=lambda spell: spell.tag)))


def one_down(seed: int, turns: int, down: str) -> Schedule:
    """One provider wholly down before the first turn, the other healthy: kills, but no caps and no cancellations."""
    rng = Random(f"{down}/{seed}")
    kills = _kills(rng, turns)
    orders = (Order(tag, _prompt(tag), 0, kill_after_s=kills.get(tag)) for tag in range(turns))
    return Schedule(tuple(orders), (Spell(0, down, "refuse"),), capped=False)


def _prompt(tag: int) -> str:
    """No two are alike, so that what a provider served can be told apart."""
    return _SUBJECTS[tag % len(_SUBJECTS)].format(n=_FIRST_PROMPT + tag)


def _kills(rng: Random, turns: int) -> dict[int, float]:
    """By turn: one in thirty, and three at least."""
    return {tag: rng.uniform(0.02, 0.8) for tag in rng.sample(range(turns), min(turns, max(3, turns // 30)))}


def _orders(rng: Random, turns: int) -> Iterator[Order]:
    kills, phases = _kills(rng, turns), list(_phases(rng, turns))
    for tag in range(turns):
        phase, room = phases[tag]
        yield Order(
            tag,
            _prompt(tag),
            phase,
            room_nusd=room,
            credit_nusd=rng.choice(_CREDITS_NUSD) if rng.random() < 0.15 else None,
            mend=tag % 8 == 7,
            cancel_after_s=rng.uniform(0, 0.6) if rng.random() < 0.04 else None,
            kill_after_s=kills.get(tag),
        )


def _phases(rng: Random, turns: int) -> Iterator[tuple[int, int | None]]:
    """For each turn its phase and the room under the cap: wide and tight in turn, sometimes none at all."""
    phase, left = 0, 0
    room: int | None = None
    for _ in range(turns):
        if left == 0:
            phase, left = phase + 1, rng.randint(max(4, turns // 20), max(8, turns // 8))
            wide = phase % 2 == 1
            room = None if wide else rng.choice((0, 20_000_000, 60_000_000, 150_000_000))
        left -= 1
        yield phase, room


def _weather(rng: Random, provider: str, turns: int) -> Iterator[Spell]:
    """Calm, rough, storm, one kind alone, or wholly down: each for some turns."""
    tag = 0
    while tag < turns:
        match rng.choice(("calm", "calm", "rough", "rough", "storm", "kind", "down")):
            case "calm":
                yield Spell(tag, provider, None)
            case "rough":
                yield Spell(tag, provider, "random", 25)
            case "storm":
                yield Spell(tag, provider, "random", 90)
            case "kind":
                yield Spell(tag, provider, rng.choice(_KINDS))
            case _:
                yield Spell(tag, provider, "refuse")
        tag += rng.randint(max(3, turns // 50), max(6, turns // 20))
