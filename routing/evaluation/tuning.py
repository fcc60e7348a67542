"""The cheapest threshold that holds a share of the strong model's quality, with a stated probability.

Learn then test (Angelopoulos et al. 2021): settings stand in an order that was fixed beforehand, the safest first. Each
is tested; the first of which it cannot be shown that it holds the target ends the row. So with the stated probability
every setting before it does hold the target, however many there are: fixed sequence testing.

A test bets against "the mean margin is 0 or less" (Waudby-Smith & Ramdas 2024): its capital is Π (1 + stake · margin),
with stakes that know only the turns before. By Ville's inequality it passes 1 / doubt at most that often by chance,
whatever the number of turns and however the margins are distributed. The turns are taken in an order of chance, by a
stated seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from routing.evaluation import worth
from routing.evaluation.figures import SEED, Array, Figure, of_means
from routing.evaluation.folds import nested
from routing.evaluation.question import Question, Setting, settle
from routing.evaluation.systems import VALUES, Run, run_cut, run_gain
from routing.evaluation.turns import beliefs, evidence, own_lessons

THRESHOLDS = tuple(percent / 100 for percent in range(100, -1, -1))
GAINS = tuple(sorted(VALUES, reverse=True))
_LARGEST_LOSS = 0.5
"""The most of its capital that a test may lose on one turn."""
_USUAL_VARIANCE = 0.25


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting: the threshold, or the value of a right answer in strong calls, and what it did with each turn."""

    at: float
    run: Run


@dataclass(frozen=True, slots=True)
class Tuned:
    """What one rule of escalation comes to at the cheapest setting that holds the target. `kept` is its quality as a
    share of the strong model's, `spend` is in strong calls. `at` is None, and every figure unknown, where nothing can
    be shown to hold it but asking the strong model every time."""

    at: float | None
    quality: Figure
    kept: Figure
    spend: Figure
    escalated: Figure


@dataclass(frozen=True, slots=True)
class Tuning:
    """`threshold` is the rule of a fixed threshold, `gain` that of the expected gain; both hold at once with
    `probability`."""

    setting: Setting
    target: float
    probability: float
    threshold: Tuned
    gain: Tuned

    @property
    def seed(self) -> int:
        """Of the order in which turns are tested."""
        return SEED

    @property
    def cheapest(self) -> str | None:
        """The name of the rule that spends least; None where neither spends less than the strong model alone."""
        spent = {
            name: rule.spend.value
            for name, rule in (("threshold", self.threshold), ("gain", self.gain))
            if rule.spend.value is not None and rule.spend.value < 1
        }
        return min(spent, key=lambda name: spent[name], default=None)


def tune(question: Question, target: float, probability: float) -> Tuning:
    """On a data set with answers; `target` and `probability` are above 0 and at most, or below, 1. Raises
    ConfigurationError for all that is wrong with the question or its file."""
    with threadpool_limits(limits=1):
        setting = settle(question)
        fit, own = evidence(setting.data), own_lessons(setting)
        parts, right = beliefs(setting, nested(fit, own, setting.folds))
        costs, doubt = setting.costs, (1 - probability) / 2

        def found(rule: Callable[[float], Run], settings: Sequence[float]) -> Tuned:
            held = tuple(holding((Tried(at, rule(at)) for at in settings), right.strong, target, doubt))
            return _tuned(min(held, key=lambda one: float(one.run.cost.mean()), default=None), right.strong)

        return Tuning(
            setting,
            target,
            probability,
            found(lambda cut: run_cut(cut, parts, costs, right), THRESHOLDS),
            found(lambda value: run_gain(value, parts, costs, right), GAINS),
        )


def holding(settings: Iterator[Tried], strong: Array, target: float, doubt: float) -> Iterator[Tried]:
    """The settings, which come safest first, up to the one that cannot be shown to keep `target` of the mean of
    `strong`, the strong model's quality on each turn. The chance that any of them keeps less is at most `doubt`."""
    for one in settings:
        if not surely_positive(one.run.quality - target * strong, target, doubt):
            return
        yield one


def surely_positive(margins: Array, most: float, doubt: float) -> bool:
    """Whether the mean of which these are drawn is above 0: wrong with a chance of at most `doubt`. No margin is below
    −`most`."""
    drawn = margins[np.random.default_rng(SEED).permutation(len(margins))]
    n = np.arange(1, len(drawn) + 1)
    means = np.cumsum(drawn) / (n + 1)
    variances = (_USUAL_VARIANCE + np.cumsum((drawn - means) ** 2)) / (n + 1)
    before = np.concatenate(([_USUAL_VARIANCE], variances[:-1]))
    stakes = np.minimum(np.sqrt(2 * math.log(1 / doubt) / (len(drawn) * before)), _LARGEST_LOSS / most)
    return bool(np.cumsum(np.log1p(stakes * drawn)).max() >= math.log(1 / doubt))


def _tuned(held: Tried | None, strong: Array) -> Tuned:
    if held is None:
        unknown = Figure(None, None, None, len(strong))
        return Tuned(None, unknown, unknown, unknown, unknown)
    run = held.run
    return Tuned(
        held.at,
        worth.mean(run.quality, None),
        of_means(np.stack((run.quality, strong)), lambda drawn: float(drawn[0] / drawn[1])),
        worth.mean(run.cost, None),
        worth.escalated(run),
    )
