"""Failover readiness: how far one provider can be trusted to take over from another.

    a → b  =  share of a's turns that b may take  ×  lower bound of b's answered drills
              ×  ½^(days since b's last drill / 14)  ×  min(1, expected quality at b / at a)

Each factor is of evidence in the ledger; where there is none, there is no readiness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from routing.ledger.drills import Drill, Other, Served, read_drills, read_served
from routing.ledger.store import Store
from routing.reports.intervals import wilson

TURNS_S = 30 * 86_400.0
"""How far back turns count."""
DRILLS = 20
"""How many of a provider's latest drills count."""
_DRILLS_S = 90 * 86_400.0
_HALF_LIFE_S = 14 * 86_400.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether `stand_in` can take over from `provider`. Of `turns` that one answered the other may take `takes`; of
    `drills` it answered `answered`, the last `drilled_s` seconds ago (None: never). `quality` is min(1, q_b/q_a).
    `value` in [0, 1]; None where a factor has no evidence."""

    provider: str
    stand_in: str
    turns: int
    takes: int
    drills: int
    answered: int
    drilled_s: float | None
    quality: float | None
    value: float | None


def report_readiness(store: Store, providers: Iterable[str], now_s: float) -> tuple[Readiness, ...]:
    """Every ordered pair of the providers; `now_s` is Unix seconds."""
    drills, served = read_drills(store, now_s - _DRILLS_S), read_served(store, now_s - TURNS_S)
    pairs = permutations(sorted(set(providers)), 2)
    return tuple(readiness(provider, stand_in, drills, served, now_s) for provider, stand_in in pairs)


def readiness(
    provider: str, stand_in: str, drills: Sequence[Drill], served: Iterable[Served], now_s: float
) -> Readiness:
    """Of one pair; drills the oldest first. Turns from before the stand-in was there tell nothing of it."""
    own = [drill for drill in drills if drill.provider == stand_in][-DRILLS:]
    turns = [(turn, other) for turn in served if turn.provider == provider for other in _of(turn, stand_in)]
    takes = sum(other.takes for _, other in turns)
    answered = sum(drill.answered for drill in own)
    drilled_s = max(0.0, now_s - own[-1].at_s) if own else None
    quality = _quality(turns)
    value = None
    if turns and drilled_s is not None:
        freshness = 0.5 ** (drilled_s / _HALF_LIFE_S)
        if quality is not None:
            value = takes / len(turns) * wilson(answered, len(own))[0] * freshness * quality
        elif takes == 0:
            value = 0.0
    return Readiness(provider, stand_in, len(turns), takes, len(own), answered, drilled_s, quality, value)


def _of(turn: Served, provider: str) -> list[Other]:
    return [other for other in turn.others if other.provider == provider]


def _quality(turns: Iterable[tuple[Served, Other]]) -> float | None:
    """min(1, q_b/q_a) over the turns of which both are known."""
    known = [(turn.quality, other.quality) for turn, other in turns]
    both = [(a, b) for a, b in known if a is not None and b is not None]
    of_a = sum(a for a, _ in both)
    return min(1.0, sum(b for _, b in both) / of_a) if of_a > 0 else None
