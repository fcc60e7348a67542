"""Confidence in the answers of real models: from their text, and with a second model's agreement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.evidence.cells import say
from benchmarks.evidence.sets import Source, nearest, quality
from benchmarks.evidence.writing import NONE, figure, listed, number, table
from routing.errors import ConfigurationError
from routing.evaluation.answers import gather
from routing.evaluation.calibration import auroc
from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import SEED, Array, Figure
from routing.evaluation.folds import by_fold, crossed, lessons, nested, of_own_part
from routing.evaluation.question import Question, settle
from routing.evaluation.report import by_model
from routing.evaluation.turns import beliefs, evidence, own_lessons
from routing.evaluation.worth import Figures, of_confidence
from routing.learned.answer_shape import ANSWER_SHAPE
from routing.learned.training.matrices import answers_read

DRAWS = 2
_PLAIN = (
    "characters",
    "truncated",
    "no final answer",
    "words",
    "sentences",
    "share of different words",
    "repeated fours of words",
    "share of hedges",
    "share of second thoughts",
    "no option fits",
    "numbers",
    "equals signs",
    "question marks",
    "place of the final answer",
)
_WRONG = 0.5


@dataclass(frozen=True)
class Known:
    """What is known of one model's answers: `plain` by the baseline, `text` by the learned evidence, `agreed` with the
    second's answer (nothing where there is none)."""

    source: Source
    model: str
    plain: Figure
    text: Figures
    second: str | None
    agreed: Figures


def measured(sources: Sequence[Source]) -> list[Known]:
    """Every model of every set with answers, in 5 folds."""
    return [one for source in sources if source.data.has_answers for one in _of_set(source)]


def by_model_table(known: Sequence[Known]) -> str:
    rows = [
        (
            one.source.name,
            one.model,
            number(quality(one.source, one.model)),
            figure(one.plain),
            figure(one.text["auroc"]),
            figure(one.text["brier_skill"]),
            figure(one.text["ece"], bare=True) + f" ({figure(one.text['ece_floor'], bare=True)})",
            one.second or NONE,
            figure(one.agreed.get("auroc")),
            figure(one.agreed.get("brier_skill")),
        )
        for one in known
    ]
    head = ("set", "answers of", "right", "14 features: AUROC", "text: AUROC", "Brier skill", "ECE (by chance)")
    return table((*head, "second", "with agreement: AUROC", "Brier skill"), rows)


def verdict(known: Sequence[Known]) -> str:
    """Against the plain baseline, and against the text alone."""
    over = [one for one in known if (one.text["auroc"].value or 0) > (one.plain.value or 0)]
    skilled = [one for one in known if (one.text["brier_skill"].low or 0) > 0]
    helped = [one for one in known if one.agreed and (one.agreed["auroc"].value or 0) > (one.text["auroc"].value or 0)]
    asked = sum(bool(one.agreed) for one in known)
    short = listed(f"{one.model} on {one.source.name}" for one in known if one not in over)
    without = "" if len(over) == len(known) else f" (not for {short})"
    return (
        f"From the text alone the AUROC is above that of the 14 features for {len(over)} of {len(known)} models"
        f"{without}; the Brier skill is above 0 with its interval for {len(skilled)}. A second answer raises "
        f"the AUROC for {len(helped)} of {asked}."
    )


def permuted(sources: Sequence[Source]) -> str:
    """The same training with the labels of each model in an order of chance: nothing is left to be known."""
    found = [area for source in sources if source.data.has_answers for area in _of_chance(source)]
    if not found:
        return ""
    return (
        f"With the labels shuffled within each model, {len(found)} AUROCs ({DRAWS} draws of each model) have the mean "
        f"{number(float(np.mean(found)))}, from {number(min(found))} to {number(max(found))}."
    )


def _of_set(source: Source) -> Iterator[Known]:
    say(f"{source.name}: confidence by model")
    data, folds = source.data, by_fold(source.data)
    try:
        by_text = nested(evidence(data), lessons(data, data, folds), folds)
    except ConfigurationError as error:
        say(str(error))
        return
    figures = by_model(data, of_own_part(by_text, folds), None)
    best = sorted(data.models, key=lambda model: (-quality(source, model), model))
    for model, text in figures.items():
        strong = next((one for one in best if one != model), None)
        second = nearest(source, model, {strong}) if strong else None
        agreed = _agreed(source, model, strong, second, by_text) if strong and second else {}
        yield Known(source, model, _plain(data, model), text, second if agreed else None, agreed)


def _agreed(source: Source, model: str, strong: str, second: str, by_text: Array) -> Figures:
    """Nothing where not every prompt was answered by all three, or a model is always right or always wrong."""
    try:
        setting = settle(Question(source.path, weak=model, strong=strong, second=second, system="agree"))
        if len(setting.data.prompts) != len(source.data.prompts):
            by_text = nested(evidence(setting.data), own_lessons(setting), setting.folds)
        parts, right = beliefs(setting, by_text)
    except ConfigurationError:
        return {}
    confidence = np.empty(len(setting.data.prompts))
    for rows, believed in parts:
        confidence[rows] = believed.after_second.weak
    return of_confidence(confidence, right.weak, told=True, groups=None)


def _plain(data: Dataset, model: str) -> Figure:
    """The baseline: a logistic regression on 14 features of the answer, of this model alone."""
    answers = gather(data)
    rows = [at for at, one in enumerate(answers.answered[model]) if one is not None]
    _, shapes = answers_read([one for one in answers.answered[model] if one is not None])
    x = shapes[:, [ANSWER_SHAPE.index(name) for name in _PLAIN]]
    good = (np.array(answers.scores[model])[rows] >= _WRONG).astype(np.float64)
    part = by_fold(data).of[rows]
    told = np.full(len(rows), np.nan)
    for fold in np.unique(part):
        taught = part != fold
        if len(set(good[taught])) < 2:
            return Figure(None, None, None, len(rows))
        fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(x[taught], good[taught])
        told[~taught] = fitted.decision_function(x[~taught])
    return auroc(told, good)


def _of_chance(source: Source) -> Iterator[float]:
    say(f"{source.name}: shuffled labels")
    draw = np.random.default_rng(SEED)
    for _ in range(DRAWS):
        data = _shuffled(source.data, draw)
        folds = by_fold(data)
        try:
            told = crossed(evidence(data), lessons(data, data, folds), folds)
        except ConfigurationError as error:
            say(str(error))
            return
        for one in by_model(data, told, None).values():
            if one["auroc"].value is not None:
                yield one["auroc"].value


def _shuffled(data: Dataset, draw: np.random.Generator) -> Dataset:
    outcomes = {}
    for model, column in data.outcomes.items():
        scores = iter(draw.permutation([one.score for one in column if one is not None]).tolist())
        outcomes[model] = tuple(one and replace(one, score=next(scores)) for one in column)
    return replace(data, outcomes=outcomes)
