"""The transcript's keys, and what is typed there by somebody who means to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from app.actions import ACTIONS
from app.chat.transcript import Transcript
from app.keys import bindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType
    from textual.events import Focus, Key
    from textual.timer import Timer

    from app.chat.entries import MessageView

PAUSE_S = 0.3
"""After a letter that does something that one would miss: when another follows within it, somebody is writing.
A key that is none takes it back."""

_WAITING = {key: action.name for action in ACTIONS if action.waits for key in action.keys if len(key) == 1}


class ChatTranscript(Transcript):
    """The transcript with the keys of the table of actions. What is no key here, and letters in quick succession, are
    given to `write`, one by one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("transcript", prefix="app."),
        Binding("j", "cursor_next", "Next message", show=False),
        Binding("k", "cursor_previous", "Previous message", show=False),
        Binding("enter", "toggle_fold", "Unfold or fold", show=False),
        Binding("i", "app.compose_prompt", "Write", show=False),
    ]

    def __init__(self, load: Callable[[str], MessageView], write: Callable[[Key], None], *, id: str) -> None:
        super().__init__(load, id=id)
        self._write = write
        self._writing = False
        self._held: Key | None = None
        self._pause: Timer | None = None

    def on_focus(self, event: Focus) -> None:
        del event
        self._writing = False

    def on_key(self, event: Key) -> None:
        held = self._let_go()
        if self._writing:  # keys that were under way to here
            self._give(event)
        elif not event.is_printable:
            return
        elif held is not None:
            self._give(held)
            self._give(event)
        elif event.key in _WAITING:
            event.stop()
            self._held = event
            self._pause = self.set_timer(PAUSE_S, self._act)
        elif event.key not in self._bindings.key_to_bindings:
            self._give(event)

    async def _act(self) -> None:
        """Nothing followed. Of a screen that was opened meanwhile the transcript does not know: it keeps its focus."""
        held = self._let_go()
        if held is not None and self.has_focus and self.app.screen is self.screen:
            await self.run_action(f"app.{_WAITING[held.key]}")

    def _let_go(self) -> Key | None:
        held, self._held = self._held, None
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        return held

    def _give(self, event: Key) -> None:
        event.stop()
        self._writing = True
        self._write(event)
