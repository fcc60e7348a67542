"""A turn from its prompt to its answer: ask the weak model, perhaps a second, perhaps the strong one, whichever is
worth most by what is believed at that moment.

`value` is that of a right answer, in strong calls; costs are in strong calls too. A system is swept over many values:
each is a setting, a point of its cost-quality curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from routing.evaluation.costs import Costs
from routing.evaluation.figures import Array
from routing.evaluation.stages import Beliefs, Right

VALUES = tuple(np.geomspace(0.3, 2_000, 90).tolist())

Part = tuple[NDArray[np.intp], Beliefs]
"""Rows that were tested together, and what is believed of them."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class System:
    """What it may do besides keeping the weak answer and asking the strong model: ask a second model whether it agrees,
    and keep the second's answer for its own."""

    second: bool = False
    keeps_second: bool = False


SYSTEMS = {
    "answer": System(),
    "agree": System(second=True),
    "all": System(second=True, keeps_second=True),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one setting did with each prompt. `escalated`: the weak answer was there and was replaced by the strong
    model's; `started_strong`: the strong model alone was asked."""

    cost: Array
    quality: Array
    escalated: Mask
    started_strong: Mask


def run(system: System, value: float, parts: Sequence[Part], costs: Costs, right: Right) -> Run:
    n = len(costs.weak)
    strong_first, asked, escalated, second_kept = (np.zeros(n, dtype=np.bool_) for _ in range(4))
    for rows, beliefs in parts:
        decided = _Decisions(system, value, beliefs, costs)
        strong_first[rows] = decided.start_strong()
        asked[rows] = ask = decided.ask() & ~strong_first[rows]
        escalated[rows] = np.where(ask, decided.escalate_after(), decided.escalate()) & ~strong_first[rows]
        second_kept[rows] = ask & ~escalated[rows] & decided.prefers_second(beliefs.after_second)
    cascade = costs.weak + costs.second * asked + costs.strong * escalated
    quality = np.where(escalated | strong_first, right.strong, np.where(second_kept, right.second, right.weak))
    return Run(np.where(strong_first, costs.strong, cascade), quality, escalated, strong_first)


def run_prompt(value: float, gain: Array, costs: Costs, right: Right) -> Run:
    """One model alone is asked: the strong one where the gain that the prompt lets expect pays for it."""
    strong = gain * value > 1 - costs.ratio
    quality = np.where(strong, right.strong, right.weak)
    return Run(np.where(strong, costs.strong, costs.weak), quality, np.zeros_like(strong), strong)


def run_cut(cut: float, parts: Sequence[Part], costs: Costs, right: Right) -> Run:
    """The simple mode: the weak model first, and the strong one where the confidence in its answer is below `cut`."""
    escalated = np.zeros(len(costs.weak), dtype=np.bool_)
    for rows, beliefs in parts:
        escalated[rows] = beliefs.after_weak.weak < cut
    return _cascade(escalated, costs, right)


def run_gain(value: float, parts: Sequence[Part], costs: Costs, right: Right) -> Run:
    """The weak model first, and the strong one where the expected gain pays for it: to set beside `run_cut`."""
    escalated = np.zeros(len(costs.weak), dtype=np.bool_)
    for rows, beliefs in parts:
        escalated[rows] = _Decisions(System(), value, beliefs, costs).escalate()
    return _cascade(escalated, costs, right)


def _cascade(escalated: Mask, costs: Costs, right: Right) -> Run:
    quality = np.where(escalated, right.strong, right.weak)
    return Run(costs.weak + costs.strong * escalated, quality, escalated, np.zeros_like(escalated))


@dataclass(frozen=True, slots=True)
class _Decisions:
    """Each by expected value; what a call costs beforehand is its mean."""

    system: System
    value: float
    beliefs: Beliefs
    costs: Costs

    def start_strong(self) -> Mask:
        """Whether the strong model at once is worth more than seeing the weak answer first. By how much was seen in the
        turns that taught; it grows with the gain that the prompt lets expect (isotonic regression, Barlow et al. 1972).
        """
        if self.beliefs.taught is None:
            raise ValueError("of the turns that taught nothing is decided")
        taught = replace(self, beliefs=self.beliefs.taught)
        learned: Any = IsotonicRegression(out_of_bounds="clip").fit(_gain(taught.beliefs), taught._strong_ahead())
        return np.asarray(learned.predict(_gain(self.beliefs)) > 0)

    def escalate(self) -> Mask:
        stop, strong = self._worth(self.beliefs.after_weak, keeps_second=False)
        return np.asarray(strong > stop)

    def ask(self) -> Mask:
        if not self.system.second:
            return np.zeros(len(self.beliefs.agree), dtype=np.bool_)
        return np.asarray(self._asking() > np.maximum(*self._worth(self.beliefs.after_weak, keeps_second=False)))

    def escalate_after(self) -> Mask:
        stop, strong = self._worth(self.beliefs.after_second, self.system.keeps_second)
        return np.asarray(strong > stop)

    def prefers_second(self, outlook: Right) -> Mask:
        return np.asarray(outlook.second > outlook.weak) & self.system.keeps_second

    def _strong_ahead(self) -> Array:
        """How much more the strong model at once would have been worth, by what is believed once the weak one has
        answered."""
        kept, strong = self._worth(self.beliefs.after_weak, keeps_second=False)
        best = np.maximum(kept, strong)
        if self.system.second:
            best = np.maximum(best, self._asking())
        return strong - (best - self.costs.ratio)

    def _asking(self) -> Array:
        """Of asking the second model, and then doing what is worth most."""
        agreed, not_agreed = (
            np.maximum(*self._worth(outlook, self.system.keeps_second))
            for outlook in (self.beliefs.if_agreed, self.beliefs.if_not)
        )
        p = self.beliefs.agree
        return p * agreed + (1 - p) * not_agreed - self.costs.second_ratio

    def _worth(self, outlook: Right, keeps_second: bool) -> tuple[Array, Array]:
        """Of keeping what there is, and of asking the strong model."""
        kept = np.maximum(outlook.weak, outlook.second) if keeps_second else outlook.weak
        return kept * self.value, outlook.strong * self.value - 1


def _gain(beliefs: Beliefs) -> Array:
    """What the prompt lets expect of the strong model."""
    return beliefs.before.strong - beliefs.before.weak
