"""Whether the successful answers of a route cost more than its ceiling: a test that may be looked at after every turn.

The hypothesis is that a success costs at most 1.5 × the ceiling c: E[cost − 1.5·c·s] ≤ 0 for each turn, given those
before it, where s in [0, 1] is how surely the turn succeeded. With x = cost / (1.5·c) − s, which is never below −1, a
stake that is multiplied by 1 + λx with a fixed λ in (0, 1) stays positive and, under the hypothesis, is not expected to
grow. A stake of 1 in all is laid in parts, 1 / (n(n+1)) at the n-th turn, so that a route that was cheap for long and
then turned dear is still found; all parts together, with those not laid yet, are a supermartingale that begins at 1.
By Ville's inequality the chance that it *ever* reaches 1/α is at most α, however often and whenever somebody looks. So
the alarm needs no plan of looks and no correction for them, and waiting for eight turns can only make it rarer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

TOLERANCE = 1.5
ALPHA = 0.05
LEAST_TURNS = 8
BET = 0.5
"""λ. Successes at three times the ceiling are found after about fifteen turns, half of the bet would take longer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A turn that ended by itself. `success` is the confidence of what was answered, 0 for what was not; `n` orders
    turns."""

    n: int
    cost_nusd: int
    success: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the turns of one route say against its ceiling so far; `wealth` is what the stakes have become. Once
    `frozen` it stays so. `last` is the last turn that counts in it."""

    wealth: float = 0.0
    turns: int = 0
    cost_nusd: int = 0
    successes: float = 0.0
    last: int = 0
    frozen: bool = False

    @property
    def success_nusd(self) -> int:
        """What a success has cost; all that was spent, where none came."""
        return round(self.cost_nusd / self.successes) if self.successes > 0 else self.cost_nusd


def weighed(evidence: Evidence, outcomes: Iterable[Outcome], ceiling_nusd: int) -> Evidence:
    """The evidence with more turns in it, in their order. A ceiling of nothing holds nobody."""
    for one in outcomes if ceiling_nusd > 0 else ():
        if evidence.frozen:
            break
        excess = one.cost_nusd / (TOLERANCE * ceiling_nusd) - one.success
        turns = evidence.turns + 1
        wealth = (evidence.wealth + 1 / (turns * (turns + 1))) * (1 + BET * excess)
        evidence = replace(
            evidence,
            wealth=wealth,
            turns=turns,
            cost_nusd=evidence.cost_nusd + one.cost_nusd,
            successes=evidence.successes + one.success,
            last=one.n,
            frozen=turns >= LEAST_TURNS and wealth >= 1 / ALPHA,
        )
    return evidence
