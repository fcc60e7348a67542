"""What all panels are: a frame of fixed size with one trace in it, drawn anew only when its own part changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from routing.trace import Trace


class Panel(Widget):
    """Draws `lines` of the trace it is given, live or past.

    The owner hands in each new trace; while a turn runs it stamps the present into it (`replace(trace, at_s=…)`) as
    often as gauges shall move. A panel asks no clock.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    trace: reactive[Trace | None] = reactive(None, repaint=False)
    _drawn: object = None

    def lines(self, width: int, height: int) -> list[Content]:
        """What to draw in `width` by `height` cells."""
        raise NotImplementedError

    def part(self) -> object:
        """All that `lines` reads: while it stays equal nothing is drawn."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw if what is shown has changed."""
        part = self.part()
        if part != self._drawn:
            self._drawn = part
            self.refresh()

    def watch_trace(self) -> None:
        self.redraw()

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.content_size.width, self.content_size.height))
