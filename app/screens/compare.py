"""Which of two is better: a superseded draft and the answer that took its place, side by side where there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from app.panels.draw import count, line
from app.visible import visible

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

Preference = Literal["draft", "answer", "neither"]

_LONGEST = 20_000
"""Characters of each that are shown."""
_TAB = 4


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: who said it, how sure it was (`.41 < .66`), and its text."""

    model: str
    confidence: str
    text: str


class CompareScreen(ModalScreen[Preference | None]):
    """Ends with the better one, or None: nothing was said. Both sides scroll together."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "prefer('draft')", "draft"),
        Binding("2", "prefer('answer')", "answer"),
        Binding("0", "prefer('neither')", "no difference"),
        Binding("escape,q", "leave", "leave"),
        Binding("up,k", "scroll('up')", "up", show=False),
        Binding("down,j", "scroll('down')", "down", show=False),
        Binding("pageup,b", "scroll('page_up')", "page up", show=False),
        Binding("pagedown,space", "scroll('page_down')", "page down", show=False),
        Binding("home,g", "scroll('home')", "top", show=False),
        Binding("end,G", "scroll('end')", "end", show=False),
    ]

    def __init__(self, draft: Side, answer: Side) -> None:
        super().__init__()
        self._sides = (("1", "draft", draft), ("2", "answer", answer))

    def compose(self) -> ComposeResult:
        yield Static(line(("Which is better?", "strong")), classes="page-title", markup=False)
        with Container(classes="compare-sides"):
            for key, name, side in self._sides:
                with VerticalScroll(classes="compare-side", can_focus=False) as pane:
                    pane.border_title = line(
                        (f"{key} {name}", "strong accent"), (f"  {side.model} · conf {side.confidence}", "muted")
                    )
                    yield Static(_shown(side.text), markup=False)
        keys = (("1", "draft"), ("2", "answer"), ("0", "no difference"), ("↑↓", "scroll"), ("Esc", "leave"))
        runs = [run for key, does in keys for run in ((key, "accent"), (f" {does}   ", "muted"))]
        yield Static(line(*runs), classes="page-keys", markup=False)

    def action_prefer(self, better: Preference) -> None:
        self.dismiss(better)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_scroll(self, how: str) -> None:
        for pane in self.query(VerticalScroll):
            getattr(pane, f"scroll_{how}")(animate=False)


def _shown(text: str) -> Content:
    """As it was written, its end left out where it is very long."""
    shown = Content(visible(text[:_LONGEST]).expandtabs(_TAB).strip("\n"))
    if not shown.plain.strip():
        return line(("It says nothing.", "muted"))
    left = len(text) - _LONGEST
    return shown if left <= 0 else shown + Content("\n") + line((f"… and {count(left)} characters more", "muted"))
