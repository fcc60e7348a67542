"""Several data sets as one, and the models of a tier as one: what is taught by them holds for models that are in no
data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from routing.errors import ConfigurationError, Problem
from routing.evaluation.datasets import Dataset, Outcome
from routing.evaluation.rows import DataError, shown
from routing.policy.lines import read_tree
from routing.policy.mistakes import nearest
from routing.small_files import read_small

Tiers = Mapping[str, Sequence[str]]
"""By tier the models that stand in it."""


def read_tiers(path: Path) -> Tiers:
    """YAML: each tier with a list of names of models. Raises ConfigurationError."""
    try:
        tree = read_tree(read_small(path), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(path), None, f"cannot be read: {reason}"),)) from None
    problems = [Problem(str(path), tree.line(found.at), f"{found.what};", found.instead) for found in tree.mistakes]
    if not isinstance(tree.data, dict) or not tree.data:
        problems.append(Problem(str(path), None, "names no tier;", "write a tier and its models: “small: [NAME]”"))
        raise ConfigurationError(tuple(problems))
    named: dict[str, str] = {}
    for tier, models in tree.data.items():
        line = tree.line((tier,))
        if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
            problems.append(Problem(str(path), line, f"{shown(tier)} has no list of models;", "write “[NAME, NAME]”"))
            continue
        for model in models:
            if named.setdefault(model, tier) != tier:
                what = f"{shown(model)} stands in {shown(named[model])} and in {shown(tier)};"
                problems.append(Problem(str(path), line, what, "keep one"))
    if problems:
        raise ConfigurationError(tuple(problems))
    return {tier: tuple(models) for tier, models in tree.data.items()}


def pooled(sets: Sequence[Dataset], tiers: Tiers | None) -> Dataset:
    """The prompts of all sets, each with its set's name as `set`. With `tiers` these are its models: a tier's score is
    the mean of those of its models that answered. Raises DataError where two sets have one name, and where a tier's
    model is in none of them."""
    names = [one.name for one in sets]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{name}: stands twice among the data; name each file once")
    models = tuple(dict.fromkeys(model for one in sets for model in one.models))
    for model in (model for members in (tiers or {}).values() for model in members):
        if model not in models:
            raise DataError(f"there is no model {shown(model)} in {', '.join(names)}; {nearest(model, models)}")
    by_name = tiers or {model: (model,) for model in models}
    prompts = tuple(
        replace(prompt, set=one.name, fields={**prompt.fields, "set": one.name})
        for one in sets
        for prompt in one.prompts
    )
    outcomes = {
        name: tuple(outcome for one in sets for outcome in _of_set(one, members)) for name, members in by_name.items()
    }
    return Dataset(", ".join(names), prompts, outcomes)


def standing(sets: Sequence[Dataset], tiers: Tiers) -> dict[str, dict[str, dict[str, float]]]:
    """By tier and set each model's mean score, and under “none” those of the models that stand in no tier."""
    members = {model: tier for tier, models in tiers.items() for model in models}
    found: dict[str, dict[str, dict[str, float]]] = {tier: {} for tier in (*tiers, "none")}
    for one in sets:
        for model, column in one.outcomes.items():
            mean = fmean(outcome.score for outcome in column if outcome is not None)
            found[members.get(model, "none")].setdefault(one.name, {})[model] = round(mean, 3)
    return found


def _of_set(data: Dataset, members: Sequence[str]) -> Sequence[Outcome | None]:
    columns = [data.outcomes[model] for model in members if model in data.outcomes]
    if not columns:
        return [None] * len(data.prompts)
    if len(members) == 1:
        return columns[0]
    return [_mean([outcome for outcome in row if outcome is not None]) for row in zip(*columns, strict=True)]


def _mean(outcomes: Sequence[Outcome]) -> Outcome | None:
    return Outcome(fmean(outcome.score for outcome in outcomes)) if outcomes else None
