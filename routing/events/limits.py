"""Where money sets a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.budget.caps import CapKind
from routing.events.stamp import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CapWarned(Stamp):
    """A cap has been taken to a share that the user wants to be told of."""

    type: Literal["CapWarned"] = "CapWarned"
    cap: CapKind
    name: str
    taken_nusd: int
    hard_nusd: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CapReached(Stamp):
    """A call was not made: it would have passed `cap`; `name` says which of several. Of attempts and seconds, `needed`
    and `left` are counts and milliseconds."""

    type: Literal["CapReached"] = "CapReached"
    cap: CapKind | Literal["request", "attempts", "seconds"]
    model: str
    needed_nusd: int
    left_nusd: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled(Stamp):
    """Spend grows out of proportion: from this turn on it is slowed in this `step` (0: no longer)."""

    type: Literal["Throttled"] = "Throttled"
    step: int
    does: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFrozen(Stamp):
    """Successful answers of the route cost more than its ceiling, held against it over many turns: it climbs no more
    until the profile changes."""

    type: Literal["RouteFrozen"] = "RouteFrozen"
    route: str
    success_nusd: int
    ceiling_nusd: int
    turns: int
