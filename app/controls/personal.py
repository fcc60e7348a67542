"""Asking the user about personal data before a prompt is sent, where the profile wants it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from app.controls.attaching import AttachControls

if TYPE_CHECKING:
    from routing.budget.accounts import Accounts
    from routing.execution.prechecks import Choice
    from routing.messages import Request
    from routing.router import Explanation


class PersonalControls(AttachControls):
    """What was said of a chat is in no file: it ends with the client."""

    def start_asking(self) -> None:
        self._may: dict[str, Choice] = {}

    def permitted(self, request: Request) -> Request:
        """The request with what the user said of its chat."""
        return request if request.personal is not None else replace(request, personal=self._may.get(request.chat_id))

    async def ask_first(self, request: Request) -> Request | None:
        """The request as it may be sent; None: it is not to be. Call it in a worker."""
        from app.screens.personal import PersonalScreen

        assert self.runtime is not None
        router, request = self.runtime.router, self.permitted(request)
        kinds = await asyncio.to_thread(router.to_ask, request)
        if not kinds:
            return request
        permission = await self.push_screen_wait(PersonalScreen(kinds, router.policy(request.profile).id))
        if permission is None:
            return None
        if permission.always:
            self._may[request.chat_id] = permission.choice
        return replace(request, personal=permission.choice)

    def foresee(self, request: Request, accounts: Accounts) -> Explanation:
        """What would be done with it; of a prompt that is asked about first, what is done once it may go out."""
        assert self.runtime is not None
        explain, request = self.runtime.router.explain, self.permitted(request)
        found = explain(request, accounts)
        if found.does != "ask" or not found.personal:
            return found
        return replace(explain(replace(request, personal="mask"), accounts), does="ask")
