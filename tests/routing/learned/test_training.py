"""Training: what scores in plain Python scores as scikit-learn's own models do, and learns what is there to learn."""

from __future__ import annotations

import math
import random
import sys
from dataclasses import replace
from functools import cache
from statistics import fmean

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from routing.evaluation.calibration import auroc
from routing.learned.answer_shape import Answered, answer_shape
from routing.learned.evidence import Evidence
from routing.learned.grams import BUCKETS, buckets
from routing.learned.prior import Prior
from routing.learned.prompt_shape import prompt_shape
from routing.learned.training import TrainingError, train_evidence, train_prior
from tests.routing.learned.outcomes import by_chance, some_answers, some_prompts

FEW, MANY, ANSWERS = 300, 2_200, 200
CARD = {"data": "made up"}


@cache
def _prior(n: int) -> Prior:
    prompts, hard = some_prompts(n)
    weak = by_chance([0.9 - 0.7 * it for it in hard])
    strong = by_chance([0.9] * n, seed=4)
    return train_prior(prompts, {"weak": weak, "strong": strong}, CARD)


@cache
def _evidence(with_prompt: bool = False) -> Evidence:
    return train_evidence(some_answers(ANSWERS), CARD, with_prompt)


def _grams(texts: list[str]) -> sparse.csr_matrix:
    """tf-idf of the hashed grams, densely and slowly."""
    counted = np.zeros((len(texts), BUCKETS))
    for at, text in enumerate(texts):
        for bucket, value in buckets(text).items():
            counted[at, bucket] = value
    having = (counted != 0).sum(axis=0)
    counted *= np.log((1 + len(texts)) / (1 + having)) + 1
    counted /= np.linalg.norm(counted, axis=1, keepdims=True)
    return sparse.csr_matrix(counted)


def _z(shapes: np.ndarray, limit: float) -> np.ndarray:
    sd = shapes.std(axis=0)
    return np.clip((shapes - shapes.mean(axis=0)) / np.where(sd > 1e-6, sd, np.inf), -limit, limit)


def test_few_outcomes_are_scored_as_by_scikit_learn() -> None:
    prompts, hard = some_prompts(FEW)
    weak = by_chance([0.9 - 0.7 * it for it in hard])
    z = _z(np.array([prompt_shape(prompt) for prompt in prompts]), 3)
    design = sparse.hstack((_grams(prompts), z * 0.1)).tocsr()
    by_wording = LogisticRegression(C=0.3, max_iter=1_000, tol=1e-3).fit(design, weak).decision_function(design)
    by_shape = LogisticRegression(C=0.01, max_iter=1_000, tol=1e-3).fit(z, weak).decision_function(z)
    wanted = 1 / (1 + np.exp(-(by_wording + by_shape) / 2))
    assert [_prior(FEW).p(prompt, "weak") for prompt in prompts] == pytest.approx(wanted, abs=1e-5)


def test_trees_are_scored_as_by_scikit_learn() -> None:
    prompts, hard = some_prompts(MANY)
    weak = by_chance([0.9 - 0.7 * it for it in hard])
    shapes = np.array([prompt_shape(prompt) for prompt in prompts])
    trees = HistGradientBoostingRegressor(
        max_iter=40,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=10,
        early_stopping=False,
        random_state=0,
    )
    wanted = trees.fit(shapes, weak).predict(shapes)
    scored = _prior(MANY).skills["weak"].shape
    assert [scored.score(tuple(shape)) for shape in shapes] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("with_prompt", [False, True])
