"""Asking the user about personal data before a prompt is sent, where the profile wants it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from app.controls.attaching import AttachControls

if TYPE_CHECKING:
    from routing.execution.prechecks import Choice, Kept
    from routing.messages import Request


class PersonalControls(AttachControls):
    """What was said of a chat is in no file: it ends with the client. `kept` is the strictest that was done on the path
    that the prompt in the composer would follow: it is read from the ledger, and holds whatever the profile says."""

    def start_asking(self) -> None:
        self._may: dict[str, Choice] = {}
        self.kept: Kept | None = None
        self._looked_at: str | None = None

    async def look_back(self, leaf: str | None) -> None:
        """Read `kept` for a prompt that would follow this turn, unless it was read for it since it ended."""
        from app.history.conversation import kept_before

        if leaf is None or self.runtime is None or self.chat_id is None:
            self.kept = self._looked_at = None
        elif leaf != self._looked_at:
            self.kept = await asyncio.to_thread(kept_before, self.runtime.store, self.chat_id, leaf)
            self._looked_at = leaf if self.running is None else None

    def permitted(self, request: Request) -> Request:
        """The request with what the user said of its chat."""
        return request if request.personal is not None else replace(request, personal=self._may.get(request.chat_id))

    async def ask_first(self, request: Request) -> Request | None:
        """The request as it may be sent; None: it is not to be. Call it in a worker."""
        from app.screens.personal import PersonalScreen

        assert self.runtime is not None
        router, request = self.runtime.router, self.permitted(request)
        personal = await asyncio.to_thread(router.handling, request)
        if not personal.asks:
            if personal.kinds and personal.overruled:
                self.say(personal.sentence)
            return request
        permission = await self.push_screen_wait(PersonalScreen(personal.kinds, router.policy(request.profile).id))
        if permission is None:
            return None
        if permission.always:
            self._may[request.chat_id] = permission.choice
        return replace(request, personal=permission.choice)
