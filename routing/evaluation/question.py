"""What is to be evaluated, and what that means on the data at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from routing.errors import ConfigurationError
from routing.evaluation import pairs
from routing.evaluation.costs import Costs, costs
from routing.evaluation.datasets import Dataset, read
from routing.evaluation.figures import Array
from routing.evaluation.folds import Folds, Lessons, by_fold, by_group, lessons
from routing.evaluation.rows import DataError
from routing.evaluation.worth import Trial


@dataclass(frozen=True, slots=True)
class Question:
    """`strategy` is a name of `routers.ROUTERS`, or `all`; `system` one of `systems.SYSTEMS`, `prompt`, or None for
    none. Ratios are of a call's cost to a strong call's."""

    data: Path
    train: Path | None = None
    strategy: str = "all"
    weak: str | None = None
    strong: str | None = None
    second: str | None = None
    group: str | None = None
    system: str | None = None
    ratio: float | None = None
    second_ratio: float | None = None

    @property
    def asks_second(self) -> bool:
        return self.system in ("agree", "all")


@dataclass(frozen=True)
class Setting:
    """A question, with its data read and its choices made. `taught_pair` is the pair of `source`: another one than the
    tested where the source does not know both of them."""

    question: Question
    data: Dataset
    weak: str
    strong: str
    chosen: bool
    folds: Folds
    source: Dataset
    taught_pair: tuple[str, str]
    costs: Costs

    @cached_property
    def test(self) -> Trial:
        quality = pairs.scores(self.data, self.weak), pairs.scores(self.data, self.strong)
        return Trial(*quality, self.costs, self.folds.groups)

    @cached_property
    def taught(self) -> Lessons:
        return lessons(self.source, self.data, self.folds, self.question.group)

    @cached_property
    def taught_scores(self) -> tuple[Array, Array]:
        weak, strong = self.taught_pair
        return pairs.scores(self.source, weak), pairs.scores(self.source, strong)


def settle(question: Question) -> Setting:
    """Reads the files. Raises ConfigurationError (DataError for what is wrong with the data)."""
    _check(question)
    data = read(question.data)
    weak, strong = pairs.choose(data, question.weak, question.strong)
    second = question.second
    if second in (weak, strong):
        raise ConfigurationError(f"--second: {second} is of the pair itself; name a third model")
    data = pairs.answered_by_all(data, weak, strong, *([second] if second else []))
    if question.system not in (None, "prompt") and not data.has_answers:
        raise DataError(
            f"{data.name}: has no `response`; --system {question.system} reads answers: choose --system prompt"
        )
    source, taught_pair = data, (weak, strong)
    if question.train is not None:
        source = read(question.train)
        if not {weak, strong} <= set(source.models):
            taught_pair = pairs.choose(source, None, None)
        source = source.pair(*taught_pair)
    return Setting(
        question,
        data,
        weak,
        strong,
        chosen=question.weak is None or question.strong is None,
        folds=by_fold(data) if question.group is None else by_group(data, question.group),
        source=source,
        taught_pair=taught_pair,
        costs=costs(data, weak, strong, second, question.ratio, question.second_ratio),
    )


def _check(question: Question) -> None:
    for option, ratio in (("--ratio", question.ratio), ("--second-ratio", question.second_ratio)):
        if ratio is not None and not 0 < ratio <= 1:
            raise ConfigurationError(f"{option}: {ratio:g} is not above 0 and at most 1, the cost of a strong call")
    if question.asks_second and question.second is None:
        raise ConfigurationError(
            f"--system {question.system} needs --second: the model that is asked whether it agrees"
        )
