"""Fits an evidence: one logistic regression over the answers of all models, with each model's deviation."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from routing.learned.answer_shape import Answered
from routing.learned.evidence import LIMIT, Evidence, Own, Part
from routing.learned.prior import LIMIT as LIMIT_OF_PROMPTS
from routing.learned.scoring import Logistic, Standard
from routing.learned.training.fitting import fitted_logistic
from routing.learned.training.matrices import (
    Array,
    Sparse,
    answers_read,
    idf_of,
    packed,
    prompts_read,
    standard_of,
    standardised,
    weighed,
)

_INVERSE_L2 = 0.5
# Standard scores are larger than weighed grams; so scaled, the penalty holds back both alike, and the prompt more.
_SCALE, _PROMPT = 0.1, 0.7


@dataclass(frozen=True)
class _Text:
    """One text of each row, as two blocks of the design: `counts` is the factor of both."""

    idf: Array
    standard: Standard
    grams: Sparse
    shape: Array
    counts: float

    def part(self, intercept: float, grams: Array, shape: Array) -> Part:
        """With the weights of both blocks."""
        logistic = Logistic(intercept, packed(grams * self.counts), packed(shape * self.counts * _SCALE))
        return Part(packed(self.idf), self.standard, logistic)

    @property
    def blocks(self) -> list[Sparse]:
        return [self.grams * self.counts, sparse.csr_matrix(self.shape * self.counts * _SCALE)]


def fitted_evidence(
    rows: Sequence[tuple[Answered, str, float]], card: Mapping[str, object], with_prompt: bool
) -> Evidence:
    """See `train_evidence`, which checks."""
    answers, names, correct = zip(*rows, strict=True)
    models = sorted(set(names))
    gave = np.array(names)[:, None] == np.array(models)
    answer, usual = _answers(answers, gave)
    prompt = _prompts(answers) if with_prompt else None
    own = [sparse.csr_matrix(answer.shape * _SCALE * by[:, None]) for by in gave.T]
    blocks = [*answer.blocks, *(prompt.blocks if prompt else ()), sparse.csr_matrix(gave.astype(np.float64)), *own]
    with threadpool_limits(limits=1):
        intercept, weights = fitted_logistic(sparse.hstack(blocks).tocsr(), np.array(correct, np.float64), _INVERSE_L2)
    pieces = iter(np.split(weights, np.cumsum([block.shape[1] for block in blocks])[:-1]))
    shared = answer.part(intercept, next(pieces), next(pieces))
    asked = prompt.part(0.0, next(pieces), next(pieces)) if prompt else None
    biases = next(pieces).tolist()
    deviations = [
        Logistic(bias, array("f"), packed(piece * _SCALE)) for bias, piece in zip(biases, pieces, strict=True)
    ]
    return Evidence(card, shared, asked, dict(zip(models, map(Own, usual, deviations), strict=True)))


def _answers(answers: Sequence[Answered], gave: Array) -> tuple[_Text, list[Standard]]:
    """The answers, each compared with the usual ones of its model, and what is usual for each model."""
    counted, shapes = answers_read(answers)
    idf = idf_of(counted)
    usual = [standard_of(shapes[by]) for by in gave.T]
    scaled = np.empty_like(shapes)
    for by, standard in zip(gave.T, usual, strict=True):
        scaled[by] = standardised(shapes[by], standard, LIMIT)
    return _Text(idf, standard_of(shapes), weighed(counted, idf), scaled, 1.0), usual


def _prompts(answers: Sequence[Answered]) -> _Text:
    counted, shapes = prompts_read(answered.prompt for answered in answers)
    idf, standard = idf_of(counted), standard_of(shapes)
    return _Text(idf, standard, weighed(counted, idf), standardised(shapes, standard, LIMIT_OF_PROMPTS), _PROMPT)
