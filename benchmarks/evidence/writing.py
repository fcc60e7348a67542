"""Figures and tables as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.cli.tables import Table, as_markdown
from routing.evaluation.figures import Figure
from routing.evaluation.worth import Figures

NONE = "–"


def figure(one: Figure | None, bare: bool = False) -> str:
    """``.698 [.675, .719]``; a dash for what is undefined. Without its interval where `bare`."""
    if one is None or one.value is None:
        return NONE
    if bare or one.low is None or one.high is None:
        return number(one.value)
    return f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"


def number(value: float) -> str:
    short = f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
    return short.replace("-", "−")


def percent(one: Figure | None) -> str:
    if one is None or one.value is None:
        return NONE
    band = "" if one.low is None or one.high is None else f" [{100 * one.low:.0f}, {100 * one.high:.0f}]"
    return f"{100 * one.value:.0f} %{band}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return as_markdown(Table(tuple(head), [tuple(row) for row in rows]))


def figures_table(first: str, rows: Mapping[str, Figures], columns: Mapping[str, str], bare: Iterable[str] = ()) -> str:
    """`columns` from the name of a figure to its heading; a column that nobody has is left out."""
    without = set(bare)
    known = [name for name in columns if any(_known(row.get(name)) for row in rows.values())]
    return table(
        (first, *(columns[name] for name in known)),
        [(row, *(figure(own.get(name), name in without) for name in known)) for row, own in rows.items()],
    )


def _known(one: Figure | None) -> bool:
    return one is not None and one.value is not None


def listed(words: Iterable[str], nothing: str = "none") -> str:
    found = list(words)
    return "; ".join(found) if found else nothing
