"""Routers on prompts whose truth is known."""

from __future__ import annotations

import random

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from routing.evaluation.datasets import Dataset, read
from routing.evaluation.figures import Array
from routing.evaluation.folds import by_fold, crossed, lessons
from routing.evaluation.metrics import apgr
from routing.evaluation.pairs import scores
from routing.evaluation.routers import ROUTERS
from tests.routing.evaluation.outcomes import STRONG, WEAK, routing_rows, write


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return read(write(tmp_path_factory.mktemp("data") / "known.jsonl", routing_rows()))


def routed(name: str, data: Dataset, weak: Array, strong: Array) -> Array:
    texts, folds = [prompt.text for prompt in data.prompts], by_fold(data)
    learner = ROUTERS[name](texts, texts)
    with threadpool_limits(limits=1):
        return crossed(lambda rows: learner(rows, weak[rows], strong[rows]), lessons(data, data, folds), folds)


@pytest.mark.parametrize("name", ["learned", "neighbours", "tfidf"])
def test_what_can_be_learned_is_learned(known: Dataset, name: str) -> None:
    weak, strong = scores(known, WEAK), scores(known, STRONG)
    found = apgr(routed(name, known, weak, strong)[0], weak, strong)
    assert found.low is not None
    assert found.low > 0.6


@pytest.mark.parametrize("name", ["learned", "neighbours", "tfidf"])
def test_where_outcomes_are_permuted_there_is_nothing_to_learn(known: Dataset, name: str) -> None:
    """A router that had seen what it is tested on would be above chance here."""
    weak, strong = scores(known, WEAK), scores(known, STRONG)
    figures = []
    for seed in range(4):
        order = list(range(len(weak)))
        random.Random(seed).shuffle(order)
        figures.append(apgr(routed(name, known, weak[order], strong[order])[0], weak[order], strong[order]).value)
    assert np.mean([value for value in figures if value is not None]) == pytest.approx(0.5, abs=0.06)


def test_chance_is_exactly_a_half_and_length_is_length(known: Dataset) -> None:
    weak, strong = scores(known, WEAK), scores(known, STRONG)
    assert apgr(routed("random", known, weak, strong)[0], weak, strong).value == pytest.approx(0.5)
    assert routed("length", known, weak, strong)[0].tolist() == [len(prompt.text) for prompt in known.prompts]


@pytest.mark.parametrize("name", ["learned", "neighbours"])
def test_probabilities_are_told_of_both_models(known: Dataset, name: str) -> None:
    weak, strong = scores(known, WEAK), scores(known, STRONG)
    _, p_weak, p_strong = routed(name, known, weak, strong)
    for p, truth in ((p_weak, weak), (p_strong, strong)):
        assert ((p >= 0) & (p <= 1)).all()
        assert p.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_where_the_strong_model_never_gains_tfidf_ranks_nothing(known: Dataset) -> None:
    weak = scores(known, WEAK)
    assert not routed("tfidf", known, weak, weak)[0].any()
