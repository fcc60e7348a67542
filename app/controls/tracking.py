"""The track before Enter: where the prompt in the composer would go, and what it could cost at most."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from app.chat.composer import Composer
from app.controls.personal import PersonalControls
from app.panels.draw import line

if TYPE_CHECKING:
    from routing.messages import Request

_TRACK_S = 0.15
_FRAME = 6
"""Cells of the composer's edge that are no room for words."""


class TrackControls(PersonalControls):
    """Nothing is sent while somebody writes."""

    def start_tracking(self) -> None:
        self.start_asking()
        self._warmed = False
        self._track_timer = self.set_timer(_TRACK_S, self.show_track)

    def tags_in_force(self) -> tuple[tuple[str, str], ...]:
        raise NotImplementedError

    def leaf(self) -> str | None:
        """The turn that the prompt in the composer would follow."""
        raise NotImplementedError

    def on_text_area_changed(self, event: Composer.Changed) -> None:
        """Debounced: nothing slow happens on a keystroke."""
        del event
        if not self.screen_stack:
            return  # it was written while the client was being left
        self.unsent = self.composer.unsent
        self._track_timer.stop()
        self._track_timer = self.set_timer(_TRACK_S, self.show_track)
        if not self.unsent:
            self._warmed = False
        elif self.runtime is not None and not self._warmed and not self.unsent.startswith("/"):
            self._warmed = True
            self._warm()

    @work(exclusive=True, group="warm", exit_on_error=False)
    async def _warm(self) -> None:
        """At a prompt's first key: connect to who would be asked, so that the first token need not wait for that."""
        assert self.runtime is not None
        runtime = self.runtime
        decision = (await asyncio.to_thread(runtime.router.foresee, self._preview(self.unsent))).decision
        model = runtime.sources.registry.get(decision.chosen or "")
        if model is not None:
            await runtime.sources.providers[model.provider].warm()

    @work(exclusive=True, group="track", exit_on_error=False)
    async def show_track(self) -> None:
        """The composer's edge: where the prompt would go."""
        composer = self.composer
        text = composer.text
        if self.runtime is None or not text.strip() or text.startswith("/"):
            composer.border_subtitle = line(self._idle_edge(text))
            self._expect(None)
            return
        from app.chat.track import fitted, held_back, track, worst_nusd
        from app.history.conversation import continue_chat

        accounts = await self.runtime.accounts()
        leaf = self.leaf()
        await self.look_back(leaf)
        request = self._preview(text)
        if leaf is not None and self.conversation.has_attached:
            request = await asyncio.to_thread(continue_chat, self.runtime.store, request, leaf)
        found = await asyncio.to_thread(self.runtime.router.foresee, request, accounts)
        higher = f"{self.nudge:+d} rung · " if self.nudge else ""
        said = higher + track(found.decision, request, held_back(found.personal))
        composer.border_subtitle = line(fitted(said, composer.outer_size.width - _FRAME))
        self._expect(worst_nusd(found.decision))

    def _preview(self, text: str) -> Request:
        """The prompt alone: of the chat before it only what was attached, or kept here, may forbid a model."""
        from routing.messages import Request, TextPart

        request = Request(
            content=(TextPart(text), *self.attached),
            chat_id=self.chat_id or "",
            profile=self.profile,
            tags=self.tags_in_force(),
            model=self.pin,
            nudge=self.nudge,
            kept=self.kept,
        )
        return self.permitted(request)

    def _idle_edge(self, text: str) -> str:
        if text.startswith("/"):
            from app.actions import completions

            word = text[1:].split(" ")[0]
            found = [f"/{action.command} {action.argument}".rstrip() for action in completions(word)]
            return " · ".join(found[:6]) if found else "no such command: F1 lists them"
        return f"{self.nudge:+d} rung" if self.nudge else ""

    def _expect(self, next_nusd: int | None) -> None:
        """What the prompt in the composer could cost at most."""
        if self.spending is not None and self.spending.next_nusd != next_nusd:
            self.spending = replace(self.spending, next_nusd=next_nusd)
            self.show_state()

    def action_nudge_up(self) -> None:
        self._move_nudge(1)

    def action_nudge_down(self) -> None:
        self._move_nudge(-1)

    def _move_nudge(self, by: int) -> None:
        self.nudge = max(-3, min(3, self.nudge + by))
        self.show_track()
