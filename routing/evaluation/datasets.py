"""Which model answered which prompt how well: data sets of others, read into one form.

Two schemas, one JSON object on each line of a `.jsonl` or `.jsonl.gz`:

a   one row per prompt:            `id`, `prompt`, `score` {model: 0 to 1}; `cost_usd`, `out_chars` {model: number}
b   one row per prompt and model:  `id`, `prompt`, `model`, `correct` 0 to 1; `response`, `pred` (the final answer),
                                   `response_chars`, `truncated`, `cost_usd`

`set`, `task`, `fold` and all other columns are optional; nothing that is missing or null is guessed, but for `fold`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from routing.errors import Problem
from routing.evaluation import rows
from routing.evaluation.rows import DataError, MistakeError, Row

FOLDS = 5
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_OF_AN_OUTCOME = {
    "score",
    "out_chars",
    "model",
    "correct",
    "response",
    "pred",
    "response_chars",
    "truncated",
    "cost_usd",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """`fields` are the row's own text, numbers and truth values, `fold` among them: what prompts can be grouped by."""

    id: str
    set: str
    task: str
    text: str
    fold: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one model did on one prompt. `score` is in 0 to 1; `characters` is the length of the whole response, of
    which `response` may be a part (`truncated`); `answer` is the final answer alone."""

    score: float
    cost_usd: float | None = None
    characters: int | None = None
    response: str | None = None
    answer: str | None = None
    truncated: bool = False


@dataclass(frozen=True)
class Dataset:
    """`outcomes` has one tuple for each model, aligned with `prompts`; None where a model did not answer."""

    name: str
    prompts: tuple[Prompt, ...]
    outcomes: Mapping[str, tuple[Outcome | None, ...]]

    @property
    def models(self) -> tuple[str, ...]:
        """In the order in which the file names them."""
        return tuple(self.outcomes)

    @cached_property
    def has_answers(self) -> bool:
        """Whether any response's text is known."""
        return any(outcome and outcome.response is not None for column in self.outcomes.values() for outcome in column)

    def pair(self, weak: str, strong: str) -> Dataset:
        """The prompts that both answered, with the outcomes of all models. Raises DataError where a model is not in
        the data, where both are the same, and where no prompt is left."""
        for model in (weak, strong):
            if model not in self.outcomes:
                known = ", ".join(map(rows.shown, self.models))
                raise DataError(f"{self.name}: there is no model {rows.shown(model)}; there are {known}")
        if weak == strong:
            raise DataError(f"{self.name}: {rows.shown(weak)} is both the weak and the strong model; name two")
        both = zip(self.outcomes[weak], self.outcomes[strong], strict=True)
        kept = [at for at, (one, other) in enumerate(both) if one is not None and other is not None]
        if not kept:
            raise DataError(f"{self.name}: no prompt was answered by both {rows.shown(weak)} and {rows.shown(strong)}")
        outcomes = {model: tuple(column[at] for at in kept) for model, column in self.outcomes.items()}
        return Dataset(self.name, tuple(self.prompts[at] for at in kept), outcomes)

    def group(self, field: str) -> tuple[str, ...]:
        """Each prompt's value of a field, as text ("null" where it has none). Raises DataError where a prompt has no
        such field."""
        for prompt in self.prompts:
            if field not in prompt.fields:
                known = ", ".join(map(rows.shown, prompt.fields))
                raise DataError(
                    f"{self.name}: prompt {rows.shown(prompt.id)} has no field {rows.shown(field)}; it has {known}"
                )
        values = (prompt.fields[field] for prompt in self.prompts)
        return tuple("null" if value is None else str(value) for value in values)


def read(path: Path) -> Dataset:
    """Reads a whole file. Raises DataError with every mistake in it, by file and line."""
    gathered = _Gathered(_name(path))
    problems: list[Problem] = []
    add: Callable[[Row], None] | None = None
    for number, line in rows.lines(path):
        try:
            row = rows.parsed(line)
            add = add or gathered.schema(row)
            add(row)
        except MistakeError as mistake:
            problems.append(Problem(str(path), number, *mistake.problem))
    if not problems and not gathered.prompts:
        problems.append(Problem(str(path), None, "has no rows;", "it needs one for each prompt"))
    if problems:
        raise DataError(tuple(problems))
    return gathered.dataset()


def normalised(text: str) -> str:
    """Text without what makes no other prompt of it: lower case, one space for all that stands between words."""
    return _BETWEEN_WORDS.sub(" ", text.lower()).strip()


