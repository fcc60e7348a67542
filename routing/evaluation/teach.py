"""Models for a file: trained on all rows of a data set, with a card of what they were worth on rows left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from threadpoolctl import threadpool_limits

from routing.evaluation import metrics
from routing.evaluation.answers import gather
from routing.evaluation.datasets import read
from routing.evaluation.figures import SEED, Figure
from routing.evaluation.folds import by_fold, by_group, crossed, lessons
from routing.evaluation.question import Question, settle
from routing.evaluation.report import by_model, routed
from routing.evaluation.rows import DataError
from routing.evaluation.turns import evidence
from routing.learned.evidence import Evidence
from routing.learned.prior import Prior
from routing.learned.training import train_evidence, train_prior

_LIMITS_OF_PRIOR = (
    "It knows mostly where a prompt comes from: on prompts unlike those of its data it may be no better than chance, "
    "or than prompt length alone. It speaks of its own models."
)
_LIMITS_OF_EVIDENCE = (
    "It reads how an answer is put, not whether it is true. Of a model, or a kind of task, that its data lacks it "
    "knows little. It was trained on short final answers that can be checked."
)


def teach_prior(path: Path, group: str | None, licence: str) -> Prior:
    """Of all models in the data; the figures are those of the pair with the largest gap. Raises ConfigurationError."""
    with threadpool_limits(limits=1):
        setting = settle(Question(path, group=group))
        test = setting.test
        learned, length = (routed(setting, name)[0] for name in ("learned", "length"))
        figures = {
            "apgr": metrics.apgr(learned, test.weak, test.strong, test.groups),
            "minus_length": metrics.apgr_difference(learned, length, test.weak, test.strong, test.groups),
        }
    data = read(path)  # all prompts, also those that the pair did not both answer
    about = {"pair": [setting.weak, setting.strong], **_told(figures)}
    card = {**_card(data.name, licence, setting.folds.how, _LIMITS_OF_PRIOR), "figures": about}
    scores = {model: [None if one is None else one.score for one in column] for model, column in data.outcomes.items()}
    return train_prior([prompt.text for prompt in data.prompts], scores, card)


def teach_evidence(path: Path, group: str | None, licence: str) -> Evidence:
    """Of all answers in the data; the figures are those of each model's. Raises ConfigurationError."""
    data = read(path)
    if not data.has_answers:
        raise DataError(f"{data.name}: has no `response`; an evidence is trained on answers: choose --kind prior")
    with threadpool_limits(limits=1):
        folds = by_fold(data) if group is None else by_group(data, group)
        log_odds = crossed(evidence(data), lessons(data, data, folds, group), folds)
        figures = by_model(data, log_odds, folds.groups)
    told = {model: _told({name: own[name] for name in ("auroc", "brier_skill")}) for model, own in figures.items()}
    card = {**_card(data.name, licence, folds.how, _LIMITS_OF_EVIDENCE), "figures": told}
    answers = gather(data)
    rows = [one for row in range(len(data.prompts)) for one in answers.at(row)]
    return train_evidence(rows, card, with_prompt=True)


def _card(name: str, licence: str, folds: str, limits: str) -> dict[str, object]:
    return {"data": name, "licence": licence, "folds": folds, "seed": SEED, "limits": limits}


def _told(figures: Mapping[str, Figure]) -> dict[str, object]:
    return {name: asdict(figure) for name, figure in figures.items()}
