"""The transcript's surface: rows of messages from an anchor, drawn into strips, under a scroll bar that is derived.

The truth of where the reader is is an anchor (message, row) or "following the end"; scroll positions come from it,
so corrected heights and growing text never move what is being read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from app.chat import painting, selection, styles
from app.chat.messages import Messages
from app.chat.posted import FollowChanged
from app.chat.search import Search
from app.chat.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.css.styles import RenderStyles

    from app.chat.entries import MessageView
    from app.chat.message import Message, Row

SETTLE_S = 1 / 60
SETTLE_LINES = 100
"""Lines of code coloured at a time when a long block comes into view."""
KEPT_VIEWS = 8
"""Drawn strips are kept for so many views."""


class Surface(ScrollView, can_focus=True):
    """A scroll view without children, as high as the chat, that draws only the rows in view."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{name}" for name in styles.COMPONENTS}

    def __init__(self, load: Callable[[str], MessageView], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._messages = Messages(load)
        self._viewport = Viewport(self._messages)
        self._search = Search()
        self._cursor: str | None = None
        self._selected: selection.Selected | None = None
        self._hovered = ""
        self._jump: tuple[str, int] | None = None
        self._below = False
        self._told = (True, False)
        self._frame: list[Strip] = []
        self._drawn: dict[int, tuple[Row, painting.Look, Strip]] = {}
        self._palette: painting.Palette | None = None
        self._settling = False

    @property
    def rows_above(self) -> int:
        """Rows above the view: what the scroll position must be."""
        return self._viewport.y

    def paint(self) -> None:
        """Bring the view up to date: walk rows from the anchor, draw what changed, then place the scroll bar."""
        if not self.is_attached or not self.size:
            return
        self._measure()
        self._land()
        frame = [self._strip(index, row) for index, row in self._viewport.rows()]
        frame += [self._blank()] * (self._viewport.height - len(frame))
        if len(self._drawn) > KEPT_VIEWS * self._viewport.height:
            shown = {id(strip) for strip in frame}
            self._drawn = {key: drawn for key, drawn in self._drawn.items() if id(drawn[2]) in shown}
        before, self._frame = self._frame, frame
        changed = [
            Region(0, y, self.size.width, 1)
            for y, strip in enumerate(frame)
            if y >= len(before) or before[y] is not strip
        ]
        if changed:
            self.refresh(*changed)
        self._place_bar()
        self._tell()
        self._settle()

    def render_line(self, y: int) -> Strip:
        return self._frame[y] if y < len(self._frame) else self._blank()

    def on_resize(self) -> None:
        self.paint()

    def _measure(self) -> None:
        """Take the size of the content, which a border may change as well; the place that is read stays."""
        region = self.scrollable_content_region
        self._viewport.height = max(1, region.height)
        width = max(1, region.width - painting.GUTTER - 1)
        if width != self._messages.width:
            self._viewport.hold()
            self._messages.resize(width)
            self._viewport.restore()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._palette is not None and self.is_attached and self._palette.key != self._palette_key():
            self._palette = None
            self.call_next(self._restyle)
        if self._frame:
            self.call_after_refresh(self.paint)

    def _restyle(self) -> None:
        self._drawn.clear()
        self.paint()

    def _strip(self, index: int, number: int) -> Strip:
        message = self._messages.message(index)
        row = message.rows[number]
        entry = message.entry
        look = painting.Look(
            entry.kind,
            self.scrollable_content_region.width,
            cursor=entry.id == self._cursor,
            selected=selection.span_in_line(self._messages, self._selected, index, row.line),
            found=self._search.spans(message, row.line) if row.pieces else (),
            hovered=self._hovered,
            header=row.line == 0,
            gap=number == len(message.rows) - 1,
        )
        drawn = self._drawn.get(id(row))
        if drawn is None or drawn[0] is not row or drawn[1] != look:
            drawn = self._drawn[id(row)] = (row, look, painting.draw(row, look, self._current_palette()))
        return drawn[2]

    def _blank(self) -> Strip:
        return Strip.blank(self.scrollable_content_region.width, self._current_palette().style(""))

    def _current_palette(self) -> painting.Palette:
        if self._palette is None:
            self._palette = painting.Palette(self._component, self._palette_key())
        return self._palette

    def _palette_key(self) -> painting.PaletteKey:
        _, _, background, color = self.colors
        return painting.PaletteKey(self.app.theme, color, background)

    def _component(self, name: str) -> RenderStyles | None:
        try:
            return self.get_component_styles(f"transcript--{name}")
        except KeyError:
            return None

    def _place_bar(self) -> None:
        """Write the derived position without asking for a layout or being told of it."""
        total, y = self._viewport.total, self._viewport.y
        size = Size(self.scrollable_content_region.width, total)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
        if round(self.scroll_y) != y:
            self.set_reactive(Widget.scroll_y, float(y))
            self.set_reactive(Widget.scroll_target_y, float(y))
        bar = self.vertical_scrollbar
        bar.window_virtual_size = total
        bar.window_size = self._viewport.height
        bar.position = y

    def _tell(self) -> None:
        if self._viewport.following:
            self._below = False
        state = (self._viewport.following, self._below)
        if state != self._told:
            self._told = state
            self.post_message(FollowChanged(*state))

    def _land(self) -> None:
        """Finish a jump as soon as the text that it aims at has been laid out: a third from the top."""
        if self._jump is None:
            return
        identity, character = self._jump
        index = self._messages.index(identity)
        message = self._messages.message(index)
        if message.waits_for(character):
            return
        self._jump = None
        self._viewport.show(index, message.row_of(*message.find(character)), self._viewport.height // 3)

    def _settle(self) -> None:
        if not self._settling and self._unsettled():
            self._settling = True
            self.set_timer(SETTLE_S, self._advance)

    def _unsettled(self) -> list[Message]:
        """Messages in view of which text or colours are still to come."""
        seen = {index: self._messages.message(index) for index, _ in self._viewport.rows()}
        return [message for message in seen.values() if not message.settled]

    def _advance(self) -> None:
        self._settling = False
        for message in self._unsettled():
            message.advance(SETTLE_LINES)
        self.paint()
