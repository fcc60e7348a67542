"""How every cap of a profile stands: what screens and commands show of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from routing.budget.caps import CapKind, Caps, day_cap_nusd, limits_in_force
from routing.budget.scopes import Period, Sum, sum_of, taken
from routing.policy.model import Policy

State = Literal["free", "warned", "reached"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A cap on sums of one kind of money. `hard_nusd` contains `raised_nusd`, by which it was raised for today;
    `share` is what is taken of it, spent or held, and 1 where nothing may be."""

    cap: CapKind
    name: str
    period: Period
    spent_nusd: int
    held_nusd: int
    hard_nusd: int
    raised_nusd: int
    share: float
    state: State

    @property
    def left_nusd(self) -> int:
        return max(0, self.hard_nusd - self.spent_nusd - self.held_nusd)


@dataclass(frozen=True, slots=True)
class Books:
    """The sums of a day and a session, what of each is held, and by how much the day's caps (real, simulated) were
    raised."""

    sums: tuple[Sum, ...] = ()
    held: tuple[Sum, ...] = ()
    raised_nusd: tuple[int, int] = (0, 0)


def standings(policy: Policy, caps: Caps, books: Books, simulated: bool) -> tuple[Standing, ...]:
    """Every cap on sums that is in force under the profile on this machine."""
    sums, held = taken(books.sums, simulated), taken(books.held, simulated)
    raised = books.raised_nusd[simulated]
    found = []
    for limit in limits_in_force(policy, day_cap_nusd(caps, policy, simulated, raised), simulated):
        hard, so_far = limit.most_nusd(sums), limit.taken_nusd(sums)
        waiting = sum_of(held, limit.period, limit.scope)
        share = so_far / hard if hard else 1.0
        found.append(
            Standing(
                cap=limit.cap,
                name=limit.name,
                period=limit.period,
                spent_nusd=so_far - waiting,
                held_nusd=waiting,
                hard_nusd=hard,
                raised_nusd=raised if limit.cap in ("day", "simulated_day") else 0,
                share=round(share, 4),
                state=_state(share, policy.caps.warn_at),
            )
        )
    return tuple(found)


def _state(share: float, warn_at: Iterable[float]) -> State:
    if share >= 1:
        return "reached"
    return "warned" if share >= min(warn_at, default=1.0) else "free"
