"""Texts as rows of counts, read once for all folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.evaluation.figures import Array
from routing.evaluation.folds import Rows
from routing.learned.grams import MOST_CHARACTERS

_WORD_BUCKETS = 2**18


@dataclass(frozen=True, slots=True)
class Counted:
    """A sparse matrix (scipy, CSR): one row for each text, what is counted in it by column."""

    rows: Any

    def of(self, at: Rows) -> Counted:
        return Counted(self.rows[at])

    def columns(self) -> Rows:
        """Those in which anything is counted."""
        return np.unique(self.rows.indices)

    def narrowed(self, columns: Rows) -> Counted:
        return Counted(self.rows[:, columns])

    def idf(self) -> Array:
        """ln((1 + texts) / (1 + texts that have it)) + 1, by column."""
        n, width = self.rows.shape
        having = np.bincount(self.rows.indices, minlength=width)
        return np.asarray(np.log((1 + n) / (1 + having)) + 1)

    def weighed(self, idf: Array) -> Any:
        """Each count times its `idf`, each row of length 1 (L2)."""
        from sklearn.preprocessing import normalize

        return normalize(self.rows.multiply(idf).tocsr())


def words(texts: Sequence[str]) -> Counted:
    """By words of two letters or more and pairs of them: 1 + ln n."""
    from sklearn.feature_extraction.text import HashingVectorizer

    reader: Any = HashingVectorizer(
        ngram_range=(1, 2), n_features=_WORD_BUCKETS, alternate_sign=False, norm=None, token_pattern=r"\w\w+"
    )
    rows = reader.transform(text[:MOST_CHARACTERS] for text in texts)
    rows.data = 1 + np.log(rows.data)
    return Counted(rows)
