"""What a system saves against always asking the strong model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from routing.evaluation.figures import Array, Figure, Groups, columns, of_means
from routing.evaluation.metrics import Ends

_ROUNDING = 1e-12


def saving(costs: ArrayLike, qualities: ArrayLike, ends: Ends, kept: float, groups: Groups | None = None) -> Figure:
    """The share of always-strong's cost that the cheapest setting saves whose quality is at least `kept` of
    always-strong's; always-strong, which saves nothing, counts as a setting. Settings as for `metrics.curve`.

    The setting is chosen anew on each draw, on the prompts that it is measured on: what a sweep shows, not what a
    threshold that was fixed beforehand would have saved.
    """
    cost, quality = np.asarray(costs, dtype=np.float64), np.asarray(qualities, dtype=np.float64)
    rows = np.concatenate((cost, quality, columns(ends.strong_cost, ends.strong)))

    def share(drawn: Array) -> float:
        spent, achieved = np.split(drawn[:-2], 2)
        full_cost, full_quality = drawn[-2:]
        if full_cost <= 0:
            return math.nan
        good = spent[achieved >= kept * full_quality - _ROUNDING]
        return float(max(0.0, 1 - good.min(initial=full_cost) / full_cost))

    return of_means(rows, share, groups)
