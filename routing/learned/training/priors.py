"""Fits a prior: for each model one regression on wording and shape, and one on the shape alone."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from routing.learned.grams import BUCKETS
from routing.learned.prior import LIMIT, Prior, Skill, pooled
from routing.learned.scoring import Logistic, Trees
from routing.learned.training.fitting import fitted_logistic, fitted_trees
from routing.learned.training.matrices import (
    Array,
    Sparse,
    idf_of,
    packed,
    prompts_read,
    standard_of,
    standardised,
    weighed,
)

_INVERSE_L2, _INVERSE_L2_OF_SHAPE = 0.3, 0.01
# Standard scores are larger than weighed grams; so scaled, the penalty holds back both alike.
_SCALE = 0.1
# With fewer outcomes, trees learn them by heart.
_FEWEST_FOR_TREES = 2_000


def fitted_prior(
    prompts: Sequence[str],
    scores: Mapping[str, Sequence[float | None]],
    card: Mapping[str, object],
    length_weight: float,
) -> Prior:
    """See `train_prior`, which checks."""
    counted, shapes = prompts_read(prompts)
    idf, standard = idf_of(counted), standard_of(shapes)
    scaled = standardised(shapes, standard, LIMIT)
    design = sparse.hstack((weighed(counted, idf), sparse.csr_matrix(scaled * _SCALE))).tocsr()
    with threadpool_limits(limits=1):
        skills = {model: _skill(design, shapes, scaled, column) for model, column in scores.items()}
    return Prior(card, packed(idf), standard, skills, length_weight)


def _skill(design: Sparse, shapes: Array, scaled: Array, column: Sequence[float | None]) -> Skill:
    known = np.array([at for at, score in enumerate(column) if score is not None])
    scores = np.array([score for score in column if score is not None], np.float64)
    intercept, weights = fitted_logistic(design[known], scores, _INVERSE_L2)
    wording = Logistic(intercept, packed(weights[:BUCKETS]), packed(weights[BUCKETS:] * _SCALE))
    said = np.asarray(design @ weights) + intercept
    by_shape: Trees | Logistic
    if len(scores) >= _FEWEST_FOR_TREES:
        by_shape, shown = fitted_trees(shapes[known], scores, shapes)
    else:
        intercept, weights = fitted_logistic(sparse.csr_matrix(scaled[known]), scores, _INVERSE_L2_OF_SHAPE)
        by_shape, shown = Logistic(intercept, array("f"), packed(weights)), _probability(scaled @ weights + intercept)
    opinions = zip(_probability(said).tolist(), shown.tolist(), strict=True)
    return Skill(wording, by_shape, fmean(map(pooled, opinions)))


def _probability(log_odds: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-log_odds))
    return found
