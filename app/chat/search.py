"""Search in what is in view: where a query occurs in a logical line."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.chat.message import Message


class Search:
    """The query that is highlighted, or nothing."""

    def __init__(self) -> None:
        self.query = ""

    def spans(self, message: Message, line: int) -> tuple[tuple[int, int], ...]:
        """The characters of a logical line that match, whatever their case."""
        if not self.query:
            return ()
        return _matches(self.query, message.line(line) or "")


@lru_cache(maxsize=1024)
def _matches(query: str, text: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in re.finditer(re.escape(query), text, re.IGNORECASE))
