"""Routers that read the prompt alone: on the set that taught them, with whole tasks left out, and on other sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks.evidence.cells import Cell, measure
from benchmarks.evidence.sets import Source
from benchmarks.evidence.writing import figure, figures_table, listed, table
from routing.evaluation.figures import Figure

GROUP = "task"
_ROUTING = {
    "apgr": "APGR",
    "apgr_spend": "by spend",
    "cpt50": "CPT 50",
    "cpt80": "CPT 80",
    "aiq": "AIQ",
    "routerarena": "RouterArena",
    "minus_length": "− length",
    "minus_tfidf": "− tf-idf",
    "saving_no_loss": "saved, no loss",
    "saving_95": "saved at 95 %",
}
_CONFIDENCE = {
    "deferral_area": "deferral",
    "auroc": "AUROC",
    "brier": "Brier",
    "brier_skill": "Brier skill",
    "aurc": "AURC",
    "augrc": "AUGRC",
    "ece": "ECE",
    "ece_floor": "ECE by chance",
}
_BARE = ("cpt50", "cpt80", "aiq", "saving_no_loss", "saving_95", "brier", "aurc", "augrc", "deferral_area")
_SHOWN = ("learned", "neighbours", "length", "tfidf", "random")


def measured(sources: Sequence[Source]) -> list[Cell]:
    """Every pair of every set, in folds and, where there are several tasks, with whole tasks left out."""
    return [
        measure(source, pair, group=group)
        for source in sources
        for pair in source.pairs
        for group in (None, *([GROUP] if source.tasks > 1 else []))
    ]


def transferred(sources: Sequence[Source]) -> list[Cell]:
    """The first pair of each set, taught by each other set of outcomes that does not hold the same prompts."""
    return [
        measure(tested, tested.pairs[0], train=teaching, strategy="learned")
        for tested in sources
        for teaching in sources
        if teaching is not tested and not teaching.data.has_answers and not tested.shares(teaching)
    ]


def overview(cells: Sequence[Cell]) -> str:
    rows = [
        (
            cell.name,
            cell.split,
            *(figure(cell.of(name).get("apgr")) for name in ("learned", "neighbours", "length", "tfidf")),
            *(figure(cell.of("learned").get(f"minus_{name}")) for name in ("length", "tfidf")),
        )
        for cell in cells
    ]
    head = (
        "set, pair",
        "tested on",
        "learned",
        "neighbours",
        "length",
        "tf-idf",
        "learned − length",
        "learned − tf-idf",
    )
    return table(head, rows)


def verdicts(cells: Sequence[Cell]) -> Iterator[str]:
    """Which intervals lie apart, counted; a list for each way to test."""
    for split in dict.fromkeys(cell.split for cell in cells):
        own = [cell for cell in cells if cell.split == split and cell.found is not None]
        if own:
            yield f"Tested on {split}:"
            yield "\n".join(
                (
                    _apart("`learned` above random", own, _above_chance),
                    _apart("`neighbours` above random", own, lambda cell: _less(cell.of("neighbours")["apgr"], 0.5)),
                    _apart("`learned` above length", own, partial(_margin, "minus_length")),
                    _apart("`learned` above tf-idf", own, partial(_margin, "minus_tfidf")),
                )
            )


def in_short(cells: Sequence[Cell]) -> Iterator[str]:
    """The two comparisons that count most: with length, on prompts of known and of unknown kinds."""
    for split in dict.fromkeys(cell.split for cell in cells):
        own = [cell for cell in cells if cell.split == split and cell.found is not None]
        for name in ("length", "tf-idf"):
            key = f"minus_{name.replace('-', '')}"
            if own:
                yield _apart(f"`learned` above {name}, tested on {split}", own, partial(_margin, key))


def transfer_table(cells: Sequence[Cell]) -> str:
    rows = [
        (
            cell.name,
            "" if cell.train is None else cell.train.name,
            *(figure(cell.of("learned").get(name)) for name in ("apgr", "minus_length", "minus_tfidf")),
        )
        for cell in cells
    ]
    return table(("tested", "taught by", "learned", "− length", "− tf-idf"), rows)


def transfer_verdict(cells: Sequence[Cell]) -> str:
    known = [cell for cell in cells if cell.found is not None]
    return _apart("`learned` above random on a set that it was not trained on", known, _above_chance)


def details(cell: Cell) -> str:
    """Every figure of one cell."""
    if cell.found is None:
        return f"Not measured: {cell.why}"
    own = {name: cell.of(name) for name in _SHOWN}
    bounds = {name.replace("_", " "): figures for name, figures in cell.found.bounds.items()}
    return "\n\n".join(
        (
            cell.found.about,
            figures_table("router", own, _ROUTING, _BARE),
            figures_table("is the weak model right?", own, _CONFIDENCE, _BARE),
            figures_table("without a router", bounds, {"quality": "quality", "cost": "cost", "apgr": "APGR"}),
        )
    )


def _apart(what: str, cells: Sequence[Cell], margin: Callable[[Cell], Figure]) -> str:
    """How often the interval of the margin lies above 0, and where it lies below."""
    found = [(cell, margin(cell)) for cell in cells]
    above = [cell.name for cell, one in found if one.low is not None and one.low > 0]
    below = [cell.name for cell, one in found if one.high is not None and one.high < 0]
    between = len(found) - len(above) - len(below)
    return (
        f"- {what}: with its interval apart on {len(above)} of {len(found)}, not told apart on {between}, "
        f"below on {len(below)}{f' ({listed(below)})' if below else ''}."
    )


def _margin(key: str, cell: Cell) -> Figure:
    return cell.of("learned")[key]


def _above_chance(cell: Cell) -> Figure:
    return _less(cell.of("learned")["apgr"], 0.5)


def _less(one: Figure, by: float) -> Figure:
    def moved(value: float | None) -> float | None:
        return None if value is None else value - by

    return Figure(moved(one.value), moved(one.low), moved(one.high), one.n)
