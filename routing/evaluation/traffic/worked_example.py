"""The worked example that is told everywhere, calculated: 60 % simple, 30 % moderate, 10 % complex prompts."""

from __future__ import annotations

from dataclasses import dataclass

from routing.money import cost

CLAIMED = 0.78
"""The saving against always the large model that the example is told with."""
PROMPTS = 1_000


@dataclass(frozen=True, slots=True)
class Portion:
    """One class: its part of `PROMPTS` prompts, the tier that answers it, what a million tokens cost there, and the
    tokens of one prompt with its answer."""

    name: str
    prompts: int
    tier: str
    nusd_per_mtok: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Saving:
    """What `PROMPTS` prompts cost when each goes to its tier, and when all go to the dearest; `share` is the part of
    that which is saved."""

    portions: tuple[Portion, ...]
    routed_nusd: int
    dearest_nusd: int
    share: float


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """The saving as it is claimed, with as many tokens in every class, and with more where the work is harder."""

    claimed: float
    equal: Saving
    realistic: Saving


_CLASSES = (
    ("simple", 600, "small", 250_000_000),
    ("moderate", 300, "mid", 3_000_000_000),
    ("complex", 100, "large", 15_000_000_000),
)
_EQUAL = (1_000, 1_000, 1_000)
_REALISTIC = (300, 1_200, 4_000)
"""A question of two lines and a short answer; a page in or out; code or papers with a long answer."""


def worked_example() -> WorkedExample:
    """$0.25, $3 and $15 for a million tokens."""
    return WorkedExample(CLAIMED, saving(_EQUAL), saving(_REALISTIC))


def saving(tokens: tuple[int, int, int]) -> Saving:
    """The arithmetic, with so many tokens for a simple, a moderate and a complex prompt with its answer."""
    portions = tuple(Portion(*one, count) for one, count in zip(_CLASSES, tokens, strict=True))
    price = max(one.nusd_per_mtok for one in portions)
    routed = sum(cost(one.prompts * one.tokens, one.nusd_per_mtok) for one in portions)
    dearest = sum(cost(one.prompts * one.tokens, price) for one in portions)
    return Saving(portions, routed, dearest, round(1 - routed / dearest, 4))