def test_evidence_is_scored_as_by_scikit_learn(with_prompt: bool) -> None:
    answers, names, correct = map(list, zip(*some_answers(ANSWERS), strict=True))
    shapes = np.array([answer_shape(answered) for answered in answers])
    z, own = np.zeros_like(shapes), []
    for model in ("large", "small"):
        by = np.array([name == model for name in names])
        z[by] = _z(shapes[by], 4)
        own += [z * by[:, None] * 0.1, by[:, None].astype(float)]
    blocks = [_grams([answered.response for answered in answers]), z * 0.1, *own]
    if with_prompt:
        prompts = [answered.prompt for answered in answers]
        blocks += [_grams(prompts) * 0.7, _z(np.array([prompt_shape(prompt) for prompt in prompts]), 3) * 0.07]
    design = sparse.hstack(blocks).tocsr()
    wanted = LogisticRegression(C=0.5, max_iter=1_000, tol=1e-3).fit(design, correct).decision_function(design)
    scored = [_evidence(with_prompt).logit(answered, model) for answered, model, _ in some_answers(ANSWERS)]
    assert scored == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("n", [FEW, MANY])
def test_a_prior_knows_which_prompts_gain(n: int) -> None:
    prompts, hard = some_prompts(400, seed=9)
    prior = _prior(n)
    assert prior.models == ("weak", "strong")
    ranked = auroc([prior.gain(prompt, "weak", "strong") for prompt in prompts], hard).value
    assert ranked is not None
    assert ranked > 0.95
    for model, mean in (("weak", 0.55), ("strong", 0.9)):
        chances = [prior.p(prompt, model) for prompt in prompts]
        assert all(0 < chance < 1 for chance in chances)
        assert np.mean(chances) == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize("n", [FEW, MANY])
def test_the_gain_is_a_difference_of_probabilities_and_more_for_a_long_prompt(n: int) -> None:
    prior, (prompts, _) = _prior(n), some_prompts(n)
    told = [prior.p(prompt, "strong") - prior.p(prompt, "weak") for prompt in prompts]
    assert fmean(prior.gain(prompt, "weak", "strong") for prompt in prompts) == pytest.approx(fmean(told), abs=0.02)
    long, heavy = prompts[0] + " and so on" * 200, replace(prior, length_weight=prior.length_weight + 0.5)
    longer = prompt_shape(long)[0] - prior.standard.mean[0]
    assert heavy.gain(long, "weak", "strong") - prior.gain(long, "weak", "strong") == pytest.approx(0.25 * longer)


def test_evidence_tells_right_answers_also_of_a_model_never_seen() -> None:
    rows = some_answers(400, seed=8)
    correct = [score for _, _, score in rows]
    assert _evidence().models == ("large", "small")
    for model in ("large", "unheard of"):
        found = auroc([_evidence().logit(answered, model) for answered, _, _ in rows], correct)
        assert found.low is not None
        assert found.low > 0.75


def test_shuffled_labels_teach_nothing() -> None:
    rows, dice, areas = some_answers(600, seed=5), random.Random(6), []
    for _ in range(8):
        labels = [score for _, _, score in rows]
        dice.shuffle(labels)
        taught = [(answered, model, label) for (answered, model, _), label in zip(rows, labels, strict=True)]
        evidence = train_evidence(taught[:300], {}, with_prompt=True)
        areas.append(
            auroc([evidence.logit(answered, model) for answered, model, _ in taught[300:]], labels[300:]).value
        )
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)


def test_shuffled_labels_teach_a_prior_nothing() -> None:
    prompts, hard = some_prompts(600)
    dice, areas = random.Random(7), []
    for _ in range(8):
        labels = by_chance([0.9 - 0.7 * it for it in hard])
        dice.shuffle(labels)
        prior = train_prior(prompts[:300], {"weak": labels[:300]}, {})
        areas.append(auroc([prior.p(prompt, "weak") for prompt in prompts[300:]], labels[300:]).value)
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)


def test_training_is_deterministic() -> None:
    prompts, hard = some_prompts(FEW)
    scores = {"weak": hard, "strong": by_chance([0.5] * FEW)}
    assert train_prior(prompts, scores, {}) == train_prior(prompts, scores, {})
    assert train_evidence(some_answers(100), {}, True) == train_evidence(some_answers(100), {}, True)


