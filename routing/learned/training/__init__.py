"""Training a prior or an evidence from outcomes. It needs the extra `pointsman[train]`; what it makes does not.

The same rows make the same model, bit for bit, on the same machine: nothing is drawn at random, one thread computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routing.errors import ConfigurationError
from routing.learned.answer_shape import Answered
from routing.learned.evidence import Evidence
from routing.learned.prior import Prior

FEWEST_ROWS = 20
LENGTH_WEIGHT = 0.03
"""For prompts like those of the training, whose wording says more."""


class TrainingError(ConfigurationError):
    """The outcomes, or what is installed, do not do for training."""


def train_prior(
    prompts: Sequence[str],
    scores: Mapping[str, Sequence[float | None]],
    card: Mapping[str, object],
    length_weight: float = LENGTH_WEIGHT,
) -> Prior:
    """`scores` has for each model one score in 0 to 1 for each prompt, None where it did not answer. The card gets what
    was `trained` on. Raises TrainingError where a model has too few outcomes or only right or only wrong ones, and
    where scikit-learn is missing."""
    if not prompts or not scores:
        raise TrainingError("there are no outcomes to train on; name a file that has some")
    known = {model: [score for score in column if score is not None] for model, column in scores.items()}
    for model, column in known.items():
        _check(ascii(model), column)
    trained = {"rows": sum(map(len, known.values())), "models": list(scores)}
    try:
        from routing.learned.training.priors import fitted_prior
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return fitted_prior(prompts, scores, {**card, "trained": trained}, length_weight)


def train_evidence(
    rows: Sequence[tuple[Answered, str, float]], card: Mapping[str, object], with_prompt: bool
) -> Evidence:
    """Each row is an answer, the model that gave it, and how right it is in 0 to 1. `with_prompt`: the prompt counts
    too. The card gets what was `trained` on. Raises TrainingError where there are too few rows or only right or only
    wrong ones, and where scikit-learn is missing."""
    if not rows:
        raise TrainingError("there are no answers to train on; name a file that has some")
    models = sorted({model for _, model, _ in rows})
    _check(", ".join(map(ascii, models)), [correct for _, _, correct in rows])
    trained = {"rows": len(rows), "models": models}
    try:
        from routing.learned.training.evidences import fitted_evidence
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return fitted_evidence(rows, {**card, "trained": trained}, with_prompt)


def _check(whose: str, scores: Sequence[float]) -> None:
    if not all(0 <= score <= 1 for score in scores):
        raise TrainingError(f"{whose}: a score is no number from 0 to 1; mend the data")
    if len(scores) < FEWEST_ROWS:
        raise TrainingError(f"{whose}: {len(scores)} outcomes are too few; training needs {FEWEST_ROWS} or more")
    for only, word in ((1, "right"), (0, "wrong")):
        if all(score == only for score in scores):
            raise TrainingError(f"{whose}: every answer is {word}; training needs right ones and wrong ones")


def _missing(error: ModuleNotFoundError) -> TrainingError:
    return TrainingError(f"training needs {error.name}, which is not installed: pip install 'pointsman[train]'")
