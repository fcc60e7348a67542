"""Every key and command, from the one table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import ACTIONS, TRANSCRIPT_KEYS, key_name
from app.panels import draw
from app.panels.draw import line
from app.screens.page import Page, heading

if TYPE_CHECKING:
    from textual.content import Content

    from app.actions import Action

_SECTIONS = (
    ("anywhere", "Anywhere"),
    ("composer", "In the composer"),
    ("transcript", "In the transcript (Esc leads there)"),
)
_THREE_COLUMNS = 100
_KEYS, _COMMAND = 30, 22


class HelpScreen(Page):
    """The help of F1."""

    NAME = "Help"

    def __init__(self) -> None:
        super().__init__(None)

    def lines(self, width: int) -> list[Content]:
        return help_lines(width)


def help_lines(width: int) -> list[Content]:
    """Keys, commands and what they do, in three sections."""
    rows: list[Content] = []
    for where, title in _SECTIONS:
        rows += heading(title)
        for action in ACTIONS:
            if action.where == where:
                rows += _row(action, width)
        if where == "transcript":
            for keys, about in TRANSCRIPT_KEYS:
                rows += draw.wrap(line((f"{keys:<{_KEYS}}", "accent"), about), width, _KEYS)
    return rows


def _row(action: Action, width: int) -> list[Content]:
    keys = " ".join(key_name(key) for key in action.keys)
    command = f"/{action.command} {action.argument}".rstrip() if action.command else ""
    if width < _THREE_COLUMNS:
        return draw.wrap(line((f"{keys or command:<{_KEYS}}", "accent"), action.about), width, _KEYS)
    told = line((f"{keys:<{_KEYS}}", "accent"), (f"{command:<{_COMMAND}}", "info"), action.about)
    return draw.wrap(told, width, _KEYS + _COMMAND)
