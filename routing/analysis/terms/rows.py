"""How the word lists are written, so that a line of them reads like a sentence of data."""

from __future__ import annotations

Row = tuple[str, float, tuple[str, ...]]


def parse(lines: str) -> tuple[Row, ...]:
    """(label, weight in log-odds, terms) of lines `label weight: term | term`; `word*` is a prefix."""
    rows = []
    for line in lines.strip().splitlines():
        head, _, terms = line.partition(": ")
        label, _, weight = head.partition(" ")
        rows.append((label, float(weight), tuple(terms.split(" | "))))
    return tuple(rows)


def words_by_label(lines: str) -> dict[str, tuple[str, ...]]:
    """The words of lines `label: word word`; a label may have several lines."""
    words: dict[str, tuple[str, ...]] = {}
    for line in lines.strip().splitlines():
        label, _, listed = line.partition(": ")
        words[label] = words.get(label, ()) + tuple(listed.split())
    return words


def words(lines: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(lines.split())
