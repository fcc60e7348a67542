"""A full screen of lines drawn from one trace: it scrolls, follows a live turn, and Esc leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from app.panels import draw

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size

    from routing.trace import Trace


def heading(text: str, aside: str = "") -> list[Content]:
    """A section's title after an empty line."""
    return [draw.line(), draw.line((text, "strong accent"), (f"  {aside}" if aside else "", "muted"))]


class _Lines(Widget):
    """As high as its lines at the width that it gets."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._page.lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._page.lines(self.content_size.width))

    @property
    def _page(self) -> Page:
        page = self.screen
        assert isinstance(page, Page)
        return page


class Page(Screen[None]):
    """Subclasses say what to draw; the owner hands in newer traces while the turn runs."""

    NAME: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "back"),
        Binding("up,k", "scroll('up')", "up", show=False),
        Binding("down,j", "scroll('down')", "down", show=False),
        Binding("pageup,b", "scroll('page_up')", "page up", show=False),
        Binding("pagedown,space", "scroll('page_down')", "page down", show=False),
        Binding("home,g", "scroll('home')", "top", show=False),
        Binding("end,G", "scroll('end')", "end", show=False),
    ]

    trace: reactive[Trace | None] = reactive(None, repaint=False)

    def __init__(self, trace: Trace | None) -> None:
        super().__init__()
        self.set_reactive(Page.trace, trace)

    def lines(self, width: int) -> list[Content]:
        """What to draw, each line at most `width` cells."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield Static(draw.line((self.NAME, "strong")), classes="page-title", markup=False)
        with VerticalScroll(classes="page-body", can_focus=False):
            yield _Lines(classes="page-lines")
        yield Static(draw.line(("esc back   ↑↓ scroll   space page", "muted")), classes="page-keys", markup=False)

    def watch_trace(self) -> None:
        if self.is_mounted:
            self.query_one(_Lines).refresh(layout=True)

    def action_scroll(self, how: str) -> None:
        getattr(self.query_one(".page-body"), f"scroll_{how}")(animate=False)
