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
    from textual.events import Focus, Key, Paste
    from textual.timer import Timer

    from app.chat.entries import MessageView

PAUSE_S = 0.3
"""Between keys of which the later ones say what the earlier ones were: letters that do something that one would miss
wait so long. When another follows, or any key that is none here, somebody is writing. A key that is no letter takes
what waits back."""

_WAITING = {key: action.name for action in ACTIONS if action.waits for key in action.keys if len(key) == 1}


class ChatTranscript(Transcript):
    """The transcript with the keys of the table of actions. What is no key here, letters in quick succession, and what
    is pasted are given to `write`, one by one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("transcript", prefix="app."),
        Binding("j", "cursor_next", "Next message", show=False),
        Binding("k", "cursor_previous", "Previous message", show=False),
        Binding("enter", "toggle_fold", "Unfold or fold", show=False),
        Binding("i", "app.compose_prompt", "Write", show=False),
    ]

    def __init__(self, load: Callable[[str], MessageView], write: Callable[[Key | Paste], None], *, id: str) -> None:
        super().__init__(load, id=id)
        self._write = write
        self._writing = False
        self._quick: list[Key] = []
        self._pause: Timer | None = None

    def on_focus(self, event: Focus) -> None:
        del event
        self._writing = False

    def on_paste(self, event: Paste) -> None:
        self._give(event)

    def on_key(self, event: Key) -> None:
        quick = self._let_go()
        if self._writing:  # keys that were under way to here
            self._give(event)
        elif not event.is_printable:
            return
        elif event.key not in self._bindings.key_to_bindings or any(key.key in _WAITING for key in quick):
            for key in (*quick, event):
                self._give(key)
        else:
            self._quick = [*quick, event]
            self._pause = self.set_timer(PAUSE_S, self._act)
            if event.key in _WAITING:
                event.stop()

    async def _act(self) -> None:
        """Nothing followed. Of a screen that was opened meanwhile the transcript does not know: it keeps its focus."""
        action = _WAITING.get(self._let_go()[-1].key)
        if action is not None and self.has_focus and self.app.screen is self.screen:
            await self.run_action(f"app.{action}")

    def _let_go(self) -> list[Key]:
        """The keys that came shortly before."""
        quick, self._quick = self._quick, []
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        return quick

    def _give(self, event: Key | Paste) -> None:
        event.stop()
        self._writing = True
        self._write(event)
