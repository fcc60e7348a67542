"""Entering a provider's key: it is hidden while it is typed, tried, and kept where the user chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from app.panels.draw import line
from app.screens.secret import SecretField
from app.visible import visible
from routing.errors import ConfigurationError
from routing.providers.keys import read_entered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from app.setup.entries import Entry

Place = Literal["keyring", "file"]
_FIRST = "It is used from now on; at the next start {name} of the environment is read first, unless you change it."
_KEYS = "Enter tries it, then keeps it   Ctrl-U clears   Esc leaves"


@dataclass(frozen=True, slots=True)
class Entered:
    """The key, and where it is to be kept."""

    value: str = field(repr=False)
    place: Place


class KeyScreen(ModalScreen[None]):
    """Ends once a key is kept: `keep` does that, or answers with the sentence that says why not."""

    AUTO_FOCUS = "SecretField"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("enter", "keep", "keep", priority=True),
        Binding("up,down,tab,shift+tab", "other_place", "other place", show=False, priority=True),
    ]

    def __init__(
        self,
        entry: Entry,
        file: Path,
        keep: Callable[[Entered], Awaitable[str | None]],
        *,
        keyring: bool,
        in_environment: bool = False,
    ) -> None:
        super().__init__()
        self._entry = entry
        self._file = file
        self._keep = keep
        self._trying = False
        self._places: tuple[Place, ...] = ("keyring", "file") if keyring else ("file",)
        self._in_environment = in_environment
        self._at = 0

    def compose(self) -> ComposeResult:
        name, page = self._entry.config.key or "", self._entry.key_page
        with Vertical(classes="picker"):
            yield Static(
                line((f"The key of {self._entry.name}", "strong accent"), (f"  {name}", "muted")), markup=False
            )
            yield Static(self._source(page), classes="key-page", markup=False)
            yield SecretField()
            yield Static(self._choice(), classes="key-places", markup=False)
            if self._in_environment:
                yield Static(line((_FIRST.format(name=name), "warn")), classes="key-first", markup=False)
            yield Static(line((_KEYS, "muted")), classes="picker-keys", markup=False)

    def action_other_place(self) -> None:
        self._at = (self._at + 1) % len(self._places)
        self.query_one(".key-places", Static).update(self._choice())

    def action_keep(self) -> None:
        """What cannot be a key, or is refused, is not kept: the screen says so and stays."""
        if self._trying:
            return
        try:
            value = read_entered(self._entry.config.key or "", self.query_one(SecretField).value)
        except ConfigurationError as error:
            self._tell(f"✗ {error}", "bad")
            return
        self._try(Entered(value, self._places[self._at]))

    @work(group="setup", exit_on_error=False)
    async def _try(self, entered: Entered) -> None:
        """What is pasted meanwhile stays for another try."""
        self._trying = True
        self.query_one(SecretField).action_clear()
        self._tell(f"… {self._entry.name} is asked whether it accepts the key", "info")
        try:
            problem = await self._keep(entered)
        finally:
            self._trying = False
        if problem is None:
            self.dismiss(None)
        else:
            self._tell(f"✗ {problem}", "bad")

    def _tell(self, sentence: str, style: str) -> None:
        keys = self.query_one(".picker-keys", Static)
        keys.update(Content("\n").join([line((visible(sentence), style)), line((_KEYS, "muted"))]))

    def action_leave(self) -> None:
        self.dismiss(None)

    def _source(self, page: str) -> Content:
        """Where to get a key, or who it goes to where nobody knows."""
        words, place = ("Get one at ", page) if page else ("It goes to ", self._entry.config.base_url)
        return line((words, "muted"), place)

    def _choice(self) -> Content:
        """Where it will be kept, and the key that changes it; a place that is not to be had says what it lacks."""
        told = {"keyring": "the system's keyring", "file": f"{self._file}, which only you can read"}
        only = len(self._places) == 1
        rows = [line(("It is kept in" if only else "It is kept in (↑ ↓ changes)", "muted"))]
        for at, place in enumerate(self._places):
            lit = at == self._at
            rows.append(
                line(("● " if lit else "○ ", "accent" if lit else "muted"), (told[place], "strong" if lit else ""))
            )
        if only:
            rows.append(line(("○ the system's keyring, once pointsman[keyring] is installed", "muted")))
        return Content("\n").join(rows)
