"""An evaluation as one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from routing.evaluation.figures import SEED
from routing.evaluation.metrics import Point
from routing.evaluation.report import CHOSEN, WORTH, Evaluation, Measured
from routing.evaluation.worth import Figures


def document(found: Evaluation) -> dict[str, Any]:
    """Every figure as `{value, low, high, n}`, null where it is undefined. The chosen strategy's stand at the top too;
    over them lie those of the evidence in the weak model's answers, where there are any, and of the chosen system."""
    setting = found.setting
    question, costs = setting.question, setting.costs
    return {
        "data": setting.data.name,
        "train": setting.source.name if question.train else None,
        "rows": len(setting.data.prompts),
        "weak": setting.weak,
        "strong": setting.strong,
        "second": question.second,
        "trained_on": dict(zip(("weak", "strong"), setting.taught_pair, strict=True)),
        "folds": setting.folds.how,
        "seed": SEED,
        "ratio": costs.ratio,
        "second_ratio": costs.second_ratio,
        "costs": costs.how,
        "strategy": chosen_strategy(found),
        "system": question.system,
        **{name: _figures(figures) for name, figures in found.bounds.items()},
        "random": _figures(found.strategies["random"].figures),
        "strategies": {name: _measured(one) for name, one in found.strategies.items()},
        "systems": {name: _measured(one) for name, one in found.systems.by_name.items()},
        "escalation": _escalation(found),
        "answers": {model: _figures(figures) for model, figures in found.answers.by_model.items()},
        "agreement": _figures(found.answers.agreed),
        **_figures(plain_figures(found)),
    }


def chosen_strategy(found: Evaluation) -> str:
    """The one whose figures stand for the whole."""
    asked = found.setting.question.strategy
    return CHOSEN if asked == "all" else asked


def plain_figures(found: Evaluation) -> Figures:
    """Those that stand at the top, under their plain names."""
    system = found.setting.question.system
    by_model = found.answers.by_model if chosen_strategy(found) == CHOSEN else {}
    return {
        **found.strategies[chosen_strategy(found)].figures,
        **by_model.get(found.setting.weak, {}),
        **(found.systems.by_name[system].figures if system else {}),
    }


def _measured(one: Measured) -> dict[str, Any]:
    return {**_figures(one.figures), "curve": _curve(one.curve)}


def _curve(points: Iterable[Point]) -> list[dict[str, Any]]:
    return [{"cost": point.cost, "quality": asdict(point.quality)} for point in points]


def _figures(figures: Figures) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _escalation(found: Evaluation) -> dict[str, Any]:
    """The rules at the usual value of a right answer; `by_value` has them at each."""
    by_value = found.systems.escalation
    if not by_value:
        return {}
    told = {value: _rules(rules) for value, rules in by_value.items()}
    return {"worth": WORTH, **told[WORTH], "by_worth": {f"{value:g}": rules for value, rules in told.items()}}


def _rules(rules: Mapping[str, Figures]) -> dict[str, Any]:
    return {name: _figures(figures) for name, figures in rules.items()}
