"""What the transcript is told of a message: an entry before its text is read, a view once it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Run = tuple[str, str]
"""Text and the name of its style: "", strong, muted, accent, good, warn, bad, info."""

Kind = Literal["you", "answer", "draft", "card", "note"]
FOLDABLE = {"draft", "note"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a message before its text is read."""

    id: str
    kind: Kind
    characters: int
    newlines: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as it is to be shown.

    `header` is one line of role and state in words, `footer` the lines under the text. `plain` shows the text
    as it is, without Markdown. `folded` shows one line in its place: how long it is, and `hint`. While
    `streaming`, more text may be fed.
    """

    header: tuple[Run, ...]
    text: str
    plain: bool = False
    footer: tuple[tuple[Run, ...], ...] = ()
    folded: bool = False
    streaming: bool = False
    hint: str = "enter unfolds"
