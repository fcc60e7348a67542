"""The conversation on screen: one widget that draws lines, whatever the number of messages. Nothing is mounted.

`Surface` draws, `Navigation` moves, `Pointer` selects; here are the messages, their text as it streams, and search.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.geometry import Offset

from app.chat import posted, selection, styles
from app.chat.entries import Entry, Kind, MessageView, Run
from app.chat.navigation import Navigation
from app.chat.pointer import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.chat.message import Message

__all__ = ["Entry", "Kind", "MessageView", "Run", "Transcript"]

FRAME_S = 1 / 30
"""Between two paintings of streamed text; twice as long as the last one took, when that is more."""


class Transcript(Navigation, Pointer):
    """Messages, read lazily through `load(id)`, streamed into with `feed`.

    Record first, then `feed`: `load(id).text` is everything received so far, whenever it is asked.
    """

    DEFAULT_CSS = styles.CSS

    CursorMoved = posted.CursorMoved
    FollowChanged = posted.FollowChanged
    LinkOpened = posted.LinkOpened
    FoldToggled = posted.FoldToggled

    def __init__(self, load: Callable[[str], MessageView], *, id: str | None = None) -> None:
        super().__init__(load, id=id)
        self._dirty: set[str] = set()
        self._flush_due = False
        self._next_flush_s = 0.0

    def set_entries(self, entries: Iterable[Entry]) -> None:
        """Open a chat: at its end, following."""
        self.clear_text_selection()
        self._messages.replace(entries)
        self._set_cursor(None)
        self._below = False
        self._drawn.clear()
        self.follow()

    def append(self, entry: Entry) -> None:
        self._messages.append(entry)
        self._below = not self.following
        self.paint()

    def insert_after(self, after: str, entry: Entry) -> None:
        """Put a message behind another one; what is in view stays."""
        index = self._messages.index(after) + 1
        self._messages.insert(index, entry)
        self._viewport.shift(index, 1)
        self.paint()

    def remove_message(self, identity: str) -> None:
        index = self._messages.index(identity)
        self._messages.remove(index)
        self._viewport.shift(index + 1, -1)
        if self._jump is not None and self._jump[0] == identity:
            self._jump = None
        if self._cursor == identity:
            self._set_cursor(None)
        self.paint()

    def refresh_message(self, identity: str) -> None:
        """Ask for a message again: its header, footer, fold or text changed."""
        self._messages.reload(identity)
        self.paint()

    def feed(self, identity: str, text: str) -> None:
        """Add streamed text. Costs nothing: the next frame takes it in, the first token's at once."""
        message = self._messages.known(identity)
        if message is not None:
            message.feed(text)
        self._dirty.add(identity)
        self._flush_soon()

    def finish(self, identity: str) -> None:
        """The text of a message is complete."""
        message = self._messages.known(identity)
        if message is not None:
            message.finish()
        self._dirty.add(identity)
        self._flush_soon()

    def reset_text(self, identity: str) -> None:
        """The text of a message starts again: forget what was fed and ask for it."""
        self._messages.reload(identity, afresh=True)
        self.paint()

    def message_source(self, identity: str) -> str:
        """The stored text of a message."""
        return self._messages.source(identity)

    def code_blocks(self, identity: str) -> list[str]:
        """The source of each block of code in a message."""
        from app.chat.markdown import code_sources

        return code_sources(self.message_source(identity))

    def selected_text(self) -> str:
        """What copying gives, or nothing."""
        return selection.text(self._messages, self._selected) if self._selected else ""

    def highlight(self, query: str | None) -> None:
        """Mark every occurrence of `query` in view; None or nothing ends it."""
        self._search.query = query or ""
        self.paint()

    def message_text(self, identity: str) -> str:
        """A message as it is shown, without gutters and without the breaks of wrapping."""
        message = self._messages.message(self._messages.index(identity))
        lines = (message.line(index) for index in range(message.line_count))
        return "\n".join(line for line in lines if line is not None)

    def visible_text(self) -> str:
        """The rows in view."""
        return "\n".join(strip.text.rstrip() for strip in self._frame)

    def where(self, identity: str, text: str) -> Offset:
        """The cell, within this widget, at which `text` begins in a row of a message that is in view.

        Raises LookupError when it is not there.
        """
        for y, (index, _) in enumerate(self._viewport.rows()):
            row = self._frame[y].text
            if self._messages.entry(index).id == identity and text in row:
                gutter = self.gutter
                return Offset(gutter.left + cell_len(row[: row.index(text)]), gutter.top + y)
        raise LookupError(f"{text!r} of message {identity!r} is not in view")

    @property
    def unsettled(self) -> bool:
        """Something in view is still to be taken in, laid out or coloured."""
        return self._flush_due or self._jump is not None or bool(self._unsettled())

    def _unsettled(self) -> list[Message]:
        """Streamed text has its own clock."""
        return [message for message in super()._unsettled() if message.entry.id not in self._dirty]

    def _flush_soon(self) -> None:
        if self._flush_due:
            return
        self._flush_due = True
        wait = self._next_flush_s - monotonic()
        if wait > 0:
            self.set_timer(wait, self._flush)
        else:
            self.call_next(self._flush)

    def _flush(self) -> None:
        """Take in what was fed and paint it."""
        began = monotonic()
        self._flush_due = False
        for identity in self._dirty & self._messages.read:
            self._messages.update(identity)
        self._dirty.clear()
        self._below = not self.following
        self.paint()
        now = monotonic()
        self._next_flush_s = now + max(FRAME_S, 2 * (now - began))
