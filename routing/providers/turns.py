"""A conversation in the strict order that some dialects want: user and assistant in turn, the user first.

Pure. Text of nothing but space is refused by those servers, so it is left out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from routing.messages import FilePart, ImagePart, Message, TextPart
from routing.providers.wire import joined, text_of

_OPENING = TextPart("…")
"""What the user says where a history begins with an answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one side says before the other does. Files are text here; there is at least one part."""

    role: Literal["user", "assistant"]
    parts: tuple[TextPart | ImagePart, ...]


def in_turns(messages: Iterable[Message]) -> tuple[str, tuple[Turn, ...]]:
    """The system prompt, empty where there is none, and the turns; messages of one side in a row are one turn."""
    system: list[str] = []
    turns: list[Turn] = []
    for message in messages:
        if message.role == "system":
            system.append(joined(message))
            continue
        parts = tuple(_said(part) for part in message.content if _says_something(part))
        if not parts:
            continue
        if turns and turns[-1].role == message.role:
            parts = (*turns.pop().parts, *parts)
        turns.append(Turn(message.role, parts))
    if not turns or turns[0].role != "user":
        turns.insert(0, Turn("user", (_OPENING,)))
    return "\n\n".join(text for text in system if text.strip()), tuple(turns)


def _says_something(part: TextPart | FilePart | ImagePart) -> bool:
    return isinstance(part, ImagePart) or bool(text_of(part).strip())


def _said(part: TextPart | FilePart | ImagePart) -> TextPart | ImagePart:
    return part if isinstance(part, ImagePart) else TextPart(text_of(part))
