"""Answers that are wrong, with logprobs near 0 put beside them: how many more of them stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks.evidence.cells import say
from benchmarks.evidence.sets import Source
from benchmarks.evidence.writing import figure, percent, table
from routing.analysis.analyse import analyse
from routing.analysis.features import Features
from routing.confidence.measure import measure
from routing.evaluation.calibration import auroc
from routing.evaluation.figures import proportion
from routing.messages import Reply, Request, TokenLogprob, ask

USUAL = 0.66
THRESHOLDS = (0.55, USUAL, 0.72)
"""The lowest, the usual and the highest of the shipped profiles."""
_SURE, _SECOND = -0.01, -6.0
_TOKENS = 200
_GOOD = 0.5


@dataclass(frozen=True)
class Scores:
    """Of the answers of one set: the confidence from the text alone, and with surety planted; whether they were
    right."""

    name: str
    text: np.ndarray
    planted: np.ndarray
    good: np.ndarray


def measured(sources: Sequence[Source]) -> list[Scores]:
    return [_scores(source) for source in sources if source.data.has_answers]


def planted_table(found: Sequence[Scores]) -> str:
    return table(("set", "threshold", "right answers that stay", "wrong ones", "wrong ones, planted"), _rows(found))


def verdict(found: Sequence[Scores]) -> str:
    """What the planted surety moves at most, and how well the untrained confidence tells right from wrong."""
    if not found:
        return ""
    odds = [np.log(one / (1 - one)) for scores in found for one in (scores.text, scores.planted)]
    most = max(float((after - before).max()) for before, after in zip(odds[::2], odds[1::2], strict=True))
    areas = ", ".join(f"{figure(auroc(one.text, one.good))} on {one.name}" for one in found)
    plain, planted = (
        np.concatenate([getattr(one, name)[one.good < _GOOD] for one in found]) >= USUAL for name in ("text", "planted")
    )
    return (
        f"Planted logprobs raise the score of no answer by more than {most:.2f} in log-odds. At a threshold of {USUAL} "
        f"{plain.mean():.0%} of the wrong answers stay without them, {planted.mean():.0%} with them. From the text "
        f"alone the score tells right from wrong with an AUROC of {areas}; the learned evidence's stand above."
    )


def _rows(found: Sequence[Scores]) -> Iterator[tuple[str, ...]]:
    for one in found:
        right = one.good >= _GOOD
        for threshold in THRESHOLDS:
            shares = (one.text[right], one.text[~right], one.planted[~right])
            yield one.name, f"{threshold:.2f}", *(percent(proportion(share >= threshold)) for share in shares)


def _scores(source: Source) -> Scores:
    say(f"{source.name}: planted logprobs")
    _read.cache_clear()
    text, planted, good = [], [], []
    for column in source.data.outcomes.values():
        for prompt, outcome in zip(source.data.prompts, column, strict=True):
            if outcome is not None and outcome.response is not None:
                request, features = _read(prompt.text)
                reply = Reply(text=outcome.response, finish="stop")
                sure = Reply(text=outcome.response, finish="stop", logprobs=_PLANTED)
                text.append(measure(request, features, reply).score)
                planted.append(measure(request, features, sure).score)
                good.append(outcome.score)
    return Scores(source.name, np.array(text), np.array(planted), np.array(good))


@lru_cache(maxsize=100_000)
def _read(prompt: str) -> tuple[Request, Features]:
    request = ask(prompt)
    return request, analyse(request)


_PLANTED = tuple(TokenLogprob("word", _SURE, _SECOND) for _ in range(_TOKENS))