class _Gathered:
    """What the rows so far amount to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.prompts: dict[str, Prompt] = {}
        self.outcomes: dict[str, dict[str, Outcome]] = {}

    def schema(self, row: Row) -> Callable[[Row], None]:
        """How rows like this first one are added."""
        if "score" in row:
            return self.add_prompt
        if "correct" in row:
            return self.add_answer
        raise MistakeError(
            "has neither a column `score` nor `correct`;",
            "it needs `score` {model: 0 to 1}, or `model` and `correct`",
        )

    def add_prompt(self, row: Row) -> None:
        """Schema a."""
        prompt = self._prompt(row)
        if prompt.id in self.prompts:
            raise MistakeError(f"the id {rows.shown(prompt.id)} stands twice;", "there is one row for each prompt")
        rows.needed(row, "score")
        scores, costs, lengths = (rows.by_model(row, column) for column in ("score", "cost_usd", "out_chars"))
        if not scores:
            raise MistakeError("`score` names no model;", "it must be {model: 0 to 1}")
        found = {
            model: Outcome(
                rows.score(score, f"the score of {rows.shown(model)}"),
                rows.amount(costs.get(model), f"`cost_usd` of {rows.shown(model)}"),
                _whole(rows.amount(lengths.get(model), f"`out_chars` of {rows.shown(model)}")),
            )
            for model, score in scores.items()
            if score is not None
        }
        self.prompts[prompt.id] = prompt
        for model in scores:
            self.outcomes.setdefault(model, {})
        for model, outcome in found.items():
            self.outcomes[model][prompt.id] = outcome

    def add_answer(self, row: Row) -> None:
        """Schema b."""
        prompt, model = self._prompt(row), rows.text(row, "model")
        outcome = _answer(row)
        known = self.prompts.get(prompt.id)
        if known is not None and known.text != prompt.text:
            raise MistakeError(f"the id {rows.shown(prompt.id)} has another prompt than before;", "give it its own id")
        if prompt.id in self.outcomes.get(model, {}):
            raise MistakeError(f"{rows.shown(model)} answers {rows.shown(prompt.id)} twice;", "keep one row")
        self.prompts[prompt.id] = prompt if known is None else _common(known, prompt)
        self.outcomes.setdefault(model, {})[prompt.id] = outcome

    def dataset(self) -> Dataset:
        outcomes = {model: tuple(map(column.get, self.prompts)) for model, column in self.outcomes.items()}
        return Dataset(self.name, tuple(self.prompts.values()), outcomes)

    def _prompt(self, row: Row) -> Prompt:
        prompt_id, text = rows.text(row, "id"), rows.text(row, "prompt")
        own_set = rows.text(row, "set") if row.get("set") is not None else self.name
        task = rows.text(row, "task") if row.get("task") is not None else own_set
        fold = _fold(row.get("fold"), text)
        fields = {
            column: value
            for column, value in row.items()
            if column not in _OF_AN_OUTCOME and column != "prompt" and isinstance(value, str | int | float | None)
        }
        return Prompt(prompt_id, own_set, task, text, fold, {**fields, "set": own_set, "fold": fold})


def _answer(row: Row) -> Outcome:
    correct = rows.needed(row, "correct")
    score = rows.score(int(correct) if isinstance(correct, bool) else correct, "`correct`")
    response = rows.text(row, "response") if row.get("response") is not None else None
    characters = _whole(rows.amount(row.get("response_chars"), "`response_chars`"))
    truncated, answer = row.get("truncated"), row.get("pred")
    if not isinstance(truncated, bool | None):
        raise MistakeError(f"`truncated` is {rows.shown(truncated)};", "it must be true or false")
    if not isinstance(answer, str | int | float | None):
        raise MistakeError(f"`pred` is {rows.shown(answer)};", "it must be text, a number or null")
    return Outcome(
        score,
        rows.amount(row.get("cost_usd"), "`cost_usd`"),
        len(response) if characters is None and response is not None else characters,
        response,
        None if answer is None else str(answer),
        bool(truncated),
    )


def _fold(value: Any, text: str) -> int:
    """Prompts that differ in case, punctuation and white space alone share a fold, so that none tests what another
    of them taught."""
    if value is None:
        digest = hashlib.sha1(normalised(text).encode(errors="surrogatepass"), usedforsecurity=False).digest()
        return int.from_bytes(digest[:4]) % FOLDS
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < FOLDS:
        raise MistakeError(f"`fold` is {rows.shown(value)};", f"it must be 0 to {FOLDS - 1}, or missing")
    return value


def _common(one: Prompt, other: Prompt) -> Prompt:
    """The prompt with the fields that are the same in both rows."""
    same = {key: value for key, value in one.fields.items() if key in other.fields and other.fields[key] == value}
    return replace(one, fields=same)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")
