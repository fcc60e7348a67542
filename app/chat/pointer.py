"""The mouse on the transcript: selecting over wrapped lines and messages, links, and the cursor.

Textual's own dragging is off here: over a widget this tall it selects whole widgets and does not extend at the edge.
What is selected is given to the screen, so that its copying and its Escape work as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, split_graphemes
from textual.geometry import Offset
from textual.selection import Selection

from app.chat import painting, selection
from app.chat.posted import CursorMoved, LinkOpened
from app.chat.selection import text as selected_text
from app.chat.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.timer import Timer

    from app.chat.entries import MessageView
    from app.chat.lines import Piece
    from app.chat.message import Row

EDGE_S = 1 / 20
LINE_BITS = 20
"""A place's `y` for the screen is its message, shifted by so many bits, and its logical line."""


class Pointer(Surface):
    """Mouse handling of the transcript."""

    def __init__(self, load: Callable[[str], MessageView], *, id: str | None = None) -> None:
        super().__init__(load, id=id)
        self._pressed: selection.Place | None = None
        self._pointer = Offset(0, 0)
        self._edge: Timer | None = None

    def place_at(self, x: int, y: int) -> selection.Place | None:
        """The character under a cell of the widget, or the nearest one in its row."""
        rows = self._viewport.rows()
        if not rows:
            return None
        index, number = rows[min(max(y, 0), len(rows) - 1)]
        row = self._messages.message(index).rows[number]
        return selection.Place(self._messages.entry(index).id, row.line, _character(row, x - painting.GUTTER))

    def clear_text_selection(self) -> None:
        if self._selected is not None:
            self.screen.clear_selection()

    def selection_updated(self, selection: Selection | None) -> None:
        """The screen tells of selections late and in order: what it holds now is what counts."""
        del selection
        if self.text_selection is None and self._pressed is None and self._selected is not None:
            self._selected = None
            self.paint()

    def _inside(self, event: events.MouseEvent) -> Offset:
        """Where the pointer is in the content, which a border may push in."""
        gutter = self.gutter
        return event.offset - Offset(gutter.left, gutter.top)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button != 1:
            return
        self._pointer = self._inside(event)
        self._pressed = self.place_at(*self._pointer)
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._pressed is not None:
            if self._inside(event) != self._pointer:
                self._pointer = self._inside(event)
                self._extend()
                self._watch_edge()
            return
        self._hover(*self._inside(event))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        del event
        self._pressed = None
        self._watch_edge()
        self.release_mouse()

    def on_leave(self) -> None:
        self._hover(-1, -1)

    def on_click(self, event: events.Click) -> None:
        at = self._inside(event)
        place = self.place_at(*at)
        if place is None or event.button != 1 or (event.chain == 1 and self._selected is not None):
            return
        if event.chain == 2:
            self._select(selection.word(self._messages, place))
        elif event.chain == 3:
            self._select(selection.line(self._messages, place))
        elif event.chain == 1:
            self._clicked(place, self._link_at(*at))

    def _clicked(self, place: selection.Place, url: str) -> None:
        if url:
            self.post_message(LinkOpened(url))
        elif place.message != self._cursor:
            self._cursor = place.message
            self.post_message(CursorMoved(place.message))
            self.paint()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the screen copies; it asks with what `_select` gave it."""
        del selection
        return (selected_text(self._messages, self._selected), "\n") if self._selected else None

    def _extend(self) -> None:
        place = self.place_at(self._pointer.x, self._pointer.y)
        if self._pressed is not None and place is not None:
            self._select(selection.spans(self._messages, self._pressed, place))

    def _select(self, selected: selection.Selected) -> None:
        self._selected = selected
        self.screen.selections = {self: Selection(self._offset(selected.start), self._offset(selected.end))}
        self.paint()

    def _offset(self, place: selection.Place) -> Offset:
        return Offset(place.character, self._messages.index(place.message) << LINE_BITS | place.line)

    def _watch_edge(self) -> None:
        """Scroll by a timer of our own while the pointer is held outside the view."""
        outside = self._pressed is not None and not 0 <= self._pointer.y < self._viewport.height
        if outside and self._edge is None:
            self._edge = self.set_interval(EDGE_S, self._scroll_edge)
        elif not outside and self._edge is not None:
            self._edge.stop()
            self._edge = None

    def _scroll_edge(self) -> None:
        below = self._pointer.y - self._viewport.height + 1
        self._viewport.move(self._pointer.y if self._pointer.y < 0 else below)
        self._extend()

    def _hover(self, x: int, y: int) -> None:
        url = self._link_at(x, y)
        if url != self._hovered:
            self._hovered = url
            self.styles.pointer = "pointer" if url else "default"
            self.paint()

    def _link_at(self, x: int, y: int) -> str:
        rows = self._viewport.rows()
        if not 0 <= y < len(rows):
            return ""
        index, number = rows[y]
        at = painting.GUTTER
        for piece in self._messages.message(index).rows[number].pieces:
            at += cell_len(piece.text)
            if x < at:
                return piece.url if x >= at - cell_len(piece.text) else ""
        return ""


def _character(row: Row, x: int) -> int:
    """The character of the row's line under cell `x` of its text."""
    at, nearest = 0, 0
    for piece in row.pieces:
        width = cell_len(piece.text)
        if piece.at >= 0:
            if x < at:
                return piece.at
            if x < at + width:
                return piece.at + _index(piece, x - at)
            nearest = piece.at + len(piece.text)
        at += width
    return nearest


def _index(piece: Piece, x: int) -> int:
    """The character of a piece that covers its cell `x`, wide and joined ones included."""
    if piece.text.isascii():
        return x
    cells = 0
    for start, _end, width in split_graphemes(piece.text)[0]:
        cells += width
        if x < cells:
            return start
    return len(piece.text)
