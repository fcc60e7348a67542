"""Texts and shapes as matrices, one row each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from routing.learned.answer_shape import Answered, shape_of
from routing.learned.answers import read
from routing.learned.grams import BUCKETS, buckets
from routing.learned.prompt_shape import prompt_shape
from routing.learned.scoring import Standard

Array = NDArray[np.float64]
Sparse = Any
"""A scipy.sparse.csr_matrix."""

Row = tuple[NDArray[np.int32], Array, Array]
"""The buckets of a text, their values, and its shape."""

_SMALLEST_SD = 1e-6


def prompts_read(prompts: Iterable[str]) -> tuple[Sparse, Array]:
    """The counted grams and the shapes."""
    return _stacked([_prompt(prompt) for prompt in prompts])


def answers_read(answers: Iterable[Answered]) -> tuple[Sparse, Array]:
    """The counted grams and the shapes of the answers alone."""
    return _stacked([_answer(answered) for answered in answers])


def idf_of(counted: Sparse) -> Array:
    """For each bucket ln((1 + texts) / (1 + texts that have it)) + 1 (Salton and Buckley 1988, smoothed)."""
    texts = counted.shape[0]
    having = np.bincount(counted.indices, minlength=BUCKETS)
    idf: Array = np.log((1 + texts) / (1 + having)) + 1
    return idf


def weighed(counted: Sparse, idf: Array) -> Sparse:
    """Each row times the idf, together of length 1."""
    return normalize(counted.multiply(idf).tocsr())


def standard_of(shapes: Array) -> Standard:
    """The mean and standard deviation of each number; 0 for one that never differs."""
    sd = shapes.std(axis=0)
    return Standard(packed(shapes.mean(axis=0)), packed(np.where(sd > _SMALLEST_SD, sd, 0)))


def standardised(shapes: Array, standard: Standard, limit: float) -> Array:
    """`Standard.score` of each row."""
    mean, sd = np.asarray(standard.mean), np.asarray(standard.sd)
    scores: Array = np.clip((shapes - mean) / np.where(sd > 0, sd, 1), -limit, limit) * (sd > 0)
    return scores


def packed(values: Array) -> array[float]:
    """As models hold them: of single precision."""
    return array("f", values.astype(np.float32).tobytes())


# Folds of one data set, and the models of it, read the same texts again and again.
@lru_cache(maxsize=2**15)
def _prompt(prompt: str) -> Row:
    return _row(buckets(prompt), prompt_shape(prompt))


@lru_cache(maxsize=2**14)
def _answer(answered: Answered) -> Row:
    reading = read(answered)
    return _row(buckets(reading.text), shape_of(reading))


def _row(counted: dict[int, float], shape: tuple[float, ...]) -> Row:
    return np.array(list(counted), np.int32), np.array(list(counted.values()), np.float64), np.array(shape, np.float64)


def _stacked(rows: Sequence[Row]) -> tuple[Sparse, Array]:
    indices, values, shapes = zip(*rows, strict=True)
    starts = np.concatenate(([0], np.cumsum([len(row) for row in indices])))
    content = np.concatenate(values), np.concatenate(indices), starts
    return sparse.csr_matrix(content, shape=(len(rows), BUCKETS)), np.stack(shapes)
