"""Who may teach what: parts of a data set, and the rows that taught nothing of a part that they test.

Two prompts are the same when their normalised texts are, or, of questions with options to choose from, their stems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.evaluation.datasets import FOLDS, Dataset, normalised
from routing.evaluation.figures import SEED, Array
from routing.evaluation.rows import DataError
from routing.learned.options import split_options

Rows = NDArray[np.intp]
_LEAST_STEM = 40
"""A shorter stem, such as "Which is true?", says nothing of the question."""


@dataclass(frozen=True)
class Folds:
    """`of` has each prompt's part, one of `parts`; `how` says in words how they were made; `groups` are those that no
    part splits."""

    of: Rows
    parts: tuple[int, ...]
    how: str
    groups: tuple[str, ...] | None = None

    def rows(self, part: int) -> Rows:
        return np.flatnonzero(self.of == part)


def by_fold(data: Dataset) -> Folds:
    """The parts that the data's own `fold` makes. Raises DataError where it makes one alone."""
    of = np.array([prompt.fold for prompt in data.prompts], dtype=np.intp)
    parts = tuple(int(part) for part in np.unique(of))
    if len(parts) < 2:
        raise DataError(f"{data.name}: all prompts are of fold {parts[0]}; leave `fold` out, or give at least two")
    return Folds(of, parts, f"{len(parts)} folds by prompt")


def by_group(data: Dataset, field: str) -> Folds:
    """Whole groups in at most five parts, dealt out by chance. Raises DataError where the field has one value alone,
    or is missing."""
    groups = data.group(field)
    names = sorted(set(groups))
    if len(names) < 2:
        raise DataError(f"{data.name}: `{field}` is the same in every row; name a field that has several values")
    count = min(FOLDS, len(names))
    dealt = np.random.default_rng(SEED).permutation(len(names)) % count
    part = dict(zip(names, dealt.tolist(), strict=True))
    of = np.array([part[group] for group in groups], dtype=np.intp)
    return Folds(of, tuple(range(count)), f"{len(names)} groups by `{field}`, whole, in {count} parts", groups)


@dataclass(frozen=True)
class Lessons:
    """The rows of `source` and, as bits, the tested parts that each of them would give away."""

    source: Dataset
    gives_away: NDArray[np.int64]

    def without(self, *parts: int) -> Rows:
        """The rows that may teach what is tested on these parts. Raises DataError where none is left."""
        bits = sum(1 << part for part in set(parts))
        rows = np.flatnonzero(self.gives_away & bits == 0)
        if not len(rows):
            raise DataError(f"{self.source.name}: no row is left to learn from once the tested prompts are left out")
        return rows


def lessons(source: Dataset, tested: Dataset, folds: Folds, field: str | None = None) -> Lessons:
    """What of `source` gives away which parts of `tested`: the same prompt; a prompt of the same group, where whole
    groups are left out by `field`; and, where the two sets share a prompt, all that have the fold of a part."""
    bits = [1 << int(part) for part in folds.of]
    by_key = _gathered(
        (key, bit) for prompt, bit in zip(tested.prompts, bits, strict=True) for key in _keys(prompt.text)
    )
    own = [_known(by_key, _keys(prompt.text)) for prompt in source.prompts]
    if folds.groups is not None and field is not None:
        by_group = _gathered(zip(folds.groups, bits, strict=True))
        values = (str(prompt.fields[field]) if field in prompt.fields else None for prompt in source.prompts)
        own = [bit | by_group.get(value or "", 0) for bit, value in zip(own, values, strict=True)]
    elif any(own):
        own = [bit | 1 << prompt.fold for bit, prompt in zip(own, source.prompts, strict=True)]
    return Lessons(source, np.array(own, dtype=np.int64))


Score = Callable[[Rows], Array]
"""Scores of tested prompts: shape (figures, rows)."""
Fit = Callable[[Rows], Score]
"""What rows of the source teach."""


def crossed(fit: Fit, taught: Lessons, folds: Folds) -> Array:
    """Each tested prompt's scores by what was taught without its part: shape (figures, prompts)."""
    return of_own_part(_scored(fit, taught, folds, [(part, part) for part in folds.parts]), folds)


def nested(fit: Fit, taught: Lessons, folds: Folds) -> Array:
    """For each part q, the scores of every prompt by what was taught without q and without the prompt's own part: what
    a model that is tested on q may be trained on. Shape (parts, figures, prompts), by the part's number."""
    pairs = [(one, other) for one in folds.parts for other in folds.parts if one <= other]
    return _scored(fit, taught, folds, pairs)


def of_own_part(by_part: Array, folds: Folds) -> Array:
    """Of nested scores those by what was taught without the prompt's own part alone: shape (figures, prompts)."""
    return np.asarray(by_part[folds.of, :, np.arange(len(folds.of))].T)


def _scored(fit: Fit, taught: Lessons, folds: Folds, pairs: Sequence[tuple[int, int]]) -> Array:
    """One fit for all pairs that the same rows may teach."""
    found: Array | None = None
    fits: dict[bytes, Score] = {}
    for one, other in pairs:
        rows = taught.without(one, other)
        score = fits.get(rows.tobytes()) or fits.setdefault(rows.tobytes(), fit(rows))
        for tested, part in {(one, other), (other, one)}:
            at = folds.rows(tested)
            scores = score(at)
            if found is None:
                found = np.full((max(folds.parts) + 1, len(scores), len(folds.of)), np.nan)
            found[part][:, at] = scores
    assert found is not None
    return found


def _keys(text: str) -> Iterator[str]:
    yield normalised(text)
    stem = normalised(split_options(text)[0])
    if len(stem) >= _LEAST_STEM:
        yield stem


def _gathered(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, bit in pairs:
        found[key] = found.get(key, 0) | bit
    return found


def _known(by_key: dict[str, int], keys: Iterator[str]) -> int:
    bits = 0
    for key in keys:
        bits |= by_key.get(key, 0)
    return bits
