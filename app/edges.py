"""The first and the last line of the screen: what is in force, and the keys of the place where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import ACTIONS, key_name
from app.panels.draw import dollars, limit, line

if TYPE_CHECKING:
    from textual.content import Content

    from app.actions import Where
    from app.controls.base import Base
    from app.panels.spend import Spending


def header(client: Base, *, brief: bool) -> Content:
    """Profile, kind of models, pin, today's money and, unless it is to be brief, the chat's title."""
    parts = [("Pointsman", "strong accent"), (f"  {client.profile}", "strong")]
    if client.runtime is not None and client.runtime.sources.simulated:
        parts.append((" · simulated", "warn"))
    if client.launch.offline:
        parts.append((" · offline", "warn"))
    if client.pin:
        parts.append((f" · pinned {client.pin}", "info"))
    if client.spending is not None:
        parts.append((f" · today {_today(client.spending)}", "warn" if client.spending.mark else "muted"))
    if client.chat_title and not brief:
        parts.append((f" · {client.chat_title}", "muted"))
    return line(*parts)


def hints(where: Where) -> Content:
    """In the transcript it says that letters are keys there, and which lead back."""
    runs = []
    for action in ACTIONS:
        if action.hint and action.where == where:
            runs += [(f" {key_name(action.keys[0])} ", "accent"), (f"{action.hint} ", "muted")]
    if where == "transcript":
        runs = [(" Letters are keys here: ", "warn"), *runs, (" / ", "accent"), ("command ", "muted")]
        runs += [(" Esc ", "accent"), ("writes", "muted")]
    return line(*runs)


def _today(spending: Spending) -> str:
    said = dollars(spending.day_nusd, spending.simulated and spending.cap_nusd is None)
    if spending.cap_nusd is None:
        return said
    return f"{said} of {limit(spending.cap_nusd, spending.simulated)} {spending.state}".rstrip()
