"""Tables: columns that fit the view, cells that wrap inside them, thin rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import cell_len

from app.chat import cells
from app.chat.lines import DECORATION, Mark, Piece, Pieces, Span, slice_spans

BETWEEN = " │ "
"""Between two cells on the screen; a copied row has `COPIED` there."""
COPIED = " | "

Cell = list[Span]


@dataclass(slots=True, eq=False)
class Columns:
    """What the rows of one table share: how wide each column would like to be, and how it is aligned."""

    align: tuple[str, ...]
    natural: tuple[int, ...] = ()
    _fitted: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def grow(self, natural: tuple[int, ...]) -> bool:
        """Take new natural widths; True when rows that are laid out already must be laid out again."""
        changed = natural != self.natural
        if changed:
            self.natural = natural
            self._fitted.clear()
        return changed

    def fit(self, width: int) -> tuple[int, ...]:
        """Column widths in `width` cells: the widest ones give way first."""
        fitted = self._fitted.get(width)
        if fitted is None:
            room = max(len(self.natural), width - len(BETWEEN) * (len(self.natural) - 1))
            fitted = self._fitted[width] = _shrink(self.natural, room)
        return fitted


@dataclass(slots=True, eq=False)
class Row:
    """One row of a table: a logical line."""

    columns: Columns
    row_cells: list[Cell]
    first: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        return COPIED.join("".join(text for text, _, _ in cell) for cell in self.row_cells)

    def layout(self, width: int) -> list[Pieces]:
        lead = tuple(Piece(text, style, "", DECORATION) for text, style, _ in self.first)
        room = width - sum(cell_len(piece.text) for piece in lead)
        blocks: list[list[Pieces]] = []
        at = 0
        for index, (cell, column) in enumerate(zip(self.row_cells, self.columns.fit(room), strict=False)):
            text = "".join(part for part, _, _ in cell)
            blocks.append(
                [
                    _padded(slice_spans(cell, begin, end, at), column, self.columns.align[index])
                    for begin, end in cells.wrap(text, column)
                ]
            )
            at += len(text) + len(COPIED)
        return [lead + _joined(blocks, line, self.columns.fit(room)) for line in range(max(map(len, blocks)))]


@dataclass(slots=True, eq=False)
class HeadRule:
    """The rule under a table's head."""

    columns: Columns
    first: tuple[Mark, ...] = ()
    text: None = field(default=None, init=False)

    def layout(self, width: int) -> list[Pieces]:
        lead = tuple(Piece(text, style, "", DECORATION) for text, style, _ in self.first)
        room = width - sum(cell_len(piece.text) for piece in lead)
        rule = "─┼─".join("─" * column for column in self.columns.fit(room))
        return [(*lead, Piece(rule, "rule", "", DECORATION))]


def widths(row: list[Cell]) -> tuple[int, ...]:
    """The natural width of each cell."""
    return tuple(max(1, cell_len("".join(text for text, _, _ in cell))) for cell in row)


def widest(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(max, one, other))


def _shrink(natural: tuple[int, ...], room: int) -> tuple[int, ...]:
    """The largest cap that fits, and what it leaves over given to the columns that it cut."""
    if sum(natural) <= room:
        return natural
    low, high = 1, max(natural)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(width, middle) for width in natural) <= room:
            low = middle
        else:
            high = middle - 1
    fitted = [min(width, low) for width in natural]
    spare = room - sum(fitted)
    for index, width in enumerate(natural):
        if spare > 0 and width > fitted[index]:
            fitted[index] += 1
            spare -= 1
    return tuple(fitted)


def _padded(pieces: Pieces, width: int, align: str) -> Pieces:
    spare = width - sum(cell_len(piece.text) for piece in pieces)
    if spare <= 0:
        return pieces
    left = {"right": spare, "center": spare // 2}.get(align, 0)
    before = (Piece(" " * left, "", "", DECORATION),) if left else ()
    after = (Piece(" " * (spare - left), "", "", DECORATION),) if spare > left else ()
    return before + pieces + after


def _joined(blocks: list[list[Pieces]], line: int, columns: tuple[int, ...]) -> Pieces:
    joined: list[Piece] = []
    for index, block in enumerate(blocks):
        if index:
            joined.append(Piece(BETWEEN, "rule", "", DECORATION))
        empty = (Piece(" " * columns[index], "", "", DECORATION),)
        joined.extend(block[line] if line < len(block) else empty)
    return tuple(joined)
