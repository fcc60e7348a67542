"""Caps: the page that shows them, and the raise of the day's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from app.controls.money import MoneyControls

if TYPE_CHECKING:
    from app.screens.page import Page


class CapControls(MoneyControls):
    """What there is to spend, and a little more of it."""

    def open_page(self, page: Page) -> None:
        """Show a page in place of the one that is shown."""
        raise NotImplementedError

    @work(group="screens", exit_on_error=False)
    async def action_caps(self) -> None:
        from app.caps import fixed_caps
        from app.screens.caps import CapsScreen
        from routing.budget.standing import standings
        from routing.clock import local_day
        from routing.ledger.raising import read_raises
        from routing.ledger.spending import read_books

        runtime = self.runtime
        if runtime is None:
            return
        simulated, today, router = runtime.sources.simulated, local_day(runtime.now()), runtime.router
        books = await runtime.store.read_later(lambda db: read_books(db, today, runtime.session.id))
        raises = await runtime.store.read_later(lambda db: read_raises(db, today))
        policy = router.policy(self.profile)
        rows = standings(policy, router.setup.caps, books, simulated)
        kept = [one for one in raises if one.simulated == simulated]
        self.open_page(CapsScreen(self.profile, rows, fixed_caps(policy), kept, simulated))

    def action_raise_cap(self) -> None:
        self.raise_cap("")

    @work(group="raise", exit_on_error=False)
    async def raise_cap(self, words: str) -> None:
        """`USD REASON`: in force from the next message."""
        from app.caps import raise_today, raised_words
        from routing.errors import PointsmanError

        runtime = self.runtime
        if runtime is None:
            return
        amount, reason = [*words.split(None, 1), "", ""][:2]
        if not amount:
            self.say("Write /raise USD REASON, such as /raise 1.50 the report is due today.", bad=True)
            return
        policy, caps = runtime.router.policy(self.profile), runtime.router.setup.caps
        try:
            raised = await asyncio.to_thread(
                raise_today,
                runtime.store,
                policy,
                caps,
                amount,
                reason,
                simulated=runtime.sources.simulated,
                wall_s=runtime.now(),
                session=runtime.session.id,
            )
        except PointsmanError as error:
            self.say(str(error), bad=True)
            return
        self.say(raised_words(raised))
        await self.count_money()
        self.show_state()
