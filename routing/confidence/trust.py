"""Whether the confidence that was shown has earned trust: what the ratings that came after it say.

Prequential (Dawid 1984): each score is judged as it stood on the screen before the rating was known. The definitions
are those of `routing.evaluation`, here without arrays, for the running client.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from routing.reports.intervals import Z_95

LEAST = 20
"""Below so many ratings even a calibrated confidence is off by .17 and more by chance."""
MOST = 1_000
DRAWS = 1_000
_FEW, _BINS_OF_FEW, _BINS = 300, 5, 10
# Two tests, of 2.5 % each: a calibrated confidence is called wrong at most one time in twenty.
_SURE = 0.975
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Rating:
    """`score`, 0..1, is the confidence that was shown before the answer was rated; `solicited`: asked for at random."""

    score: float
    good: bool
    solicited: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """Figures of the `judged` last ratings. None: undefined, as there are none, or all are good, or all bad.

    `skill` is that of Brier with the lower end of its interval of 95 %; `auroc` comes with its interval; `ece` with the
    mean of what chance alone gives to a calibrated confidence (`floor`); `excess` is the mean score less the share of
    good. `told` says it in one sentence.
    """

    told: str
    judged: int = 0
    solicited: int = 0
    volunteered: int = 0
    skill: float | None = None
    skill_low: float | None = None
    auroc: float | None = None
    auroc_low: float | None = None
    auroc_high: float | None = None
    ece: float | None = None
    floor: float | None = None
    excess: float | None = None

    @property
    def usable(self) -> bool:
        """Whether it surely knows more than the share of good answers does."""
        return self.skill_low is not None and self.skill_low > 0


def assess(ratings: Iterable[Rating], generator: random.Random) -> Trust:
    """What the ratings, in their order, say of the scores. Those asked for are judged alone where there are enough of
    them, as who rates unasked rates bad answers more often. A thousand draws are taken for each of the last thousand
    ratings at most, so it belongs off the event loop."""
    given = list(ratings)
    solicited = [rating for rating in given if rating.solicited]
    asked_alone = LEAST <= len(solicited) < len(given)
    judged = (solicited if asked_alone else given)[-MOST:]
    words = _counted(len(judged)) + " asked for" * asked_alone
    if not judged:
        return Trust(words)
    by_score = sorted(judged, key=lambda rating: rating.score)
    scores = [rating.score for rating in by_score]
    goods = [float(rating.good) for rating in by_score]
    chance = _Chance(scores, generator)
    error, excess = chance.errors(goods)
    return Trust(
        f"{words}: too few to tell" if len(judged) < LEAST else f"{words}; {chance.verdict(error, excess)}",
        len(judged),
        len(solicited),
        len(given) - len(solicited),
        *_brier_skill(scores, goods),
        *_auroc(scores, goods),
        ece=error,
        floor=chance.floor,
        excess=excess,
    )


class _Chance:
    """What the errors of a calibrated confidence would be: each answer good with just the probability that was said."""

    def __init__(self, scores: Sequence[float], generator: random.Random) -> None:
        self._scores = scores
        self._edges = list(_edges(scores))
        drawn = [self.errors([float(generator.random() < score) for score in scores]) for _ in range(DRAWS)]
        self._errors = sorted(error for error, _ in drawn)
        self._excesses = sorted(abs(excess) for _, excess in drawn)
        self.floor = math.fsum(self._errors) / DRAWS

    def errors(self, goods: Sequence[float]) -> tuple[float, float]:
        """The expected calibration error over bins of equal mass (Naeini et al. 2015), and the mean excess."""
        missed = [0.0, *accumulate(score - good for score, good in zip(self._scores, goods, strict=True))]
        edges = [missed[start] + share * (missed[end] - missed[start]) for start, end, share in self._edges]
        n = len(goods)
        return sum(abs(after - before) for before, after in pairwise(edges)) / n, missed[-1] / n

    def verdict(self, error: float, excess: float) -> str:
        if _beyond(abs(excess), self._excesses):
            return f"too {'sure' if excess > 0 else 'unsure'} by {_short(abs(excess))}"
        if _beyond(error, self._errors):
            return f"off by {_short(error)}, to both sides"
        return "not distinguishable from calibrated"


def _edges(scores: Sequence[float]) -> Iterable[tuple[int, int, float]]:
    """For each edge of a bin the block of equal scores that it falls into, and how far: each side of the edge gets its
    share of the whole block."""
    n = len(scores)
    sizes = [len(list(block)) for _, block in groupby(scores)]
    ends = list(accumulate(sizes))
    bins = _BINS_OF_FEW if n < _FEW else _BINS
    for number in range(bins + 1):
        edge = number * n / bins
        block = min(bisect_left(ends, edge), len(ends) - 1)
        start = ends[block] - sizes[block]
        yield start, ends[block], (edge - start) / sizes[block]


def _beyond(value: float, drawn: Sequence[float]) -> bool:
    return value > drawn[math.ceil(_SURE * len(drawn)) - 1] + _ROUNDING


def _brier_skill(scores: Sequence[float], goods: Sequence[float]) -> tuple[float | None, float | None]:
    """The share of the Brier score of always saying the base rate that is saved (Brier 1950), and the lower end of its
    interval by the jackknife (Tukey 1958): None where a single rating keeps the figure from being undefined."""
    n, right = len(goods), sum(goods)
    squares = [(score - good) ** 2 for score, good in zip(scores, goods, strict=True)]
    total = math.fsum(squares)
    skill = _skill(total, right, n)
    without = [_skill(total - square, right - good, n - 1) for square, good in zip(squares, goods, strict=True)]
    known = [value for value in without if value is not None]
    if skill is None or len(known) < n:
        return skill, None
    middle = math.fsum(known) / n
    variance = (n - 1) / n * math.fsum((value - middle) ** 2 for value in known)
    return skill, skill - Z_95 * math.sqrt(variance)


def _skill(squares: float, right: float, n: int) -> float | None:
    return 1 - squares * n / (right * (n - right)) if 0 < right < n else None


def _auroc(scores: Sequence[float], goods: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """How likely a good answer has the higher score than a bad one, ties counted half (Mann & Whitney 1947), with the
    interval of Hanley and McNeil (1982). `scores` rise."""
    right = sum(goods)
    wrong = len(goods) - right
    if not right or not wrong:
        return None, None, None
    won = below = 0.0
    for _, block in groupby(zip(scores, goods, strict=True), key=lambda pair: pair[0]):
        labels = [good for _, good in block]
        bad = len(labels) - sum(labels)
        won += sum(labels) * (below + bad / 2)
        below += bad
    area = won / (right * wrong)
    two_good, two_bad = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (right - 1) * (two_good - area**2) + (wrong - 1) * (two_bad - area**2)
    half = Z_95 * math.sqrt(max(0.0, variance) / (right * wrong))
    return area, max(0.0, area - half), min(1.0, area + half)


def _counted(n: int) -> str:
    return f"{n} rating{'s' * (n != 1)}" if n else "no ratings yet"


def _short(share: float) -> str:
    """`.12`"""
    return f"{share:.2f}".removeprefix("0")
