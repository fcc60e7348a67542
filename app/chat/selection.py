"""Selected text: two places in the text before wrapping, so that streaming, scrolling and resizing keep it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.chat.messages import Messages

_WORD = re.compile(r"\w+|[^\w\s]+|\s+")


class Place(NamedTuple):
    """A character: the message's id, its logical line, and the index in that line."""

    message: str
    line: int
    character: int


class Selected(NamedTuple):
    """Everything from `start` up to, not including, `end`."""

    start: Place
    end: Place


def ordered(messages: Messages, one: Place, other: Place) -> Selected:
    """The selection between two places, in the order of the chat."""

    def position(place: Place) -> tuple[int, int, int]:
        return messages.index(place.message), place.line, place.character

    return Selected(one, other) if position(one) <= position(other) else Selected(other, one)


def spans(messages: Messages, one: Place, other: Place) -> Selected:
    """The selection that holds the characters at both places."""
    start, end = ordered(messages, one, other)
    return Selected(start, end._replace(character=end.character + 1))


def word(messages: Messages, place: Place) -> Selected:
    """The word around a place."""
    text = messages.message(messages.index(place.message)).line(place.line) or ""
    for match in _WORD.finditer(text):
        if match.start() <= place.character < match.end():
            return Selected(place._replace(character=match.start()), place._replace(character=match.end()))
    return line(messages, place)


def line(messages: Messages, place: Place) -> Selected:
    """The whole logical line of a place: a paragraph, an item, a line of code."""
    text = messages.message(messages.index(place.message)).line(place.line) or ""
    return Selected(place._replace(character=0), place._replace(character=len(text)))


def text(messages: Messages, selected: Selected) -> str:
    """What is copied: logical lines, with bullets, without gutters and without the breaks of wrapping."""
    start, end = selected
    if start.message not in messages or end.message not in messages:
        return ""
    copied: list[str] = []
    first, last = messages.index(start.message), messages.index(end.message)
    for index in range(first, last + 1):
        message = messages.message(index)
        begin = start.line if index == first else 0
        stop = end.line if index == last else message.line_count - 1
        for number in range(begin, min(stop, message.line_count - 1) + 1):
            content = message.line(number)
            if content is None:
                continue
            low = start.character if index == first and number == start.line else 0
            high = end.character if index == last and number == end.line else len(content)
            copied.append(content[low:high].rstrip() if high >= len(content) else content[low:high])
        if index < last:
            copied.append("")
    return "\n".join(copied)


def span_in_line(messages: Messages, selected: Selected | None, index: int, number: int) -> tuple[int, int] | None:
    """The selected characters of a logical line, the end open as far as the line goes."""
    if selected is None:
        return None
    start, end = selected
    if start.message not in messages or end.message not in messages:
        return None
    here = (index, number)
    first = (messages.index(start.message), start.line)
    last = (messages.index(end.message), end.line)
    if not first <= here <= last:
        return None
    return start.character if here == first else 0, end.character if here == last else 1 << 30
