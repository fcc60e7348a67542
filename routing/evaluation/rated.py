"""The lowest confidence at which answers may stay, by what their reader said of those that came before.

Nobody knows how the dearest model would have done on the prompts whose answers stayed, so it is held to be always
right: then an answer that stays is as good as `target` asks where at least that share of such answers is good. Of a
threshold this is shown by the exact test of a proportion (Clopper & Pearson 1934). Thresholds are tested one after
another, the strictest first, as in `tuning`: fixed sequence testing (Angelopoulos et al. 2021). The first of a row is
the strictest that enough ratings speak for; there are several rows, which share the doubt, each with twice the ratings
to begin with. Where they begin depends on the scores alone, not on what was said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from routing.ledger.scored import Scored

ENOUGH_ASKED = 20
"""From so many ratings on those that were asked for at random speak alone: who rates unasked picks what he rates."""
_THRESHOLDS = tuple(percent / 100 for percent in range(99, -1, -1))


@dataclass(frozen=True, slots=True)
class Tier:
    """What is known of one tier. `missing` is how many ratings, all of them good, are needed before any threshold can
    be told; `threshold` None: those that are there show of none that it holds the target. `good` of `stayed` rated
    answers at or above the threshold were good; `escalated` is the share of all its answers below it, and `spend`
    what a turn that begins here then costs, in answers of the dearest tier: None where that is not known."""

    name: str
    rated: int
    solicited: bool
    missing: int
    threshold: float | None = None
    good: int = 0
    stayed: int = 0
    escalated: float | None = None
    spend: float | None = None


def tune_tier(name: str, answers: Sequence[Scored], dearest: str, target: float, probability: float) -> Tier:
    """Simulated answers count only where there are no others. `target` and `probability` are between 0 and 1."""
    real = [one for one in answers if not one.simulated] or list(answers)
    own = [one for one in real if one.tier == name]
    rated = [one for one in own if one.good is not None]
    asked = [one for one in rated if one.solicited]
    solicited = len(asked) >= ENOUGH_ASKED
    rated = asked if solicited else rated
    fewest = _fewest(target, 1 - probability)
    if len(rated) < fewest:
        return Tier(name, len(rated), solicited, fewest - len(rated))
    threshold = lowest([(one.score, bool(one.good)) for one in rated], target, 1 - probability)
    if threshold is None:
        return Tier(name, len(rated), solicited, 0)
    stayed = [one for one in rated if one.score >= threshold]
    below = sum(one.score < threshold for one in own) / len(own)
    good = sum(bool(one.good) for one in stayed)
    return Tier(name, len(rated), solicited, 0, threshold, good, len(stayed), below, _spend(name, real, dearest, below))


def lowest(rated: Sequence[tuple[float, bool]], target: float, doubt: float) -> float | None:
    """The lowest threshold of whole hundredths at or above which a share of at least `target` of answers is good, told
    from scores and whether those were good; wrong with a chance of at most `doubt`. None where there is none."""
    rows = 1
    while _fewest(target, doubt / (rows + 1)) * 2**rows <= len(rated):
        rows += 1
    found = (_descended(rated, target, doubt / rows, _fewest(target, doubt / rows) * 2**row) for row in range(rows))
    return min((one for one in found if one is not None), default=None)


def _descended(rated: Sequence[tuple[float, bool]], target: float, doubt: float, begin: int) -> float | None:
    """One row of tests, from the strictest threshold that `begin` ratings reach. It goes no lower than ratings do."""
    held, before = None, begin - 1
    for threshold in _THRESHOLDS:
        stayed = [good for score, good in rated if score >= threshold]
        if len(stayed) <= before:
            continue
        if _at_least(sum(stayed), len(stayed), target) > doubt:
            break
        held, before = threshold, len(stayed)
    return held


def _fewest(target: float, doubt: float) -> int:
    """How many ratings, all good, show a share of `target`."""
    return math.ceil(math.log(doubt) / math.log(target))


def _at_least(count: int, of: int, share: float) -> float:
    """The chance of `count` or more good ones of so many, where each is good with the chance `share`."""
    log = math.lgamma(of + 1), math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(log[0] - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * log[1] + (of - k) * log[2])
        for k in range(count, of + 1)
    )


def _spend(name: str, answers: Sequence[Scored], dearest: str, escalated: float) -> float | None:
    own, dear = ([one.spend_nusd for one in answers if one.tier == tier] for tier in (name, dearest))
    if not own or not sum(dear):
        return None
    return (sum(own) / len(own)) / (sum(dear) / len(dear)) + escalated
