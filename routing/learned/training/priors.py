"""Fits a prior: for each model one regression on wording and shape, and one on the shape alone."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from routing.learned.grams import BUCKETS
from routing.learned.prior import LIMIT, Prior, Skill
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
_LENGTH_WEIGHT = 0.03
# With fewer outcomes, trees learn them by heart.
_FEWEST_FOR_TREES = 2_000


def fitted_prior(
    prompts: Sequence[str], scores: Mapping[str, Sequence[float | None]], card: Mapping[str, object]
) -> Prior:
    """See `train_prior`, which checks."""
    counted, shapes = prompts_read(prompts)
    idf, standard = idf_of(counted), standard_of(shapes)
    scaled = standardised(shapes, standard, LIMIT)
    design = sparse.hstack((weighed(counted, idf), sparse.csr_matrix(scaled * _SCALE))).tocsr()
    with threadpool_limits(limits=1):
        skills = {model: _skill(design, shapes, scaled, column) for model, column in scores.items()}
    return Prior(card, packed(idf), standard, skills, _LENGTH_WEIGHT)


def _skill(design: Sparse, shapes: Array, scaled: Array, column: Sequence[float | None]) -> Skill:
    known = np.array([at for at, score in enumerate(column) if score is not None])
    scores = np.array([score for score in column if score is not None], np.float64)
    intercept, weights = fitted_logistic(design[known], scores, _INVERSE_L2)
    wording = Logistic(intercept, packed(weights[:BUCKETS]), packed(weights[BUCKETS:] * _SCALE))
    return Skill(wording, _by_shape(shapes[known], scaled[known], scores))


def _by_shape(shapes: Array, scaled: Array, scores: Array) -> Trees | Logistic:
    if len(scores) >= _FEWEST_FOR_TREES:
        return fitted_trees(shapes, scores)
    intercept, weights = fitted_logistic(sparse.csr_matrix(scaled), scores, _INVERSE_L2_OF_SHAPE)
    return Logistic(intercept, array("f"), packed(weights))
