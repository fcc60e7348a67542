"""The answers of a data set, as the learned evidence reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routing.evaluation.datasets import Dataset, Outcome
from routing.evaluation.figures import Array
from routing.evaluation.stages import SIGNS
from routing.learned.answer_shape import ANSWER_SHAPE, Answered, final_answer
from routing.learned.training.matrices import answers_read

_READ = (
    "characters",
    "no final answer",
    "share of hedges",
    "second thoughts",
    "no option fits",
    "numbers",
    "sums",
    "share of wrong sums",
    "repeated fours of words",
    "rounding",
    "the chosen number comes last",
)
assert len(_READ) == SIGNS


@dataclass(frozen=True)
class Answers:
    """`answered` has one tuple for each model, aligned with the prompts; None where no response is known. `scores` say
    how good each was."""

    answered: dict[str, tuple[Answered | None, ...]]
    scores: dict[str, tuple[float, ...]]

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.answered)

    def at(self, row: int) -> Iterator[tuple[Answered, str, float]]:
        """The answers to one prompt, each with its model and how good it is."""
        for model, column in self.answered.items():
            answered = column[row]
            if answered is not None:
                yield answered, model, self.scores[model][row]


def gather(data: Dataset) -> Answers:
    """The answers of all models of which any response is known."""
    looked = any(one and one.answer is not None for column in data.outcomes.values() for one in column)
    answered: dict[str, tuple[Answered | None, ...]] = {}
    scores: dict[str, tuple[float, ...]] = {}
    for model, column in data.outcomes.items():
        found = tuple(_answered(prompt.text, one, looked) for prompt, one in zip(data.prompts, column, strict=True))
        if any(found):
            answered[model] = found
            scores[model] = tuple(one.score if one else 0.0 for one in column)
    return Answers(answered, scores)


def final_answers(answers: Sequence[Answered]) -> list[str | None]:
    """Each one's own, or what is found in its text; None where there is none."""
    return [final_answer(one.response) if one.answer is None else one.answer or None for one in answers]


def signs(answers: Sequence[Answered]) -> Array:
    """What the first stage reads of a model's answers: shape (n, SIGNS)."""
    _, shapes = answers_read(answers)
    return shapes[:, [ANSWER_SHAPE.index(name) for name in _READ]]


def _answered(prompt: str, outcome: Outcome | None, looked: bool) -> Answered | None:
    """`looked`: somebody has looked for final answers, so that one which is missing is known to be."""
    if outcome is None or outcome.response is None:
        return None
    characters = outcome.characters if outcome.characters is not None else len(outcome.response)
    answer = outcome.answer if outcome.answer is not None or not looked else ""
    return Answered(prompt, outcome.response, characters, outcome.truncated, answer)
