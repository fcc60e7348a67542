"""Whole turns on a data set with answers: what is believed of each, from models that it taught nothing.

What a stage is fitted on is itself out of fold: a row's prior and evidence come from models that saw neither the tested
part nor the row's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.evaluation import pairs
from routing.evaluation.answers import Answers, final_answers, gather, signs
from routing.evaluation.bulk import evidence_logits
from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import Array
from routing.evaluation.folds import Fit, Lessons, Rows, Score, lessons, nested
from routing.evaluation.question import Setting
from routing.evaluation.routers import learned
from routing.evaluation.rows import DataError, shown
from routing.evaluation.stages import Right, Turns, believed, logit
from routing.evaluation.systems import Part
from routing.learned.answer_shape import Answered, same_answer
from routing.learned.training import train_evidence


def evidence(data: Dataset) -> Fit:
    """Fits the learned evidence on the answers to some prompts; its scores are log-odds that an answer is right, one
    figure for each model of `gather(data)`, NaN where it gave none."""
    answers = gather(data)

    def fit(rows: Rows) -> Score:
        trained = train_evidence([one for row in rows.tolist() for one in answers.at(row)], {}, with_prompt=True)

        def score(at: Rows) -> Array:
            found = np.full((len(answers.models), len(at)), np.nan)
            for n, model in enumerate(answers.models):
                there = [(place, answers.answered[model][row]) for place, row in enumerate(at)]
                given = [(place, one) for place, one in there if one is not None]
                if given:
                    places, texts = zip(*given, strict=True)
                    found[n, list(places)] = evidence_logits(trained, texts, model)
            return found

        return score

    return fit


def own_lessons(setting: Setting) -> Lessons:
    """What the tested set may teach itself."""
    return lessons(setting.data, setting.data, setting.folds, setting.question.group)


def beliefs(setting: Setting, by_text: Array) -> tuple[list[Part], Right]:
    """For each part what is believed of its turns; and how good each answer was. `by_text` are the nested scores of
    `evidence`. Raises DataError where one of the models gave no text."""
    question, data, folds = setting.question, setting.data, setting.folds
    answers, nothing = gather(data), np.zeros(len(data.prompts))
    weak = _texts(data, answers, setting.weak)
    weak_said, second_said = final_answers(weak), None
    if question.second is not None:
        second_said = final_answers(_texts(data, answers, question.second))
    by_prompt = _priors(setting)
    right = Right(
        setting.test.weak,
        setting.test.strong,
        nothing if question.second is None else pairs.scores(data, question.second),
    )
    turns = Turns(
        weak_before=nothing,
        strong_before=nothing,
        weak_text=nothing,
        second_text=nothing,
        signs=signs(weak),
        agreement=nothing if second_said is None else _agreement(weak_said, second_said),
        weak_mute=_mute(weak_said),
        second_mute=nothing if second_said is None else _mute(second_said),
    )
    own, found = own_lessons(setting), []
    for part in folds.parts:
        gain, weak_p, _ = by_prompt[part]
        column = dict(zip(answers.models, by_text[part], strict=True))
        seen = replace(
            turns,
            weak_before=logit(weak_p),
            strong_before=logit(weak_p + gain),
            weak_text=column[setting.weak],
            second_text=nothing if question.second is None else column[question.second],
        )
        rows = folds.rows(part)
        found.append((rows, believed(seen, right, own.without(part))(rows)))
    return found, right


def _priors(setting: Setting) -> Array:
    """The nested scores of the learned router."""
    learner = learned([one.text for one in setting.source.prompts], [one.text for one in setting.data.prompts])
    weak, strong = setting.taught_scores
    return nested(lambda rows: learner(rows, weak[rows], strong[rows]), setting.taught, setting.folds)


def _texts(data: Dataset, answers: Answers, model: str) -> tuple[Answered, ...]:
    found = tuple(one for one in answers.answered.get(model, ()) if one is not None)
    if len(found) != len(data.prompts):
        raise DataError(f"{data.name}: not every answer of {shown(model)} has its `response`; the system reads it")
    return found


def _agreement(one: Sequence[str | None], other: Sequence[str | None]) -> Array:
    return np.array([1.0 if same_answer(*pair) else -1.0 for pair in zip(one, other, strict=True)])


def _mute(said: Sequence[str | None]) -> Array:
    return np.array([0.0 if final else 1.0 for final in said])
