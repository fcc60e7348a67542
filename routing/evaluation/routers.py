"""The routers that read the prompt alone, behind one contract: what they learn from outcomes, and how they rank.

A router is made from all texts at once, so that each is read once whatever the folds. `fit` then learns from some of
the texts that teach; its result scores some of the tested ones: shape (3, rows), the gain that is expected of the
strong model, and the probabilities that the weak and the strong model are right. Where a router tells none, these are
NaN, and of its gain the order alone counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from routing.evaluation.bulk import prior_scores
from routing.evaluation.features import Counted, words
from routing.evaluation.figures import Array
from routing.evaluation.folds import Rows, Score
from routing.learned.prior import Prior
from routing.learned.training import TrainingError, train_prior
from routing.learned.training.matrices import prompts_read

Learner = Callable[[Rows, Array, Array], Score]
"""From the rows that teach, and how good the weak and the strong model were on them."""
Router = Callable[[Sequence[str], Sequence[str]], Learner]
"""From the texts that teach and those that are tested."""

WEAK, STRONG = "weak", "strong"
"""How the pair is called in a prior that is trained on it."""
NEIGHBOURS, _SHRINKAGE, _BLOCK = 100, 1.0, 400
_CLEAR_GAIN = 0.5


def learned(teaching: Sequence[str], tested: Sequence[str]) -> Learner:
    """The trained prior of `routing.learned`."""

    def fit(rows: Rows, weak: Array, strong: Array) -> Score:
        scores = {WEAK: weak.tolist(), STRONG: strong.tolist()}
        try:
            prior: Prior = train_prior([teaching[row] for row in rows], scores, {})
        except TrainingError as error:
            raise _too_little(error, len(rows)) from error
        return lambda at: prior_scores(prior, [tested[row] for row in at], WEAK, STRONG)

    return fit


def _too_little(error: TrainingError, rows: int) -> TrainingError:
    """Told of the pair and of what is left when a part of the prompts is tested."""
    told = str(error).replace(f"'{WEAK}'", "the weak model").replace(f"'{STRONG}'", "the strong model")
    return TrainingError(
        f"{rows} prompts are left to learn from beside a part that is tested: {told}; give more prompts"
    )


def neighbours(teaching: Sequence[str], tested: Sequence[str]) -> Learner:
    """The mean outcome of the 100 nearest prompts by the cosine of their weighed grams, weighted by its square and
    shrunk to the mean of all."""
    known, new = Counted(prompts_read(teaching)[0]), Counted(prompts_read(tested)[0])

    def fit(rows: Rows, weak: Array, strong: Array) -> Score:
        lessons = known.of(rows)
        idf = lessons.idf()
        vectors = lessons.weighed(idf).T.tocsc()
        outcomes = np.stack((weak, strong))
        k = min(NEIGHBOURS, len(rows))

        def score(at: Rows) -> Array:
            found = np.empty((3, len(at)))
            asked = new.of(at).weighed(idf)
            for start in range(0, len(at), _BLOCK):
                likeness = np.maximum(0.0, (asked[start : start + _BLOCK] @ vectors).toarray())
                nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
                weight = np.take_along_axis(likeness, nearest, axis=1) ** 2
                total = weight.sum(axis=1) + _SHRINKAGE
                for row, outcome in enumerate(outcomes, 1):
                    told = (weight * outcome[nearest]).sum(axis=1) + _SHRINKAGE * outcome.mean()
                    found[row, start : start + _BLOCK] = told / total
            found[0] = found[2] - found[1]
            return found

        return score

    return fit


def tfidf(teaching: Sequence[str], tested: Sequence[str]) -> Learner:
    """The plain baseline: tf-idf of words and pairs of words, one logistic regression on whether the strong model is
    clearly the better one."""
    known, new = words(teaching), words(tested)

    def fit(rows: Rows, weak: Array, strong: Array) -> Score:
        from sklearn.linear_model import LogisticRegression

        clear = strong - weak > _CLEAR_GAIN
        if clear.all() or not clear.any():
            return lambda at: _gain(np.zeros(len(at)))
        columns = known.of(rows).columns()
        lessons = known.of(rows).narrowed(columns)
        idf = lessons.idf()
        model: Any = LogisticRegression(max_iter=300, tol=1e-3).fit(lessons.weighed(idf), clear)
        return lambda at: _gain(model.decision_function(new.of(at).narrowed(columns).weighed(idf)))

    return fit


def length(teaching: Sequence[str], tested: Sequence[str]) -> Learner:
    """Longer prompts go to the strong model."""
    characters = np.array([len(text) for text in tested], dtype=np.float64)
    return lambda rows, weak, strong: lambda at: _gain(characters[at])


def random(teaching: Sequence[str], tested: Sequence[str]) -> Learner:
    """No prompt before another, which gets what chance gets on average."""
    return lambda rows, weak, strong: lambda at: _gain(np.zeros(len(at)))


ROUTERS: Mapping[str, Router] = {
    "learned": learned,
    "neighbours": neighbours,
    "length": length,
    "tfidf": tfidf,
    "random": random,
}


def _gain(rank: Array) -> Array:
    nothing = np.full(len(rank), np.nan)
    return np.stack((rank, nothing, nothing))
