"""What a call of each model costs, with a strong call's mean as the unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import Array
from routing.evaluation.rows import DataError, shown

ASSUMED_RATIO = 0.06
"""Of a small model's call to a large one's, where nothing is known."""


@dataclass(frozen=True)
class Costs:
    """One row for each prompt; the mean of `strong` is 1. `usd` is what that is in dollars, None where unknown; `how`
    says in words where the costs come from."""

    weak: Array
    strong: Array
    second: Array
    usd: float | None
    how: str

    @property
    def ratio(self) -> float:
        return float(self.weak.mean())

    @property
    def second_ratio(self) -> float:
        return float(self.second.mean())


def known(data: Dataset, weak: str, strong: str) -> bool:
    """Whether every call of both has its cost in the data."""
    return all(outcome and outcome.cost_usd is not None for model in (weak, strong) for outcome in data.outcomes[model])


def costs(
    data: Dataset, weak: str, strong: str, second: str | None, ratio: float | None, second_ratio: float | None
) -> Costs:
    """By the data's `cost_usd` where it is there of all calls and no ratio is given; else by the ratios.

    Raises DataError where the weak model's calls cost more than the strong one's, or the strong one's nothing.
    """
    n = len(data.prompts)
    usd, how = None, f"a weak call costs {ASSUMED_RATIO:g} of a strong one (assumed)"
    weak_cost, strong_cost = np.full(n, ASSUMED_RATIO), np.ones(n)
    if ratio is not None:
        weak_cost, how = np.full(n, ratio), f"a weak call costs {ratio:g} of a strong one (given)"
    elif known(data, weak, strong):
        weak_cost, strong_cost = _usd(data, weak), _usd(data, strong)
        usd = float(strong_cost.mean())
        if not 0 < weak_cost.mean() < usd:
            raise DataError(
                f"{data.name}: by `cost_usd` a call of {shown(weak)} costs ${weak_cost.mean():.6f} and one of "
                f"{shown(strong)} ${usd:.6f}; the weak one must be cheaper, and not free: give --ratio"
            )
        weak_cost, strong_cost = weak_cost / usd, strong_cost / usd
        how = f"by the data's `cost_usd` a weak call costs {weak_cost.mean():.3g} of a strong one"
    second_cost = weak_cost
    if second_ratio is not None:
        second_cost = np.full(n, second_ratio)
    elif second is not None and usd is not None and known(data, second, second):
        second_cost = _usd(data, second) / usd
    return Costs(weak_cost, strong_cost, second_cost, usd, how)


def _usd(data: Dataset, model: str) -> Array:
    return np.array([outcome.cost_usd or 0.0 for outcome in data.outcomes[model] if outcome], dtype=np.float64)
