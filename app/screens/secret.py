"""A line for a secret: what is typed or pasted is kept and never drawn, not even its letters' width."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widget import Widget

from app.panels.draw import line

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.content import Content
    from textual.events import Blur, Focus, Key, Paste

LONGEST = 4096
"""Characters; no service's key is longer."""


class SecretField(Widget, can_focus=True):
    """Shows a dot for each character. There is nothing to select, to copy or to complete; `value` is the secret."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "rub_out", "rub out", show=False),
        Binding("ctrl+u", "clear", "clear", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="secret")
        self._typed: list[str] = []

    @property
    def value(self) -> str:
        return "".join(self._typed)

    def render(self) -> Content:
        room = max(0, self.content_size.width - 1)
        cursor = ("█", "accent") if self.has_focus else ("", "")
        if not self._typed:
            return line(cursor, (" paste it here, or type it", "muted"))
        return line("•" * min(len(self._typed), room), cursor)

    def action_rub_out(self) -> None:
        del self._typed[-1:]
        self.refresh()

    def action_clear(self) -> None:
        self._typed.clear()
        self.refresh()

    def on_key(self, event: Key) -> None:
        if event.is_printable and event.character is not None:
            event.stop()
            event.prevent_default()
            self._take(event.character)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self._take(event.text.strip())

    def on_focus(self, event: Focus) -> None:
        del event
        self.refresh()

    def on_blur(self, event: Blur) -> None:
        del event
        self.refresh()

    def _take(self, text: str) -> None:
        self._typed.extend(text[: LONGEST - len(self._typed)])
        self.refresh()
