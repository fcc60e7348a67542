"""How the money stands when a turn begins: what was taken, and by how much the day's caps were raised."""

from __future__ import annotations

from dataclasses import dataclass

from routing.budget.caps import Caps, day_cap_nusd, seen_by
from routing.budget.scopes import ALL, Sum, sum_of, taken
from routing.decision.model import BudgetView
from routing.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Accounts:
    """The sums of a day and a session, and by how many nano-dollars each day's cap (real, simulated) was raised."""

    sums: tuple[Sum, ...] = ()
    raised_nusd: tuple[int, int] = (0, 0)

    def day_nusd(self, simulated: bool) -> int:
        """Spent or held today, of one kind of money."""
        return sum_of(taken(self.sums, simulated), "day", ALL)

    def day_cap_nusd(self, caps: Caps, policy: Policy, simulated: bool) -> int | None:
        return day_cap_nusd(caps, policy, simulated, self.raised_nusd[simulated])

    def view(self, caps: Caps, policy: Policy, credit_nusd: int, time_s: float) -> BudgetView:
        """What a decision sees of it."""
        real, simulated = (self.day_cap_nusd(caps, policy, kind) for kind in (False, True))
        return BudgetView(
            day_left_nusd=_left(real, self.day_nusd(False)),
            simulated_day_left_nusd=_left(simulated, self.day_nusd(True)),
            request_credit_nusd=credit_nusd,
            time_left_s=time_s,
            day_cap_nusd=real,
            simulated_day_cap_nusd=simulated,
            taken=seen_by(policy, self.sums),
        )


def _left(cap_nusd: int | None, taken_nusd: int) -> int | None:
    return None if cap_nusd is None else max(0, cap_nusd - taken_nusd)
