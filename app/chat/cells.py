"""Text and the cells it takes: what may be shown, and where a line is broken.

Widths are Rich's, because Rich writes the terminal: a joined emoji counts as Rich counts it, so that a row is
padded by the figure that is used to place the next one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, split_graphemes

from app.visible import REPLACEMENT, UNSAFE

if TYPE_CHECKING:
    from collections.abc import Iterator

Range = tuple[int, int]

TAB = 4

_WORDS = re.compile(r" +|[^ ]+")


def visible(text: str) -> str:
    """`text` with what a terminal could obey shown as U+FFFD; lengths stay, `\\n` and `\\t` too."""
    return UNSAFE.sub(REPLACEMENT, text)


def wrap(text: str, width: int) -> list[Range]:
    """Break `text` into rows of at most `width` cells at spaces (in no row) and beside wide characters.

    Returns character ranges, at least one. A word wider than a row is cut between graphemes.
    """
    if width < 1:
        return [(0, len(text))]
    if cell_len(text) <= width:
        return [(0, len(text))]
    if text.isascii():
        return _wrap_narrow(text, width)
    return _wrap_units(_units(text, width), width)


def fold(text: str, width: int) -> list[Range]:
    """Break `text` into rows of exactly `width` cells (one less before a wide character): for code."""
    if width < 1 or cell_len(text) <= width:
        return [(0, len(text))]
    if text.isascii():
        return [(at, min(at + width, len(text))) for at in range(0, len(text), width)]
    return _chop(text, width)


def _wrap_narrow(text: str, width: int) -> list[Range]:
    rows: list[Range] = []
    start, size = 0, len(text)
    while size - start > width:
        cut = text.rfind(" ", start, start + width + 1)
        end = cut
        while end > start and text[end - 1] == " ":
            end -= 1
        if cut < 0 or end == start:
            rows.append((start, start + width))
            start += width
            continue
        rows.append((start, end))
        start = cut + 1
        while start < size and text[start] == " ":
            start += 1
    if start < size or not rows:
        rows.append((start, size))
    return rows


def _units(text: str, width: int) -> Iterator[tuple[int, int, int, bool]]:
    """Pieces that stay whole: (start, end, cells, is space). Wide graphemes are pieces of their own."""
    for match in _WORDS.finditer(text):
        start, end = match.span()
        word = match.group()
        if word[0] == " ":
            yield start, end, end - start, True
        elif word.isascii():
            for at in range(start, end, width):
                stop = min(at + width, end)
                yield at, stop, stop - at, False
        else:
            yield from _word_units(word, start, width)


def _word_units(word: str, offset: int, width: int) -> Iterator[tuple[int, int, int, bool]]:
    begin, cells = 0, 0
    for start, end, size in split_graphemes(word)[0]:
        if start > begin and (size > 1 or cells + size > width):
            yield offset + begin, offset + start, cells, False
            begin, cells = start, 0
        cells += size
        if size > 1:
            yield offset + begin, offset + end, cells, False
            begin, cells = end, 0
    if len(word) > begin:
        yield offset + begin, offset + len(word), cells, False


def _wrap_units(units: Iterator[tuple[int, int, int, bool]], width: int) -> list[Range]:
    rows: list[Range] = []
    row_start, row_end, used, spaces = 0, 0, 0, 0
    for start, end, cells, is_space in units:
        if is_space:
            spaces += cells
            continue
        if used + spaces + cells > width:
            if row_end > row_start:
                rows.append((row_start, row_end))
            row_start, used, spaces = start, 0, 0
        used += spaces + cells
        spaces = 0
        row_end = end
    rows.append((row_start, row_end))
    return rows


def _chop(text: str, width: int) -> list[Range]:
    rows: list[Range] = []
    row, used = 0, 0
    for start, _end, size in split_graphemes(text)[0]:
        if used + size > width and start > row:
            rows.append((row, start))
            row, used = start, 0
        used += size
    rows.append((row, len(text)))
    return rows
