"""Tables, written for a terminal, as Markdown or as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; a column whose cells are all figures is set to the right."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    title: str = ""


def as_text(table: Table) -> str:
    cells = [table.head, *table.rows]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(table.head))]
    right = _right(table)
    lines = [
        "  ".join(_set(cell, width, side) for cell, width, side in zip(row, widths, right, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(([table.title] if table.title else []) + lines)


def as_markdown(table: Table) -> str:
    right = _right(table)
    rule = "|" + "|".join("---:" if side else "---" for side in right) + "|"
    head, *rows = (
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (table.head, *table.rows)
    )
    return "\n".join([*([f"## {table.title}", ""] if table.title else []), head, rule, *rows])


def as_csv(records: Sequence[Mapping[str, object]]) -> str:
    """Records with the same fields, whole numbers and all, under their names."""
    import csv
    import io

    out = io.StringIO()
    if records:
        writer = csv.DictWriter(out, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return out.getvalue().rstrip("\n")


def _right(table: Table) -> list[bool]:
    """Which columns are set to the right: those of figures, but never the first."""
    return [n > 0 and _is_figures([row[n] for row in table.rows]) for n in range(len(table.head))]


def _is_figures(cells: Sequence[str]) -> bool:
    return bool(cells) and all(cell[:1] in "0123456789$.<–—≤-+" for cell in cells)


def _set(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def _width(text: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
