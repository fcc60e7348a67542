"""Logistic regressions and boosted trees by scikit-learn, turned into what scores without it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from routing.learned.scoring import Split, Trees
from routing.learned.training.matrices import Array, Sparse

_ITERATIONS, _TOLERANCE = 1_000, 1e-3
_TREES, _RATE, _LEAVES, _FEWEST_IN_A_LEAF, _L2 = 40, 0.1, 8, 40, 10.0


def fitted_logistic(design: Sparse, scores: Array, inverse_l2: float) -> tuple[float, Array]:
    """Intercept and weights. A score between 0 and 1 counts as a right answer of that weight and a wrong one of the
    rest."""
    graded = np.flatnonzero((scores > 0) & (scores < 1))
    labels = np.concatenate((np.where(scores > 0, 1, 0), np.zeros(len(graded))))
    weights = np.concatenate((np.where(scores > 0, scores, 1), 1 - scores[graded]))
    model = LogisticRegression(C=inverse_l2, max_iter=_ITERATIONS, tol=_TOLERANCE)
    model.fit(sparse.vstack((design, design[graded])).tocsr(), labels, sample_weight=weights)
    return float(model.intercept_[0]), model.coef_[0]


def fitted_trees(shapes: Array, scores: Array, others: Array) -> tuple[Trees, Array]:
    """Few and small trees, for a score in 0 to 1; and what they say of other shapes."""
    model = HistGradientBoostingRegressor(
        max_iter=_TREES,
        learning_rate=_RATE,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_FEWEST_IN_A_LEAF,
        l2_regularization=_L2,
        early_stopping=False,
        random_state=0,
    ).fit(shapes, scores)
    grown = tuple(_tree(predictors[0].nodes, 0) for predictors in model._predictors)
    return Trees(float(model._baseline_prediction.item()), grown), model.predict(others)


def _tree(nodes: Any, at: int) -> Split | float:
    node = nodes[at]
    if node["is_leaf"]:
        return float(node["value"])
    below, above = (_tree(nodes, int(node[side])) for side in ("left", "right"))
    return Split(int(node["feature_idx"]), float(node["num_threshold"]), below, above)
