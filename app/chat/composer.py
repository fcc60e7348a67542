"""Where the prompt is written: it takes keys from the first paint on, and its edge shows the track before Enter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import TextArea

from app.actions import ACTIONS
from app.keys import bindings
from app.visible import harmless

if TYPE_CHECKING:
    from pathlib import Path

    from textual.binding import BindingType
    from textual.events import Key, Paste

_IN_ORDER = ("send", "newline", "leave_if_empty")
_KEYS = {key: action.name for action in ACTIONS if action.name in _IN_ORDER for key in action.keys}
LARGEST_PASTE = 2_000_000
"""Characters; a larger paste is refused, in words."""


class Composer(TextArea):
    """A text area in which Enter sends. Posts `Sent`, `Prepared`, `PasteRefused`, `ImagesDropped`, and TextArea's own
    `Changed`.

    `prepared` is how many prompts the first screen offers: while nothing is written, their digits send them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("composer"),
        Binding("down", "later", "Later prompt", show=False),
    ]

    class Sent(Message):
        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Prepared(Message):
        """A digit was pressed while nothing is written and the first screen is shown."""

        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    class PasteRefused(Message):
        def __init__(self, characters: int) -> None:
            self.characters = characters
            super().__init__()

    class ImagesDropped(Message):
        """What was pasted are paths of images: terminals paste the path of a file that is dropped on them."""

        def __init__(self, paths: list[Path]) -> None:
            self.paths = paths
            super().__init__()

    def __init__(self) -> None:
        super().__init__(
            id="composer", soft_wrap=True, show_line_numbers=False, tab_behavior="focus", placeholder="Ask anything"
        )
        self._earlier: list[str] = []
        self._at = -1
        self._unsent = ""
        self._set_aside: list[str] = []
        self.prepared = 0

    def remember(self, prompts: list[str]) -> None:
        """Earlier prompts, the latest first."""
        self._earlier = prompts

    def write(self, text: str) -> None:
        """Replace what stands here and put the cursor behind it; nothing in it reaches the terminal to be obeyed."""
        self.text = harmless(text)
        self.move_cursor(self.document.end)

    def put_first(self, text: str) -> None:
        """Write something that is to be sent first; what stands here comes back after it, unless it is a command."""
        if not (self._set_aside and self.text.startswith("/")):
            self._set_aside.append(self.text)
        self.write(text)
        self.focus()

    @property
    def depth(self) -> int:
        """How many texts come back."""
        return len(self._set_aside)

    def give_back(self) -> None:
        """What was set aside last stands here again."""
        self.write(self._set_aside.pop() if self._set_aside else "")

    def begin_with(self, text: str) -> None:
        """Another chat's text; nothing comes back after it."""
        self._set_aside.clear()
        self.write(text)

    @property
    def unsent(self) -> str:
        """What a person would miss."""
        return next(filter(None, self._set_aside), self.text)

    def action_send(self) -> None:
        if self.text.strip():
            self.post_message(self.Sent(self.text))

    def remember_sent(self, text: str) -> None:
        """↑ brings it back."""
        self._earlier = [text, *(prompt for prompt in self._earlier if prompt != text)]
        self._at = -1
        self._unsent = ""

    def action_newline(self) -> None:
        self.insert("\n")

    def action_earlier(self) -> None:
        """On the first line bring back an earlier prompt, elsewhere move up."""
        if self.cursor_location[0] > 0 or not self._earlier[self._at + 1 :]:
            self.action_cursor_up()
            return
        if self._at < 0:
            self._unsent = self.text
        self._at += 1
        self.write(self._earlier[self._at])
        self.move_cursor((0, 0))

    def action_later(self) -> None:
        if self._at < 0 or self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
            return
        self._at -= 1
        self.write(self._earlier[self._at] if self._at >= 0 else self._unsent)

    async def action_leave_if_empty(self) -> None:
        """As in a shell."""
        if self.text:
            self.action_delete_right()
        else:
            await self.app.action_quit()

    async def _on_key(self, event: Key) -> None:
        # In the order of the keys: a priority binding would overtake letters that still wait here.
        own = _KEYS.get(event.key)
        if own is not None:
            event.prevent_default()
            event.stop()
            await self.run_action(own)
            return
        digit = event.character or ""
        if not self.text and digit.isdecimal() and 1 <= int(digit) <= self.prepared:
            event.prevent_default()
            event.stop()
            self.post_message(self.Prepared(int(digit)))
            return
        await super()._on_key(event)

    async def _on_paste(self, event: Paste) -> None:
        """Line breaks stay line breaks and never send; NUL and escape characters never reach the terminal."""
        event.prevent_default()
        event.stop()
        if len(event.text) > LARGEST_PASTE:
            self.post_message(self.PasteRefused(len(event.text)))
            return
        from app.attachments import are_images, dropped_in
        from routing.messages import clean_text

        # Keys that follow wait in this widget's queue, so that nothing overtakes the paste.
        paths = dropped_in(event.text)
        images = await asyncio.to_thread(are_images, paths) if paths else False
        if images:
            self.post_message(self.ImagesDropped(paths))
            return
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self.insert(harmless(clean_text(text)))
