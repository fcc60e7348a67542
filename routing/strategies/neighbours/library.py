"""Examples that the user keeps in a file: requests, each with the model or the tier that is enough for it.

YAML, a list of {text, model or tier, note}, or the same as `.jsonl`, one object on each line; `note` is optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.errors import ConfigurationError, Problem
from routing.evaluation.rows import MistakeError, parsed, shown, text
from routing.policy.lines import read_tree
from routing.policy.mistakes import nearest
from routing.registry.model import Model
from routing.small_files import read_small
from routing.strategies.neighbours.index import Index

_WEIGHT = 3.0
"""As many turns as one example counts for: the user wrote it on purpose."""
_KEYS = ("text", "model", "tier", "note")
_SHAPE = "write it as {text: …, tier: …}"

Row = tuple[int | None, Any]
"""A line's number and what stands on it."""


@dataclass(frozen=True, slots=True)
class Example:
    """`model` (an id, a name or a glob over either) or `tier` is enough for `text`; the other one is None."""

    id: str
    text: str
    model: str | None = None
    tier: str | None = None
    note: str = ""

    def outcomes(self, models: Iterable[Model], tiers: Sequence[str]) -> dict[str, float]:
        """By model id: 1 for what is enough and for every higher tier, 0 for every lower one. Nothing is said of the
        others of a named model's tier, nor of models that stand in none."""
        known = tuple(models)
        enough = [model for model in known if self._names(model)]
        stands_in = {self.tier, *(model.tier for model in enough)}
        ranks = [rank for rank, tier in enumerate(tiers) if tier in stands_in]
        found = {}
        for model in known if ranks else ():
            rank = tiers.index(model.tier) if model.tier in tiers else ranks[0]
            if not ranks[0] <= rank <= ranks[-1]:
                found[model.id] = float(rank > ranks[-1])
        return found | {model.id: 1.0 for model in enough}

    def _names(self, model: Model) -> bool:
        return model.tier == self.tier if self.model is None else model.is_named(self.model)


def add_examples(index: Index, examples: Iterable[Example], models: Iterable[Model], tiers: Sequence[str]) -> None:
    """Puts them beside the past turns, each in the place of an earlier one with its id."""
    models = tuple(models)
    for example in examples:
        index.add(example.id, example.text, example.outcomes(models, tiers), _WEIGHT)


def read_library(path: Path, tiers: Sequence[str]) -> tuple[Example, ...]:
    """Reads a whole file; `tiers` go from the weakest to the strongest. Raises ConfigurationError with every mistake,
    by file and line."""
    examples: list[Example] = []
    problems: list[Problem] = []
    rows = _json_rows if path.name.endswith(".jsonl") else _yaml_rows
    for line, row in rows(_text_of(path), str(path), problems):
        try:
            examples.append(_example(f"example:{len(examples) + 1}", row, tiers))
        except MistakeError as mistake:
            problems.append(Problem(str(path), line, *mistake.problem))
    if problems:
        raise ConfigurationError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))
    return tuple(examples)


def _example(id: str, row: Any, tiers: Sequence[str]) -> Example:
    if not isinstance(row, Mapping):
        raise MistakeError(f"is {shown(row)}, no example;", _SHAPE)
    for key in row:
        if key not in _KEYS:
            raise MistakeError(f"unknown key {shown(key)};", nearest(key, _KEYS))
    request = text(row, "text")
    if not request.strip():
        raise MistakeError("`text` is empty;", "write the request that this is an example of")
    model, tier, note = (text(row, key) if row.get(key) is not None else None for key in ("model", "tier", "note"))
    if model is None and tier is None:
        raise MistakeError("has neither `model` nor `tier`;", "write the one that is enough")
    if model is not None and tier is not None:
        raise MistakeError("has both `model` and `tier`;", "write the one that is enough")
    if tier is not None and tier not in tiers:
        raise MistakeError(f"there is no tier {shown(tier)};", nearest(tier, tiers))
    return Example(id, request, model, tier, note or "")


def _yaml_rows(content: str, file: str, problems: list[Problem]) -> Iterator[Row]:
    tree = read_tree(content, file)
    problems += [Problem(file, tree.line(found.at), f"{found.what};", found.instead) for found in tree.mistakes]
    if tree.data is None:
        return
    if not isinstance(tree.data, list):
        raise ConfigurationError((Problem(file, tree.line(()), "is no list;", "begin each example with “- text: …”"),))
    for number, row in enumerate(tree.data):
        yield tree.line((number,)), row


def _json_rows(content: str, file: str, problems: list[Problem]) -> Iterator[Row]:
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                yield number, parsed(line.encode())
            except MistakeError as mistake:
                problems.append(Problem(file, number, *mistake.problem))


def _text_of(path: Path) -> str:
    try:
        return read_small(path)
    except UnicodeDecodeError:
        raise ConfigurationError((Problem(str(path), None, "is not text in UTF-8;", "save it as UTF-8"),)) from None
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise ConfigurationError((Problem(str(path), None, what),)) from None
