"""Caps that have been taken to a share of which the user wants to be told, and the memory of what was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from routing.budget.caps import CapKind, Limit
from routing.budget.scopes import Period, Taken


@dataclass(frozen=True, slots=True)
class Crossed:
    """A limit of which `share` (one of the profile's `warn_at`) is taken."""

    cap: CapKind
    name: str
    period: Period
    taken_nusd: int
    hard_nusd: int
    share: float


def crossed(limits: Iterable[Limit], taken: Taken, warn_at: Iterable[float]) -> tuple[Crossed, ...]:
    """Every share of every limit that the sums of one kind of money have reached. A limit of nothing warns of
    nothing: it is reached before anything is spent."""
    shares = sorted(set(warn_at))
    found = []
    for limit in limits:
        hard, so_far = limit.most_nusd(taken), limit.taken_nusd(taken)
        found += [
            Crossed(limit.cap, limit.name, limit.period, so_far, hard, share)
            for share in shares
            if hard > 0 and so_far >= share * hard
        ]
    return tuple(found)


class Warned:
    """What was told of already: each share of a cap once in its day or session."""

    def __init__(self) -> None:
        self._told: set[tuple[CapKind, str, float, str]] = set()

    def new(self, found: Iterable[Crossed], day: str, session: str) -> tuple[Crossed, ...]:
        """Of what was crossed what is to be told now, and from now on counts as told: of each cap the highest share
        alone."""
        highest: dict[tuple[CapKind, str], Crossed] = {}
        for one in found:
            key = (one.cap, one.name, one.share, day if one.period == "day" else session)
            if key not in self._told:
                self._told.add(key)
                known = highest.get((one.cap, one.name))
                if known is None or one.share > known.share:
                    highest[one.cap, one.name] = one
        return tuple(highest.values())
