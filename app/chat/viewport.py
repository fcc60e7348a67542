"""Where the reader is: an anchor (message, row) or the end. Scroll positions follow from it, never the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.chat.messages import Messages


class Anchor(NamedTuple):
    """The top row of the view."""

    message: int
    row: int


class Viewport:
    """The rows in view, found by walking real rows from the anchor."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self.height = 1
        self.following = True
        self.top = Anchor(0, 0)
        self._held: tuple[int, int, int] | None = None

    @property
    def y(self) -> int:
        """Rows above the view, estimated where messages have not been read."""
        return self._messages.heights.prefix(self.top.message) + self.top.row

    @property
    def total(self) -> int:
        """Rows of the whole chat, at least those of the view."""
        return max(self._messages.heights.total, self.height)

    def rows(self) -> list[tuple[int, int]]:
        """(message, row) of each row in view, from the top; fewer than `height` in a short chat."""
        if self.following:
            self.top = self.bottom()
        self._clamp()
        found: list[tuple[int, int]] = []
        index, row = self.top
        while index < len(self._messages) and len(found) < self.height:
            end = min(self._messages.height(index), row + self.height - len(found))
            found.extend((index, at) for at in range(row, end))
            index, row = index + 1, 0
        if len(found) < self.height and self.top != Anchor(0, 0) and not self.following:
            self.following = True
            return self.rows()
        return found

    def bottom(self) -> Anchor:
        """The anchor that shows the end."""
        left = self.height
        for index in range(len(self._messages) - 1, -1, -1):
            rows = self._messages.height(index)
            if rows >= left:
                return Anchor(index, rows - left)
            left -= rows
        return Anchor(0, 0)

    def move(self, delta: int) -> None:
        """Walk `delta` real rows; down to the end is following, up ends it."""
        if not len(self._messages):
            return
        bottom = self.bottom()
        self._settle(self._walked(bottom if self.following else self.top, delta), bottom)

    def seek(self, y: int) -> None:
        """Go to a far row of the whole chat, by estimate."""
        if not len(self._messages):
            return
        index, row = self._messages.heights.find(y)
        guess = self._messages.heights[index]
        real = self._messages.height(index)
        self._settle(Anchor(index, row if real == guess else row * real // guess), self.bottom())

    def show(self, index: int, row: int, above: int = 0) -> None:
        """Put a row at the top of the view, or below `above` others, or as near to that as the ends allow."""
        self._settle(self._walked(Anchor(index, row), -above), self.bottom())

    def follow(self) -> None:
        self._held = None
        self.following = True

    def hold(self) -> None:
        """Remember what the top row shows, before the width changes. Kept until the reader moves."""
        if self._held is not None or not len(self._messages) or self.following:
            return
        message = self._messages.message(self.top.message)
        row = message.rows[min(self.top.row, len(message.rows) - 1)]
        character = min((piece.at for piece in row.pieces if piece.at >= 0), default=0)
        if not row.pieces:
            character = -1
        self._held = self.top.message, row.line, character

    def restore(self) -> None:
        """Find the remembered place again at the new width."""
        if self._held is None or self.following:
            return
        index, line, character = self._held
        message = self._messages.message(index)
        row = len(message.rows) - 1 if character < 0 else message.row_of(line, character)
        self.top = Anchor(index, row)

    def shift(self, index: int, count: int) -> None:
        """`count` messages were put in (or taken out, when negative) at `index`."""
        if self.top.message >= index:
            self.top = Anchor(max(0, self.top.message + count), self.top.row)
        if self._held is not None and self._held[0] >= index:
            self._held = (max(0, self._held[0] + count), *self._held[1:])

    def _walked(self, anchor: Anchor, delta: int) -> Anchor:
        """The anchor `delta` real rows further down."""
        index, row = anchor
        row += delta
        while row < 0 and index > 0:
            index -= 1
            row += self._messages.height(index)
        while row >= self._messages.height(index) and index < len(self._messages) - 1:
            row -= self._messages.height(index)
            index += 1
        return Anchor(index, max(0, row))

    def _settle(self, top: Anchor, bottom: Anchor) -> None:
        self._held = None
        self.following = top >= bottom
        self.top = bottom if self.following else top

    def _clamp(self) -> None:
        index = max(0, min(self.top.message, len(self._messages) - 1))
        row = self.top.row
        if index < len(self._messages):
            row = min(row, self._messages.height(index) - 1) if index == self.top.message else 0
        self.top = Anchor(index, row)
