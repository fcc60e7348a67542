"""Logical lines (the text before wrapping) and the rows that they take at a width.

A logical line knows nothing of the view. `layout(width)` gives its rows as tuples of pieces; a piece knows at
which character of the logical line it starts, so that a cell can be found again at any width.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from rich.cells import cell_len

from app.chat import cells
from app.chat.entries import Run

Span = tuple[str, str, str]
"""Text, names of its styles parted by spaces, and the address it links to (or nothing)."""

Mark = tuple[str, str, bool]
"""What stands before a line: text, style, and whether it is text (a bullet) or decoration (a bar)."""

DECORATION = -1
LEAST_TEXT = 10
"""Cells that a line's text keeps however deep it is nested."""


class Piece(NamedTuple):
    text: str
    style: str
    url: str
    at: int
    """First character in the logical line, or `DECORATION`."""


Pieces = tuple[Piece, ...]


class Line(Protocol):
    """A logical line."""

    @property
    def text(self) -> str | None:
        """What a selection copies, or None for a line of decoration."""

    def layout(self, width: int) -> list[Pieces]:
        """Its rows, at least one, each at most `width` cells wide."""


@dataclass(slots=True)
class Flow:
    """Text that is wrapped at words, or folded at the edge when it is code."""

    spans: list[Span]
    first: tuple[Mark, ...] = ()
    rest: tuple[Mark, ...] = ()
    fold: bool = False

    @property
    def text(self) -> str:
        marks = "".join(text for text, _, copied in self.first if copied)
        return marks + "".join(text for text, _, _ in self.spans)

    def layout(self, width: int) -> list[Pieces]:
        first, start = _lead(self.first, width)
        rest = tuple(Piece(text, style, "", DECORATION) for text, style, _ in _fitting(self.rest, width))
        room = max(1, width - max(_cells(first), _cells(rest)))
        body = self.spans[0][0] if len(self.spans) == 1 else "".join(text for text, _, _ in self.spans)
        ranges = _folded(body, room) if self.fold else cells.wrap(body, room)
        rows = [
            (first if index == 0 else rest) + slice_spans(self.spans, begin, end, start)
            for index, (begin, end) in enumerate(ranges)
        ]
        if self.fold and len(rows) > 1:
            mark = (Piece("↩", "fold", "", DECORATION),)
            rows[:-1] = [row + mark for row in rows[:-1]]
        return rows


@dataclass(slots=True)
class Ornament:
    """A row of decoration: marks, some text, and a character that fills what is left."""

    marks: tuple[Mark, ...]
    run: Run = ("", "")
    fill: str = ""
    text: None = field(default=None, init=False)

    def layout(self, width: int) -> list[Pieces]:
        pieces = [Piece(text, style, "", DECORATION) for text, style, _ in _fitting(self.marks, width)]
        used = _cells(tuple(pieces))
        if self.run[0]:
            begin, end = cells.fold(self.run[0], max(1, width - used))[0]
            pieces.append(Piece(self.run[0][begin:end], self.run[1], "", DECORATION))
        if self.fill:
            spare = max(0, width - _cells(tuple(pieces)))
            pieces.append(Piece(self.fill * spare, "rule", "", DECORATION))
        return [tuple(pieces)]


def slice_spans(spans: list[Span], begin: int, end: int, start: int) -> Pieces:
    """The characters `begin` to `end` of `spans` as pieces; the first span is at `start` of its line."""
    if len(spans) == 1:
        text, style, url = spans[0]
        return (Piece(text[begin:end], style, url, start + begin),) if end > begin else ()
    pieces: list[Piece] = []
    at = 0
    for text, style, url in spans:
        stop = at + len(text)
        if stop > begin and at < end:
            low, high = max(begin - at, 0), min(end - at, len(text))
            pieces.append(Piece(text[low:high], style, url, start + at + low))
        elif at >= end:
            break
        at = stop
    return tuple(pieces)


def _folded(text: str, room: int) -> list[cells.Range]:
    return [(0, len(text))] if cell_len(text) <= room else cells.fold(text, max(1, room - 1))


def _lead(marks: tuple[Mark, ...], width: int) -> tuple[Pieces, int]:
    """The pieces before the first row, and the character at which the body starts."""
    kept = _fitting(marks, width)
    at = sum(len(text) for text, _, copied in marks[: len(marks) - len(kept)] if copied)
    pieces: list[Piece] = []
    for text, style, copied in kept:
        pieces.append(Piece(text, style, "", at if copied else DECORATION))
        at += len(text) if copied else 0
    return tuple(pieces), at


def _fitting(marks: tuple[Mark, ...], width: int) -> tuple[Mark, ...]:
    """The innermost marks that leave the text some room."""
    while marks and sum(cell_len(text) for text, _, _ in marks) > max(0, width - LEAST_TEXT):
        marks = marks[1:]
    return marks


def _cells(pieces: Pieces) -> int:
    return sum(cell_len(piece.text) for piece in pieces)
