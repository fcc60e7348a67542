"""The list of chats, and what a search found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding

from app.panels.draw import line
from app.screens.picker import Choice, Picker
from routing.clock import local_time
from routing.money import format_usd

if TYPE_CHECKING:
    from textual.binding import BindingType

    from routing.ledger.chats import Hit
    from routing.ledger.rows import ChatRow

Chosen = tuple[Literal["open", "rename", "delete"], str]


class ChatsScreen(Picker[Chosen]):
    """Ends with what to do with which chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "rename", "rename", priority=True),
        Binding("ctrl+d", "delete", "delete", priority=True),
    ]

    def __init__(self, chats: list[ChatRow], current: str | None) -> None:
        choices: list[Choice[Chosen]] = [
            Choice(
                ("open", chat.id), (line(chat.title or "Untitled"), line(("  " + _facts(chat), "muted"))), chat.title
            )
            for chat in chats
        ]
        lit = next((at for at, chat in enumerate(chats) if chat.id == current), 0)
        super().__init__("Chats", choices, lit=lit, keys="Ctrl-R renames  Ctrl-D deletes")

    def action_rename(self) -> None:
        if self.chosen is not None:
            self.dismiss(("rename", self.chosen[1]))

    def action_delete(self) -> None:
        if self.chosen is not None:
            self.dismiss(("delete", self.chosen[1]))


class FoundScreen(Picker["Hit"]):
    """Ends with the turn to open."""

    def __init__(self, found: list[Hit]) -> None:
        choices = [
            Choice(
                one,
                (line(one.snippet), line((f"  {one.title} · {_day(one.started_s)}", "muted"))),
                f"{one.snippet} {one.title}",
            )
            for one in found
        ]
        super().__init__("Found, the latest first", choices)


def _facts(chat: ChatRow) -> str:
    parts = [_day(chat.updated_s), f"{chat.turns} turn{'' if chat.turns == 1 else 's'}"]
    if chat.spend_nusd:
        parts.append(format_usd(chat.spend_nusd))
    if chat.simulated_nusd:
        parts.append(f"{format_usd(chat.simulated_nusd)} sim")
    return " · ".join([*parts, *(["unsent text"] if chat.draft else [])])


def _day(wall_s: float) -> str:
    return f"{local_time(wall_s):%Y-%m-%d %H:%M}"
