"""Models for a file: trained on all rows of a data set, with a card of what they were worth on rows left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from threadpoolctl import threadpool_limits

from routing.evaluation.answers import gather
from routing.evaluation.by_set import worth_by_set
from routing.evaluation.datasets import read
from routing.evaluation.figures import SEED, Figure
from routing.evaluation.folds import by_fold, by_group, crossed, lessons
from routing.evaluation.pooling import pooled, read_tiers, standing
from routing.evaluation.report import by_model
from routing.evaluation.rows import DataError
from routing.evaluation.turns import evidence
from routing.learned.evidence import Evidence
from routing.learned.prior import Prior
from routing.learned.training import LENGTH_WEIGHT, train_evidence, train_prior

_LENGTH_WEIGHT_OF_TIERS = 0.3
"""Tiers stand for models of other data: what carries over is that longer prompts are harder."""

_LIMITS_OF_PRIOR = (
    "It knows mostly where a prompt comes from: on prompts unlike those of its data it may be no better than chance, "
    "or than prompt length alone. Its data are what they are: exam questions teach little of chats, one language "
    "nothing of another."
)
_LIMITS_OF_EVIDENCE = (
    "It reads how an answer is put, not whether it is true. Of a model, or a kind of task, that its data lacks it "
    "knows little. It was trained on short final answers that can be checked."
)


def teach_prior(paths: Sequence[Path], group: str | None, licence: str, tiers: Path | None = None) -> Prior:
    """Of all models in the data, or of the tiers that a file makes of them; the figures are by set. Raises
    ConfigurationError."""
    members = None if tiers is None else read_tiers(tiers)
    sets = [read(path) for path in paths]
    data = pooled(sets, members)
    length_weight = LENGTH_WEIGHT if members is None else _LENGTH_WEIGHT_OF_TIERS
    with threadpool_limits(limits=1):
        folds = by_fold(data) if group is None else by_group(data, group)
        figures = worth_by_set(data, folds, group, length_weight)
    card = {**_card(data.name, licence, folds.how, _LIMITS_OF_PRIOR), "figures": figures}
    if members is not None:
        card["tiers"] = standing(sets, members)
    scores = {model: [None if one is None else one.score for one in column] for model, column in data.outcomes.items()}
    return train_prior([prompt.text for prompt in data.prompts], scores, card, length_weight)


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
