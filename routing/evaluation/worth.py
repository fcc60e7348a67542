"""Every figure of a router and of a system, under the names that reports use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.evaluation import calibration, metrics
from routing.evaluation.costs import Costs
from routing.evaluation.figures import Array, Figure, Groups, of_means, proportion
from routing.evaluation.metrics import Ends, Point
from routing.evaluation.savings import saving
from routing.evaluation.systems import Run

Figures = dict[str, Figure]
_GOOD, _KEPT = 0.5, 0.95
_POINTS, _DRAWN_POINTS = 101, 21


@dataclass(frozen=True)
class Trial:
    """What routers are measured against: how good both models were on each prompt, what they cost, and the groups that
    are drawn together."""

    weak: Array
    strong: Array
    costs: Costs
    groups: Groups | None

    @property
    def ends(self) -> Ends:
        return Ends(self.costs.weak, self.weak, self.costs.strong, self.strong)

    @property
    def unknown(self) -> Figure:
        return Figure(None, None, None, len(self.weak))

    def spent(self, rank: Array, points: int = _POINTS) -> tuple[Array, Array]:
        """Costs and qualities of the settings of a router that reads the prompt alone."""
        share = metrics.sent(rank, points)
        cost = self.costs.weak + share * (self.costs.strong - self.costs.weak)
        return cost, self.weak + share * (self.strong - self.weak)


def of_router(scores: Array, test: Trial, baselines: Mapping[str, Array]) -> Figures:
    """`scores` as a router gives them: shape (3, n). `baselines` are the ranks to be compared with, by name."""
    rank, p_weak, _ = scores
    told = bool(np.isfinite(p_weak).all())
    groups = test.groups
    return {
        "apgr": metrics.apgr(rank, test.weak, test.strong, groups),
        "cpt50": metrics.cpt(rank, test.weak, test.strong, 0.5, groups),
        "cpt80": metrics.cpt(rank, test.weak, test.strong, 0.8, groups),
        **_of_settings(*test.spent(rank), test),
        **of_confidence(p_weak if told else -rank, test.weak, told=told, groups=groups),
        "deferral_area": metrics.deferral_area(p_weak if told else -rank, test.weak, test.strong, groups),
        **{
            f"minus_{name}": metrics.apgr_difference(rank, other, test.weak, test.strong, groups)
            for name, other in baselines.items()
        },
    }


def of_confidence(confidence: Array, scores: Array, *, told: bool, groups: Groups | None) -> Figures:
    """What a confidence in answers is worth, whose scores are good from 0.5 on; where it is no probability (not
    `told`), only its order counts."""
    good = (scores >= _GOOD).astype(np.float64)
    of_order: Figures = {
        "auroc": calibration.auroc(confidence, good),
        "aurc": calibration.aurc(confidence, good, groups),
        "augrc": calibration.augrc(confidence, good, groups),
    }
    if not told:
        unknown = Figure(None, None, None, len(good))
        return {**of_order, **dict.fromkeys(("brier", "brier_skill", "ece", "ece_floor"), unknown)}
    return {
        **of_order,
        "brier": calibration.brier(confidence, good, groups),
        "brier_skill": calibration.brier_skill(confidence, good, groups),
        "ece": calibration.ece(confidence, good),
        "ece_floor": calibration.ece_floor(confidence),
    }


def of_system(runs: Sequence[Run], prompt_only: Sequence[Run], test: Trial) -> Figures:
    """Over all settings; escalations are counted at the one that `saving_95` is of."""
    own, other = _held(runs, test), _held(prompt_only, test)
    good = [one for one in runs if one.quality.mean() >= _KEPT * test.strong.mean()]
    at = min(good or runs[-1:], key=lambda one: float(one.cost.mean()))
    return {
        **_of_settings(*own, test),
        "over_prompt": metrics.apgr_spend_difference(own, other, test.ends, test.groups),
        "escalation_rate": escalated(at),
    }


def settings(runs: Sequence[Run]) -> tuple[Array, Array]:
    return np.stack([one.cost for one in runs]), np.stack([one.quality for one in runs])


def of_run(one: Run, value: float, groups: Groups | None) -> Figures:
    """One setting, where a right answer is worth `value` strong calls."""
    return {
        "utility": mean(value * one.quality - one.cost, groups),
        "rate": escalated(one),
        "spend": mean(one.cost, groups),
        "quality": mean(one.quality, groups),
    }


def utility_difference(first: Run, second: Run, value: float, groups: Groups | None) -> Figure:
    """By how much the first's utility is above the second's, on the same draws."""
    return mean(value * (first.quality - second.quality) - (first.cost - second.cost), groups)


def escalated(one: Run) -> Figure:
    """Of the turns that the weak model answered first, how many had their answer replaced."""
    begun = one.escalated[~one.started_strong]
    return proportion(begun) if len(begun) else Figure(None, None, None, 0)


def of_fixed(cost: Array, quality: Array, groups: Groups | None) -> Figures:
    """What is done the same way whatever a router says."""
    return {"quality": mean(quality, groups), "cost": mean(cost, groups)}


def mean(column: Array, groups: Groups | None) -> Figure:
    return of_means(column[None, :], lambda drawn: float(drawn[0]), groups)


def curve_of_rank(rank: Array, test: Trial) -> tuple[Point, ...]:
    return metrics.curve(*test.spent(rank, _DRAWN_POINTS), test.groups)


def _held(runs: Sequence[Run], test: Trial) -> tuple[Array, Array]:
    """The settings, and what a system does with always-strong's budget where it has no use for so much: it spends no
    more than where a right answer is worth most to it, and keeps that quality."""
    costs, qualities = settings(runs)
    if costs.mean(axis=1).max() >= test.costs.strong.mean():
        return costs, qualities
    return np.vstack((costs, test.costs.strong)), np.vstack((qualities, runs[-1].quality))


def _of_settings(costs: Array, qualities: Array, test: Trial) -> Figures:
    least, most = sorted((float(test.costs.weak.mean()), float(test.costs.strong.mean())))
    return {
        "apgr_spend": metrics.apgr_spend(costs, qualities, test.ends, test.groups),
        "aiq": metrics.aiq(costs, qualities, least, most, test.groups) if least < most else test.unknown,
        "routerarena": _routerarena(costs, qualities, test),
        "saving_no_loss": saving(costs, qualities, test.ends, 1.0, test.groups),
        "saving_95": saving(costs, qualities, test.ends, _KEPT, test.groups),
    }


def _routerarena(costs: Array, qualities: Array, test: Trial) -> Figure:
    """Of the best setting; undefined where no cost is known in dollars."""
    usd = test.costs.usd
    if usd is None:
        return test.unknown

    def best(drawn: Array) -> float:
        spent, achieved = np.split(drawn, 2)
        return max(metrics.routerarena(*one) for one in zip(achieved, spent * usd * 1_000, strict=True))

    return of_means(np.concatenate((costs, qualities)), best, test.groups)
