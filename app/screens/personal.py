"""Before a prompt with personal data goes out: what may be done about it. It shows what was found, never the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from app.panels.draw import line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from routing.execution.prechecks import Choice

_CHOICES = (
    ("s", "send it as it is"),
    ("m", "mask it: placeholders go out, the answer has the values back"),
    ("l", "keep it on this machine: only local models are asked"),
    ("e", "edit the prompt"),
)


@dataclass(frozen=True, slots=True)
class Permission:
    """What the user said: for one prompt, or `always` in this chat."""

    choice: Choice
    always: bool


class PersonalScreen(ModalScreen[Permission | None]):
    """Ends with what may be done, or None: the prompt is not sent."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "choose('send')", "send"),
        Binding("m", "choose('mask')", "mask"),
        Binding("l", "choose('local')", "keep local"),
        Binding("a", "always", "always"),
        Binding("e,escape", "leave", "edit"),
    ]

    def __init__(self, kinds: tuple[str, ...], profile: str) -> None:
        super().__init__()
        self._kinds = kinds
        self._profile = profile
        self._always = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="picker"):
            yield Static(line(("Personal data in this prompt or its chat", "strong accent")), markup=False)
            found = [line(("· ", "muted"), kind) for kind in self._kinds]
            asks = line((f"Nothing is sent yet: the profile {self._profile} asks first.", "muted"))
            yield Static(Content("\n").join([asks, line(), *found]), classes="personal-found", markup=False)
            rows = [line((f" {key} ", "accent"), f" {does}") for key, does in _CHOICES]
            yield Static(Content("\n").join(rows), classes="personal-choices", markup=False)
            yield Static(self._remembered(), classes="personal-always", markup=False)
            keys = "Esc goes back to the prompt · m and l hold for the rest of the chat"
            yield Static(line((keys, "muted")), classes="picker-keys", markup=False)

    def action_choose(self, choice: Choice) -> None:
        self.dismiss(Permission(choice, self._always))

    def action_always(self) -> None:
        """What is chosen next holds for the chat, or no longer."""
        self._always = not self._always
        self.query_one(".personal-always", Static).update(self._remembered())

    def action_leave(self) -> None:
        self.dismiss(None)

    def _remembered(self) -> Content:
        mark = "●" if self._always else "○"
        return line(
            (" a ", "accent"),
            (f" {mark} always in this chat, until Pointsman ends", "strong" if self._always else "muted"),
        )
