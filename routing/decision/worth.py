"""What going on is worth: where on a ladder to begin, and how sure an answer must be to stay.

All worth is in nano-dollars, as the policy counts it: value × quality − cost − second × latency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

KEPT, NOTICED = 0.85, 0.5
"""Of the right answers of a rung, how many are kept, and of the wrong ones, how many are noticed, before anything is
known of the answer: about what a confidence that tells right from wrong with an AUROC of .75 gives."""
CARRIED = 0.2
"""How far doubts about one answer, in log-odds, are doubts about the next model's too: on recorded outcomes a strong
model's log-odds fell by .2 of the weak one's."""
MIN_GAIN = 0.01
"""Of the value of a right answer, what another call must promise beyond its price."""
SKIP = 0.1
"""Of the value of a right answer, what beginning further up must promise: the first rung's answer shows more than any
guess before it."""
_LEAST, _STEPS = 0.01, 12


@dataclass(frozen=True, slots=True)
class Call:
    """One model that could be asked: the chance that its answer is good, and what asking costs, waiting included."""

    quality: float
    price_nusd: float


def starts(calls: Sequence[Call], value_nusd: int) -> list[float]:
    """For each rung of a ladder, what climbing from there is worth: backward induction from the last, whose answer
    stays whatever it is."""
    worth: list[float] = []
    for call in reversed(calls):
        if not worth:
            worth.append(value_nusd * call.quality - call.price_nusd)
            continue
        right, wrong = call.quality * KEPT, (1 - call.quality) * (1 - NOTICED)
        worth.append(value_nusd * right + (1 - right - wrong) * worth[-1] - call.price_nusd)
    return worth[::-1]


def best_start(calls: Sequence[Call], value_nusd: int) -> int:
    """The lowest rung than which none further up is worth more by `SKIP`."""
    worth = starts(calls, value_nusd)
    return next((at for at, own in enumerate(worth) if max(worth[at:]) - own <= SKIP * value_nusd), 0)


def needed(quality: float, above: Sequence[Call], value_nusd: int) -> float | None:
    """The confidence from which an answer stays, of a model whose answers are good with the chance `quality`: below it
    one of the calls `above` gains more than its price. None: none of them ever does.

    Escalate where (q(c) − c) · value > price + a least gain, with q(c) the chance of the call given the confidence c.
    """
    found = max((_crossing(quality, call, value_nusd) for call in above), default=0.0)
    return round(found, 3) if found > _LEAST else None


def after(confidence: float, quality: float, call: Call) -> float:
    """The chance that a call's answer is good where one that is usually good with the chance `quality` came to this
    confidence: what made it doubtful makes the next one a little doubtful too."""
    return _probability(_logit(call.quality) + CARRIED * (_logit(confidence) - _logit(quality)))


def _crossing(quality: float, call: Call, value_nusd: int) -> float:
    """Where the gain meets the price, by halving: from below, the last confidence that is too low."""
    if value_nusd <= 0:
        return 0.0
    least = call.price_nusd / value_nusd + MIN_GAIN
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        gain = after(middle, quality, call) - middle
        low, high = (middle, high) if gain > least else (low, middle)
    return low


def _logit(p: float) -> float:
    kept = min(max(p, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