def test_what_a_model_did_not_answer_does_not_count() -> None:
    prompts, hard = some_prompts(FEW)
    known: list[float | None] = [*hard[:200], *[None] * (FEW - 200)]
    prior = train_prior(prompts, {"weak": known, "strong": hard}, CARD)
    assert prior.card == {"data": "made up", "trained": {"rows": 200 + FEW, "models": ["weak", "strong"]}}
    assert prior.skills["weak"] != prior.skills["strong"]


def test_a_graded_score_counts_in_part() -> None:
    prompts, hard = some_prompts(FEW)
    scores = [0.1 + 0.3 * it for it in hard]
    prior = train_prior(prompts, {"weak": scores}, {})
    chances = [prior.p(prompt, "weak") for prompt in prompts]
    assert min(chances) > 0.05
    assert max(chances) < 0.5
    assert np.mean(chances) == pytest.approx(np.mean(scores), abs=0.02)


def test_a_model_that_was_not_trained_has_no_prior() -> None:
    with pytest.raises(KeyError):
        _prior(FEW).p("Hello?", "unheard of")


@pytest.mark.parametrize("text", ["", " ", "\ud800", "a" * 10**6, "6 * 7 = 41 " * 90_000])
def test_any_text_gets_a_score(text: str) -> None:
    assert 0 < _prior(MANY).p(text, "weak") < 1
    assert math.isfinite(_prior(MANY).gain(text, "weak", "strong"))
    assert math.isfinite(_evidence(True).logit(Answered(text, text, len(text), False, None), "small"))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({}, "there are no outcomes"),
        ({"weak\x1b": [1.0] * 30}, r"'weak\x1b': every answer is right"),
        ({"weak": [0.0] * 30}, "'weak': every answer is wrong"),
        ({"weak": [0.0, 1.0] + [None] * 28}, "'weak': 2 outcomes are too few"),
        ({"weak": [None] * 30}, "'weak': 0 outcomes are too few"),
        ({"weak": [0.0, math.nan] * 15}, "'weak': a score is no number"),
        ({"weak": [0.0, 1.5] * 15}, "'weak': a score is no number"),
    ],
)
def test_what_cannot_be_trained_on_is_said_in_one_sentence(scores: dict[str, list[float | None]], words: str) -> None:
    with pytest.raises(TrainingError, match=r"^[^\n]+$") as refused:
        train_prior(["Why?"] * 30, scores, {})
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "there are no answers"),
        (some_answers(5), "'large', 'small': 5 outcomes are too few"),
        (
            [(answered, model, 1.0) for answered, model, _ in some_answers(30)],
            "'large', 'small': every answer is right",
        ),
    ],
)
def test_answers_that_cannot_be_trained_on(rows: list[tuple[Answered, str, float]], words: str) -> None:
    with pytest.raises(TrainingError, match=r"^[^\n]+$") as refused:
        train_evidence(rows, {}, False)
    assert words in str(refused.value)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "routing.learned.training.priors", None)
    prompts, hard = some_prompts(30)
    with pytest.raises(TrainingError, match=r"pip install 'pointsman\[train\]'"):
        train_prior(prompts, {"weak": hard}, {})


@pytest.mark.parametrize("n", [FEW, MANY])
def test_over_the_training_difficulty_and_ease_are_0_on_average(n: int) -> None:
    prior, (prompts, _) = _prior(n), some_prompts(n)
    assert fmean(prior.ease(prompt, "weak") for prompt in prompts) == pytest.approx(0, abs=1e-4)
    assert fmean(map(prior.difficulty, prompts)) == pytest.approx(0, abs=1e-4)


def test_a_longer_prompt_is_harder_by_the_weight_of_length() -> None:
    prior = _prior(FEW)
    prompts, _ = some_prompts(9)
    heavy = replace(prior, length_weight=prior.length_weight + 0.5)
    for prompt in prompts:
        longer = prompt_shape(prompt)[0] - prior.standard.mean[0]
        assert heavy.difficulty(prompt) - prior.difficulty(prompt) == pytest.approx(0.5 * longer)
