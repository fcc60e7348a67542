"""The two blocks that grow long while open, fences and tables, extended line by line without a parse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.chat import markdown, tables
from app.chat.highlight import OpenCode, Spans
from app.chat.lines import Flow

if TYPE_CHECKING:
    from app.chat.blocks import Block
    from app.chat.markdown import References

CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*$")
_OPENING = re.compile(r"(`{3,}|~{3,})[^\n]*\n")


@dataclass(slots=True)
class OpenFence:
    """An open block of code at the head of the tail."""

    block: Block
    marker: str
    code: OpenCode
    done: int
    """How much of the tail is in `rows`."""
    rows: list[str] = field(default_factory=list)
    shut_at: int = 0

    @classmethod
    def start(cls, tail: str, block: Block, codes: list[OpenCode]) -> OpenFence | None:
        opening = _OPENING.match(tail)
        if opening is None or not block.fences:
            return None
        name = block.fences[0].language
        code = codes[0] if codes else OpenCode(name)
        return cls(block, opening[1], code, opening.end())

    def grow(self, tail: str) -> Block | None:
        """The block as it is now; when a line closes it, `shut_at` is where the text goes on behind it."""
        complete = tail.rfind("\n") + 1
        for line in tail[self.done : complete].split("\n")[:-1]:
            self.done += len(line) + 1
            if self._closes(line):
                self.shut_at = self.done
                self._show(self.rows)
                return self.block
            self.rows.extend(markdown.code_rows(line + "\n"))
        partial = tail[complete:]
        rows = self.rows
        if partial.strip(" \t") and not self._closes(partial):
            rows = rows + markdown.code_rows(partial)
        self._show(rows)
        return self.block

    def _closes(self, row: str) -> bool:
        match = CLOSING.match(row)
        return bool(match and match[1][0] == self.marker[0] and len(match[1]) >= len(self.marker))

    def _show(self, rows: list[str]) -> None:
        first = self.code.update(rows)
        fence = self.block.fences[0]
        fence.code = rows
        lines = self.block.lines
        del lines[fence.start + first :]
        lines.extend(_code_line(spans) for spans in self.code.spans[first:])
        self.block.fresh = fence.start + first


def _code_line(spans: Spans) -> Flow:
    return Flow(spans, (markdown.CODE,), (markdown.CODE,), fold=True)


@dataclass(slots=True)
class OpenTable:
    """An open table at the head of the tail: each row is parsed once, under the two lines of the head."""

    block: Block
    head: str
    columns: tables.Columns
    done: int
    definitions: References
    natural: tuple[int, ...]
    """Natural widths of the complete rows."""
    complete_lines: int
    """Lines of the block that hold complete rows."""
    shut_at: int = 0
    """Never set: what ends a table is not known without a parse."""

    @classmethod
    def start(cls, tail: str, block: Block, definitions: References) -> OpenTable | None:
        line = tail.split("\n", 2)
        row = block.lines[0] if block.lines else None
        if len(line) < 3 or not isinstance(row, tables.Row):
            return None
        head = f"{line[0]}\n{line[1]}\n"
        return cls(block, head, row.columns, len(head), definitions, tables.widths(row.row_cells), 2)

    def grow(self, tail: str) -> Block | None:
        """The block as it is now, or None when a line does not belong to the table."""
        complete = tail.rfind("\n") + 1
        added: list[list[tables.Cell]] = []
        for line in tail[self.done : complete].split("\n")[:-1]:
            row = self._row(line)
            if row is None:
                return None
            added.append(row)
        partial = tail[complete:]
        last = self._row(partial) if partial else []
        if last is None:
            return None
        self.done = complete
        self._show(added, last)
        return self.block

    def _row(self, line: str) -> list[tables.Cell] | None:
        references = dict(self.definitions)
        found = markdown.units(markdown.parse(self.head + line, references))
        if len(found) != 1 or found[0].kind != "table" or len(references) != len(self.definitions):
            return None
        rows, _ = markdown.table_cells(found[0].tokens)
        return rows[1] if len(rows) == 2 else None

    def _show(self, added: list[list[tables.Cell]], last: list[tables.Cell]) -> None:
        for row in added:
            self.natural = tables.widest(self.natural, tables.widths(row))
        natural = tables.widest(self.natural, tables.widths(last)) if last else self.natural
        changed = self.columns.grow(natural)
        lines = self.block.lines
        self.block.fresh = 0 if changed else self.complete_lines
        del lines[self.complete_lines :]
        lines.extend(tables.Row(self.columns, row) for row in added)
        self.complete_lines = len(lines)
        if last:
            lines.append(tables.Row(self.columns, last))
