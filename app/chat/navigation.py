"""Moving through the transcript: the cursor over messages, scrolling, following the end, jumping to a place."""

from __future__ import annotations

from app.chat.entries import FOLDABLE
from app.chat.posted import CursorMoved, FoldToggled
from app.chat.surface import Surface

NEAR_VIEWS = 3
"""A move of up to so many views walks real rows, a longer one goes by estimate."""


class Navigation(Surface):
    """Scrolling ends following, and the end begins it again: a state, not a distance."""

    @property
    def cursor(self) -> str | None:
        """The message that single-message actions mean."""
        return self._cursor

    def move_cursor(self, by: int) -> None:
        """Move the cursor over messages and bring its message into view; without one, start in the view."""
        if not len(self._messages):
            return
        if self._cursor is None:
            index = self._viewport.rows()[-1 if by < 0 else 0][0]
        else:
            index = min(max(self._messages.index(self._cursor) + by, 0), len(self._messages) - 1)
        self._set_cursor(self._messages.entry(index).id)
        self._reveal(index)

    def place_cursor(self, identity: str) -> None:
        """Put the cursor on a message and bring it into view."""
        self._set_cursor(identity)
        self._reveal(self._messages.index(identity))

    def clear_cursor(self) -> None:
        self._set_cursor(None)
        self.paint()

    def scroll_to_message(self, identity: str) -> None:
        """Put the first row of a message at the top of the view."""
        self._viewport.show(self._messages.index(identity), 0)
        self.paint()

    @property
    def following(self) -> bool:
        """The view stays at the end while text arrives; ended by the reader's scrolling, not by distance."""
        return self._viewport.following

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._jump = None
        self._viewport.follow()
        self.paint()

    def jump(self, identity: str, character: int) -> None:
        """Bring a character of a message's source into view, a third from the top."""
        self._viewport.show(self._messages.index(identity), 0)
        self._jump = (identity, character)
        self.paint()

    def action_cursor_next(self) -> None:
        self.move_cursor(1)

    def action_cursor_previous(self) -> None:
        self.move_cursor(-1)

    def action_toggle_fold(self) -> None:
        """Ask to fold or unfold the message under the cursor, when it is one that folds."""
        if self._cursor is None:
            return
        entry = self._messages.entry(self._messages.index(self._cursor))
        message = self._messages.known(entry.id)
        if entry.kind in FOLDABLE or (message is not None and message.view.folded):
            self.post_message(FoldToggled(entry.id))

    def action_scroll_up(self) -> None:
        self._walk(-1)

    def action_scroll_down(self) -> None:
        self._walk(1)

    def action_page_up(self) -> None:
        self._walk(1 - self._viewport.height)

    def action_page_down(self) -> None:
        self._walk(self._viewport.height - 1)

    def action_scroll_home(self) -> None:
        if len(self._messages):
            self._jump = None
            self._viewport.show(0, 0)
            self.paint()

    def action_scroll_end(self) -> None:
        self.follow()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The reader moved the bar or the wheel: follow with the anchor, then write the exact position back."""
        del old_value
        y = round(new_value)
        delta = y - self._viewport.y
        if not delta:
            return
        if delta > 0 and y >= self.max_scroll_y:
            self.follow()
        elif abs(delta) <= NEAR_VIEWS * self._viewport.height:
            self._walk(delta)
        else:
            self._jump = None
            self._viewport.seek(y)
            self.paint()

    def _walk(self, rows: int) -> None:
        self._jump = None
        self._viewport.move(rows)
        self.paint()

    def _set_cursor(self, identity: str | None) -> None:
        if identity != self._cursor:
            self._cursor = identity
            self.post_message(CursorMoved(identity))

    def _reveal(self, index: int) -> None:
        """Scroll as little as shows the whole message, or its beginning when it is longer than the view."""
        top, view = self._viewport.top, self._viewport.height
        height = self._messages.height(index) - 1
        rows = self._viewport.rows()
        below = sum(message == index for message, _ in rows)
        begins = (index, 0) in rows
        if begins and (below >= height or rows[0] == (index, 0)):
            self.paint()
            return
        self._jump = None
        self._viewport.show(index, 0, max(0, view - height) if index > top.message else 0)
        self.paint()
