"""The keys of the table of actions, as Textual binds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from app.actions import ACTIONS

if TYPE_CHECKING:
    from textual.binding import BindingType

    from app.actions import Where

_OWN = frozenset({"command_palette", "escape"})
"""Actions whose keys their widget must see first, or that Textual binds itself."""


def bindings(where: Where, *, priority: bool = False, prefix: str = "") -> list[BindingType]:
    """One binding for each action of a place; `prefix` names who answers (`app.`)."""
    return [
        Binding(
            ",".join(action.keys),
            prefix + action.name,
            action.title,
            show=False,
            priority=priority and action.name not in _OWN,
            id=action.name,
        )
        for action in ACTIONS
        if action.where == where and action.keys and action.name != "command_palette"
    ]
