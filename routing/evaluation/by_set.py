"""What a prior of one or several data sets is worth on each of them: out of fold, and where the set taught it nothing.

A prior orders prompts in two ways: by the gain that it expects of the strong model, and by how hard they are for any
model (`Prior.difficulty`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import sparse

from routing.evaluation import metrics, pairs
from routing.evaluation.bulk import prior_difficulties, prior_scores
from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import Array
from routing.evaluation.folds import Fit, Folds, Rows, Score, by_group, crossed, lessons
from routing.learned.training import FEWEST_ROWS, train_prior
from routing.learned.training.fitting import fitted_logistic

Pair = tuple[str, str]

_NO_PENALTY = 1e6


@dataclass(frozen=True)
class _OfSet:
    """One set's prompts that both models of its pair answered, by their rows in the whole."""

    rows: Rows
    pair: Pair
    groups: Sequence[str] | None

    def of(self, data: Dataset) -> Dataset:
        return _rows_of(data, self.rows)


def worth_by_set(data: Dataset, folds: Folds, group: str | None, length_weight: float) -> dict[str, dict[str, object]]:
    """By set its pair, the figures out of fold and, where there are several sets, with the whole set left out. A pair
    is the one with the largest gap in the set. Raises DataError."""
    sets = {name: _of_set(data, name, folds) for name in dict.fromkeys(data.group("set"))}
    fit = _fit(data, tuple(dict.fromkeys(one.pair for one in sets.values())), length_weight)
    parts = {"folds": (folds, group)}
    if len(sets) > 1:
        parts["set_left_out"] = by_group(data, "set"), "set"
    scores = {name: crossed(fit, lessons(data, data, *one), one[0]) for name, one in parts.items()}
    at = {pair: row for row, pair in enumerate(dict.fromkeys(one.pair for one in sets.values()))}
    return {
        name: {
            "pair": list(one.pair),
            **{how: _figures(one, data, found[at[one.pair]], found[-1]) for how, found in scores.items()},
        }
        for name, one in sets.items()
    }


def _of_set(data: Dataset, name: str, folds: Folds) -> _OfSet:
    rows = np.flatnonzero([prompt.fields["set"] == name for prompt in data.prompts])
    pair = pairs.choose(_rows_of(data, rows), None, None)
    weak, strong = (data.outcomes[model] for model in pair)
    both = np.array([row for row in rows.tolist() if weak[row] is not None and strong[row] is not None], np.intp)
    groups = None if folds.groups is None else [folds.groups[row] for row in both]
    return _OfSet(both, pair, groups)


def _fit(data: Dataset, asked: Sequence[Pair], length_weight: float) -> Fit:
    """Scores are the gain for each pair, NaN where what teaches does not know both models, and the difficulty."""
    texts = [prompt.text for prompt in data.prompts]
    scores = {model: [one and one.score for one in column] for model, column in data.outcomes.items()}

    def fit(rows: Rows) -> Score:
        columns = {model: [column[row] for row in rows] for model, column in scores.items()}
        teaching = {model: column for model, column in columns.items() if _teaches(column)}
        prior = train_prior([texts[row] for row in rows], teaching, {}, length_weight)

        def score(at: Rows) -> Array:
            new = [texts[row] for row in at]
            nothing = np.full(len(at), np.nan)
            known = [set(pair) <= set(prior.models) for pair in asked]
            gains = [
                prior_scores(prior, new, *pair)[0] if it else nothing for pair, it in zip(asked, known, strict=True)
            ]
            return np.stack((*gains, prior_difficulties(prior, new)))

        return score

    return fit


def _figures(one: _OfSet, data: Dataset, gain: Array, difficulty: Array) -> dict[str, object]:
    """`slopes`: by model that of a logistic regression of its scores on how easy the prompt is, in log-odds: what a
    change of it is worth here (Cox 1958); 1 if all of it."""
    part = one.of(data)
    gain, hard = gain[one.rows], difficulty[one.rows]
    weak, strong = (pairs.scores(part, model) for model in one.pair)
    length = np.array([len(prompt.text) for prompt in part.prompts], np.float64)
    found: dict[str, object] = {}
    for name, rank in {"gain": gain, "difficulty": hard}.items():
        if not np.isnan(rank).any():
            found[name] = {
                "apgr": asdict(metrics.apgr(rank, weak, strong, one.groups)),
                "minus_length": asdict(metrics.apgr_difference(rank, length, weak, strong, one.groups)),
            }
    return {**found, "slopes": _slopes(part, -hard)}


def _slopes(part: Dataset, easy: Array) -> Mapping[str, float]:
    found = {}
    for model, column in part.outcomes.items():
        known = np.flatnonzero([outcome is not None for outcome in column])
        scores = np.array([outcome.score for outcome in column if outcome is not None])
        if len(known) and _teaches(scores.tolist()):
            _, slope = fitted_logistic(sparse.csr_matrix(easy[known][:, None]), scores, _NO_PENALTY)
            found[model] = round(float(slope[0]), 2)
    return found


def _teaches(column: Sequence[float | None]) -> bool:
    known = [score for score in column if score is not None]
    return len(known) >= FEWEST_ROWS and min(known) < 1 and max(known) > 0 and len(set(known)) > 1


def _rows_of(data: Dataset, rows: Rows) -> Dataset:
    outcomes = {model: tuple(column[row] for row in rows) for model, column in data.outcomes.items()}
    return Dataset(data.name, tuple(data.prompts[row] for row in rows), outcomes)
