"""What is spent and held, for panels and status lines."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from textual import work

from app.controls.base import Base
from app.panels.spend import Spending

if TYPE_CHECKING:
    from textual.timer import Timer

AGAIN_S = 3.0
"""While something is held, other programs may settle it: the sums are read again after so many seconds."""


class MoneyControls(Base):
    """The sums are those of the ledger, which other programs write too."""

    _counting: Timer | None = None

    async def count_money(self) -> None:
        """Read what the session and the day have spent. Raises StorageError when the ledger cannot be read."""
        if self.runtime is None:
            return
        from routing.budget.standing import standings

        runtime = self.runtime
        simulated, policy = runtime.sources.simulated, runtime.router.policy(self.profile)
        money, cap = await runtime.money(self.profile)
        books = await runtime.books()
        self.spending = Spending(
            money.session_nusd,
            money.day_nusd,
            cap,
            money.held_nusd,
            simulated,
            next_nusd=self.spending.next_nusd if self.spending is not None else None,
            warn_at=min(policy.caps.warn_at, default=1.0),
            caps=tuple(standings(policy, runtime.router.setup.caps, books, simulated)),
        )
        if self._counting is not None:
            self._counting.stop()
        self._counting = self.set_timer(AGAIN_S, self._count_again) if money.held_nusd else None

    @work(exclusive=True, group="money", exit_on_error=False)
    async def _count_again(self) -> None:
        from routing.errors import StorageError

        with contextlib.suppress(StorageError):  # the next turn reads them
            await self.count_money()
            self.show_state()
