"""What learned models say of many texts at once: the same as theirs of each, faster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.evaluation.figures import Array
from routing.evaluation.folds import Rows
from routing.evaluation.stages import logit, probability
from routing.learned.answer_shape import Answered
from routing.learned.evidence import LIMIT as LIMIT_OF_ANSWERS
from routing.learned.evidence import Evidence
from routing.learned.prior import LIMIT, Prior
from routing.learned.scoring import Logistic, Split, Trees
from routing.learned.training.matrices import Sparse, answers_read, prompts_read, standardised, weighed

_LEAST, _MOST = 0.01, 0.99


def prior_scores(prior: Prior, prompts: Sequence[str], weak: str, strong: str) -> Array:
    """`Prior.gain`, and `Prior.p` of both models: shape (3, n)."""
    counted, shapes = prompts_read(prompts)
    grams, scaled = weighed(counted, np.asarray(prior.idf)), standardised(shapes, prior.standard, LIMIT)
    opinions = [_opinions(prior, model, grams, shapes, scaled) for model in (weak, strong)]
    longer = shapes[:, 0] - prior.standard.mean[0]
    gain = (opinions[1].sum(axis=0) - opinions[0].sum(axis=0) + prior.length_weight * longer) / 2
    return np.stack((gain, *(probability(logit(np.clip(one, _LEAST, _MOST)).mean(axis=0)) for one in opinions)))


def prior_difficulties(prior: Prior, prompts: Sequence[str]) -> Array:
    """`Prior.difficulty`: shape (n,)."""
    ease = [logit(prior_scores(prior, prompts, model, model)[1]) - skill.usual for model, skill in prior.skills.items()]
    longer = prompts_read(prompts)[1][:, 0] - prior.standard.mean[0]
    return np.asarray(prior.length_weight * longer - np.mean(ease, axis=0))


def evidence_logits(evidence: Evidence, answers: Sequence[Answered], model: str) -> Array:
    """`Evidence.logit` of each of a model's answers: shape (n,)."""
    counted, shapes = answers_read(answers)
    own = evidence.own.get(model)
    scaled = standardised(shapes, own.standard if own else evidence.answer.standard, LIMIT_OF_ANSWERS)
    total = _log_odds(evidence.answer.logistic, weighed(counted, np.asarray(evidence.answer.idf)), scaled)
    if own:
        total = total + _log_odds(own.deviation, None, scaled)
    if evidence.prompt:
        asked, asked_shapes = prompts_read([answer.prompt for answer in answers])
        grams = weighed(asked, np.asarray(evidence.prompt.idf))
        total = total + _log_odds(
            evidence.prompt.logistic, grams, standardised(asked_shapes, evidence.prompt.standard, LIMIT)
        )
    return total


def _opinions(prior: Prior, model: str, grams: Sparse, shapes: Array, scaled: Array) -> Array:
    """By wording and by shape: shape (2, n)."""
    skill = prior.skills[model]
    by_wording = probability(_log_odds(skill.wording, grams, scaled))
    if isinstance(skill.shape, Trees):
        return np.stack((by_wording, _of_trees(skill.shape, shapes)))
    return np.stack((by_wording, probability(_log_odds(skill.shape, None, scaled))))


def _log_odds(regression: Logistic, grams: Sparse, scaled: Array) -> Array:
    said = scaled @ np.asarray(regression.shape, dtype=np.float64) + regression.intercept
    if regression.grams and grams is not None:
        said = said + grams @ np.asarray(regression.grams, dtype=np.float64)
    return np.asarray(said)


def _of_trees(trees: Trees, shapes: Array) -> Array:
    total = np.full(len(shapes), trees.base)
    for tree in trees.trees:
        _add_leaves(tree, shapes, np.arange(len(shapes)), total)
    return total


def _add_leaves(node: Split | float, shapes: Array, rows: Rows, total: Array) -> None:
    if not isinstance(node, Split):
        total[rows] += node
        return
    below = shapes[rows, node.feature] <= node.threshold
    _add_leaves(node.below, shapes, rows[below], total)
    _add_leaves(node.above, shapes, rows[~below], total)
