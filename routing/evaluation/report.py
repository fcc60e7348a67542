"""A whole evaluation: routers, answers and systems on one data set, beside what needs no router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from routing.evaluation import metrics, worth
from routing.evaluation.answers import gather
from routing.evaluation.datasets import Dataset
from routing.evaluation.figures import Array, Groups
from routing.evaluation.folds import crossed, nested, of_own_part
from routing.evaluation.metrics import Point
from routing.evaluation.question import Question, Setting, settle
from routing.evaluation.routers import ROUTERS
from routing.evaluation.stages import Right, probability
from routing.evaluation.systems import SYSTEMS, VALUES, Part, Run, run, run_cut, run_gain, run_prompt
from routing.evaluation.turns import beliefs, evidence, own_lessons
from routing.evaluation.worth import Figures

CHOSEN = "learned"
"""The strategy that stands for all of them, and whose prior a system begins with."""
BASELINES = ("length", "tfidf")
CUTS = (0.8, 0.7)
WORTHS = (3.0, 10.0, 30.0)
"""Values of a right answer, in strong calls, at which rules of escalation are compared."""
WORTH = 10.0
"""The one that stands for all of them."""


@dataclass(frozen=True)
class Measured:
    """The figures of a strategy or of a system, and its cost-quality curve."""

    figures: Figures
    curve: tuple[Point, ...]


@dataclass(frozen=True)
class Answers:
    """What confidence in answers is worth: by model from the text alone, and in the weak model's once the second has
    answered too (none without a second)."""

    by_model: Mapping[str, Figures]
    agreed: Figures


@dataclass(frozen=True)
class Systems:
    """By name; and at each value of a right answer what each rule of escalation comes to."""

    by_name: Mapping[str, Measured]
    escalation: Mapping[float, Mapping[str, Figures]]


@dataclass(frozen=True)
class Evaluation:
    """`bounds` need no router: always-weak, always-strong, the oracle."""

    setting: Setting
    strategies: Mapping[str, Measured]
    bounds: Mapping[str, Figures]
    answers: Answers
    systems: Systems


def evaluate(question: Question) -> Evaluation:
    """Raises ConfigurationError for all that is wrong with the question or its files."""
    with threadpool_limits(limits=1):  # for small products threads cost more than they bring
        setting = settle(question)
        shown = tuple(ROUTERS) if question.strategy == "all" else (question.strategy, "random")
        needed = (*shown, *BASELINES, *([CHOSEN] if question.system else []))
        scores = {name: routed(setting, name) for name in dict.fromkeys(needed)}
        baselines = {name: scores[name][0] for name in BASELINES}
        strategies = {name: _strategy(scores[name], setting, baselines) for name in dict.fromkeys(shown)}
        gain = scores[CHOSEN][0] if question.system else None
        answers, systems = _beyond_the_prompt(setting, gain)
        return Evaluation(setting, strategies, _bounds(setting), answers, systems)


def routed(setting: Setting, name: str) -> Array:
    """The router's scores of all tested prompts, out of fold."""
    learner = ROUTERS[name](*([one.text for one in data.prompts] for data in (setting.source, setting.data)))
    weak, strong = setting.taught_scores
    return crossed(lambda rows: learner(rows, weak[rows], strong[rows]), setting.taught, setting.folds)


def _strategy(scores: Array, setting: Setting, baselines: Mapping[str, Array]) -> Measured:
    return Measured(worth.of_router(scores, setting.test, baselines), worth.curve_of_rank(scores[0], setting.test))


def _bounds(setting: Setting) -> dict[str, Figures]:
    test = setting.test
    gain = test.strong - test.weak
    both = {"always_weak": (test.costs.weak, test.weak), "always_strong": (test.costs.strong, test.strong)}
    cheapest_right = np.where(gain > 0, test.costs.strong, test.costs.weak), np.maximum(test.weak, test.strong)
    return {
        **{name: worth.of_fixed(*one, test.groups) for name, one in both.items()},
        "oracle": {**worth.of_fixed(*cheapest_right, test.groups), "apgr": metrics.apgr(gain, test.weak, test.strong)},
    }


def _beyond_the_prompt(setting: Setting, gain: Array | None) -> tuple[Answers, Systems]:
    """What needs answers, and the systems. `gain` is the one that the prior expects, None where no system is asked
    for."""
    system, folds, test = setting.question.system, setting.folds, setting.test
    by_name: dict[str, Measured] = {}
    prompt_only: list[Run] = []
    if gain is not None:
        alone = Right(test.weak, test.strong, np.zeros_like(test.weak))
        prompt_only = [run_prompt(value, gain, setting.costs, alone) for value in VALUES]
        by_name["prompt"] = _system(prompt_only, prompt_only, setting)
    if not setting.data.has_answers:
        return Answers({}, {}), Systems(by_name, {})
    fit, own = evidence(setting.data), own_lessons(setting)
    if gain is None or system in (None, "prompt"):
        return Answers(by_model(setting.data, crossed(fit, own, folds), test.groups), {}), Systems(by_name, {})
    by_text = nested(fit, own, folds)
    parts, right = beliefs(setting, by_text)
    for name in tuple(SYSTEMS) if system == "all" else (system,):
        runs = [run(SYSTEMS[name], value, parts, setting.costs, right) for value in VALUES]
        by_name[name] = _system(runs, prompt_only, setting)
    agreed = _agreed(setting, parts) if setting.question.second else {}
    rules = {value: _rules(value, setting, parts, right) for value in WORTHS}
    return Answers(by_model(setting.data, of_own_part(by_text, folds), test.groups), agreed), Systems(by_name, rules)


def _system(runs: Sequence[Run], prompt_only: Sequence[Run], setting: Setting) -> Measured:
    points = metrics.curve(*worth.settings(runs), setting.test.groups)
    return Measured(worth.of_system(runs, prompt_only, setting.test), tuple(dict.fromkeys(points)))


def _rules(value: float, setting: Setting, parts: Sequence[Part], right: Right) -> dict[str, Figures]:
    """The expected gain and each fixed cut, after the same weak answer; and how much more utility the gain brings."""
    costs, groups = setting.costs, setting.test.groups
    gain = run_gain(value, parts, costs, right)
    cuts = {f"fixed_{cut}": run_cut(cut, parts, costs, right) for cut in CUTS}
    return {
        "expected_gain": worth.of_run(gain, value, groups),
        **{name: worth.of_run(one, value, groups) for name, one in cuts.items()},
        "over": {name: worth.utility_difference(gain, one, value, groups) for name, one in cuts.items()},
    }


def by_model(data: Dataset, log_odds: Array, groups: Groups | None) -> dict[str, Figures]:
    """What the evidence is worth on each model's answers; `log_odds` has one row for each, as `turns.evidence`."""
    answers, found = gather(data), {}
    for model, column in zip(answers.models, log_odds, strict=True):
        there = np.flatnonzero(np.isfinite(column))
        own = None if groups is None else [groups[at] for at in there.tolist()]
        scores = np.array(answers.scores[model])[there]
        found[model] = worth.of_confidence(probability(column[there]), scores, told=True, groups=own)
    return found


def _agreed(setting: Setting, parts: Sequence[Part]) -> Figures:
    confidence = np.empty(len(setting.data.prompts))
    for rows, believed in parts:
        confidence[rows] = believed.after_second.weak
    return worth.of_confidence(confidence, setting.test.weak, told=True, groups=setting.test.groups)
