"""One measurement: a data set, a pair of its models, and how what teaches is kept from what is tested."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.evidence.sets import Pair, Source
from routing.errors import ConfigurationError
from routing.evaluation.question import Question
from routing.evaluation.report import Evaluation, evaluate
from routing.evaluation.worth import Figures

RATIO = 0.06
"""What a weak or a second call costs, in strong calls, where a data set says nothing of costs."""


@dataclass(frozen=True)
class Found:
    """What of an evaluation is told: not its data. `usd` is the mean cost of a strong call, None where unknown."""

    strategies: Mapping[str, Figures]
    bounds: Mapping[str, Figures]
    systems: Mapping[str, Figures]
    escalation: Mapping[float, Mapping[str, Figures]]
    about: str
    usd: float | None

    @classmethod
    def of(cls, one: Evaluation) -> Found:
        setting = one.setting
        return cls(
            {name: measured.figures for name, measured in one.strategies.items()},
            one.bounds,
            {name: measured.figures for name, measured in one.systems.by_name.items()},
            one.systems.escalation,
            f"{len(setting.data.prompts):,} prompts; {setting.folds.how}; {setting.costs.how}.",
            setting.costs.usd,
        )


@dataclass(frozen=True)
class Cell:
    """`found` is None where it could not be measured; `why` says what stood in the way. `group` is the column by which
    whole groups were left out, `train` the set that taught in the place of the tested one's folds."""

    source: Source
    pair: Pair
    group: str | None
    train: Source | None
    found: Found | None
    why: str = ""

    @property
    def name(self) -> str:
        return f"{self.source.name}: {self.pair}"

    @property
    def split(self) -> str:
        return "5 folds" if self.group is None else "whole tasks left out"

    def of(self, strategy: str) -> Figures:
        """Nothing where it could not be measured."""
        return {} if self.found is None else self.found.strategies[strategy]

    def of_system(self, name: str) -> Figures:
        return {} if self.found is None else self.found.systems.get(name, {})


def measure(
    source: Source,
    pair: Pair,
    *,
    group: str | None = None,
    train: Source | None = None,
    strategy: str = "all",
    system: str | None = None,
) -> Cell:
    """Says on stderr what it is at."""
    say(f"{source.name}: {pair}{', tasks left out' if group else ''}{f', taught by {train.name}' if train else ''}")
    question = Question(
        source.path,
        train=train.path if train else None,
        strategy=strategy,
        weak=pair.weak,
        strong=pair.strong,
        second=pair.second if system else None,
        group=group,
        system=system,
    )
    try:
        return Cell(source, pair, group, train, Found.of(evaluate(question)))
    except ConfigurationError as error:
        return Cell(source, pair, group, train, None, str(error))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
