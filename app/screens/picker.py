"""Choose one of a list: type to narrow it, Enter takes, Esc leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from app.panels.draw import line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One row: `lines` are drawn, `words` are what typing narrows by."""

    value: T
    lines: tuple[Content, ...]
    words: str


class Picker(ModalScreen[T | None]):
    """Ends with the chosen value, or None. Subclasses may add keys for the row that is lit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("down", "move(1)", "next", show=False, priority=True),
        Binding("up", "move(-1)", "previous", show=False, priority=True),
        Binding("pagedown", "move(10)", "next page", show=False, priority=True),
        Binding("pageup", "move(-10)", "previous page", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: list[Choice[T]], *, lit: int = 0, keys: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._shown = choices
        self._lit = lit
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical(classes="picker"):
            yield Static(line((self._title, "strong accent")), classes="picker-title", markup=False)
            yield Input(placeholder="type to narrow", classes="picker-input")
            yield OptionList(classes="picker-list", markup=False)
            yield Static(line((f"Enter takes  Esc leaves  {self._keys}", "muted")), classes="picker-keys", markup=False)

    def on_mount(self) -> None:
        self._fill()
        self.query_one(OptionList).highlighted = self._lit if self._choices else None

    @property
    def left(self) -> bool:
        """Whether it is no longer there: what still comes in finds no widgets."""
        return self not in self.app.screen_stack

    def on_input_changed(self, event: Input.Changed) -> None:
        if not self.left:
            self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """Show the rows that have every word of `text`."""
        words = text.lower().split()
        shown = [choice for choice in self._choices if all(word in choice.words.lower() for word in words)]
        if shown != self._shown:
            self._shown = shown
            self._fill()

    def on_input_submitted(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.take(chosen)

    def on_option_list_option_selected(self) -> None:
        self.on_input_submitted()

    @property
    def chosen(self) -> T | None:
        """The value of the row that is lit."""
        at = self.query_one(OptionList).highlighted
        return self._shown[at].value if at is not None and at < len(self._shown) else None

    def take(self, value: T) -> None:
        self.dismiss(value)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        rows = self.query_one(OptionList)
        if self._shown:
            rows.highlighted = max(0, min(len(self._shown) - 1, (rows.highlighted or 0) + by))

    def _fill(self) -> None:
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options(Option(Content("\n").join(choice.lines)) for choice in self._shown)
        rows.highlighted = 0 if self._shown else None
