"""From how sure an answer looks to how often such answers were found good: a line in log-odds, learned from labels.

Platt's calibration (Platt 1999) with priors: the line of all labels starts from a slope of N(.6, .35²) and an intercept
of N(.3, 1²), that of a class of tasks from the line of all, that of a model in a class from the class's. So nothing
jumps at the first label, and a model that was rarely rated borrows from its neighbours.

Who rates unasked rates bad answers more often, so such labels show P(good | rated), not P(good). The two differ by the
intercept ln(P(rated | good) / P(rated | bad)), as in case-control studies (Prentice & Pyke 1979). It is estimated along
with the line of all, where the labels that were asked for at random tell what is true; signs that are no ratings (a
question asked again, an answer copied) have such an intercept of their own. Without ratings that were asked for, the
distance of the labels from the prior is put down half to the answers and half to who rates; less to who rates where
most answers are rated, as who rates all of them chooses none. That of signs is put down a tenth to the answers: who
goes on without a word need not be content.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from operator import mul

from routing.confidence.regression import Case, Gaussian, map_logistic

REASK_WEIGHT = 0.25
"""A question that is asked again: a label with `good` 0 of this weight."""
KEPT_WEIGHT = 0.1
"""An answer that is copied or gone on from: a label with `good` 1 of this weight."""
COMPARED_WEIGHT = 0.5
"""Two answers that are compared: a label of this weight for each, the better one with `good` 1, the other with 0."""
SLOPE, INTERCEPT = Gaussian(0.6, 0.35), Gaussian(0.3, 1.0)
SELECTION, INFERENCE = Gaussian(0.0, 1.0), Gaussian(0.0, 3.0)
_LEAST_SELECTION_SD = 0.05
_SLOPE_SD, _INTERCEPT_SD = 0.2, 0.5
_RATING = 1.0
# Beyond this many log-odds a score only says that it is sure.
_SUREST = 10.0


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of one answer afterwards. `log_odds` are those it was measured with, before any calibration; `good`
    is 0..1; `weight` is 1 for a rating, less for a sign that is none; `solicited`: the rating was asked for, of an
    answer picked at random.

    Raises ValueError where a number is not finite, `good` outside 0..1 or `weight` below 0.
    """

    model: str
    task: str
    log_odds: float
    good: float
    weight: float = 1.0
    solicited: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.log_odds) and 0 <= self.good <= 1 and 0 <= self.weight < math.inf):
            raise ValueError(f"this is no label: {self}")


@dataclass(frozen=True, slots=True)
class Line:
    """Calibrated log-odds are `slope` · measured + `intercept`; `labels` is the weight of the labels behind it. An
    empty `task` or `model` stands for any."""

    slope: float
    intercept: float
    labels: float = 0.0
    task: str = ""
    model: str = ""


PRIOR = Line(SLOPE.mean, INTERCEPT.mean)


@dataclass(frozen=True, slots=True)
class Calibration:
    """`lines` are those of classes and of models in classes; `volunteered` and `inferred` are the intercepts, in
    log-odds, that ratings given unasked and signs that are no ratings have against ratings that were asked for.

    Without labels it keeps .6 of the log-odds and adds .3: .68 stays, a score of .90 is told as .83, and .30 as .45.
    """

    overall: Line = PRIOR
    lines: tuple[Line, ...] = ()
    volunteered: float = 0.0
    inferred: float = 0.0

    def calibrated(self, log_odds: float, model: str, task: str) -> float:
        """The log-odds that an answer of these measured log-odds is good; never falls where they rise."""
        line = self.line(model, task)
        return line.slope * _bounded(log_odds) + line.intercept

    def line(self, model: str, task: str) -> Line:
        """The line that speaks for this model in this class: its own, else the class's, else that of all."""
        found = {line.model: line for line in self.lines if line.task == task and line.model in (model, "")}
        return found.get(model) or found.get("") or self.overall

    @property
    def hash(self) -> str:
        """The same for the same calibration: twelve hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]


UNRATED = Calibration()
"""That of nobody's labels."""


def fit(labels: Iterable[Label], coverage: float = 0.0) -> Calibration:
    """The calibration that the labels speak for; their order does not matter. `coverage`, 0..1: of the answers that
    nobody asked about, the share that was rated."""
    known = [label for label in labels if label.weight > 0]
    if not known:
        return UNRATED
    slope, intercept, volunteered, inferred = _rising(
        [_case(label, sources=_sources(label)) for label in known],
        (SLOPE, INTERCEPT, _selection(coverage), INFERENCE),
    )
    calibration = Calibration(Line(slope, intercept, _weight(known)), (), volunteered, inferred)
    lines: list[Line] = []
    for task, of_task in _grouped(known, lambda label: label.task):
        common = replace(_line(of_task, calibration.overall, calibration), task=task)
        lines.append(common)
        for model, of_model in _grouped(of_task, lambda label: label.model):
            lines.append(replace(_line(of_model, common, calibration), task=task, model=model))
    return replace(calibration, lines=tuple(lines))


def _selection(coverage: float) -> Gaussian:
    """What is known of who rates: its variance goes with the share of answers that they left out."""
    left_out = math.sqrt(max(0.0, 1 - coverage))
    return Gaussian(SELECTION.mean, max(_LEAST_SELECTION_SD, SELECTION.sd * left_out))


def _line(labels: Sequence[Label], parent: Line, calibration: Calibration) -> Line:
    """The line of a part of the labels, drawn to the line of the whole."""
    selection = calibration.volunteered, calibration.inferred
    cases = [_case(label, offset=sum(map(mul, selection, _sources(label)))) for label in labels]
    prior = Gaussian(parent.slope, _SLOPE_SD), Gaussian(parent.intercept, _INTERCEPT_SD)
    slope, intercept = _rising(cases, prior)
    return Line(slope, intercept, _weight(labels))


def _rising(cases: Sequence[Case], prior: Sequence[Gaussian]) -> tuple[float, ...]:
    """The fit with a first coefficient, the slope, of at least 0: where the best is below, the best that is allowed
    lies on the edge, as the posterior is log-concave."""
    found = map_logistic(cases, prior)
    if found[0] >= 0:
        return found
    return 0.0, *map_logistic([replace(case, inputs=case.inputs[1:]) for case in cases], prior[1:])


def _case(label: Label, sources: tuple[float, ...] = (), offset: float = 0.0) -> Case:
    return Case((_bounded(label.log_odds), 1.0, *sources), label.good, label.weight, offset)


def _sources(label: Label) -> tuple[float, float]:
    """1 for a rating that was given unasked, and 1 for a sign that is no rating."""
    inferred = label.weight < _RATING
    return float(not inferred and not label.solicited), float(inferred)


def _grouped(labels: Iterable[Label], key: Callable[[Label], str]) -> list[tuple[str, list[Label]]]:
    groups: dict[str, list[Label]] = {}
    for label in labels:
        groups.setdefault(key(label), []).append(label)
    return sorted(groups.items())


def _weight(labels: Iterable[Label]) -> float:
    return math.fsum(label.weight for label in labels)


def _bounded(log_odds: float) -> float:
    return max(-_SUREST, min(_SUREST, log_odds))
