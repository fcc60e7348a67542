"""Which rule holds for a request. Pure: what `decide()` asks first."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.analysis.features import Features
    from routing.policy.model import Range, Rule, When


def match(rules: Iterable[Rule], features: Features, time_budget_s: float | None) -> Rule | None:
    """The first rule that holds, or None. `time_budget_s` None: the request may take any time."""
    return next((rule for rule in rules if holds(rule.when, features, time_budget_s)), None)


def holds(when: When, features: Features, time_budget_s: float | None) -> bool:
    """Whether every field that the condition sets holds."""
    return (
        _among(when.task, features.task)
        and _in_range(when.complexity, features.complexity)
        and (when.multi_step is None or when.multi_step == features.multi_step)
        and _among(when.risk, features.risk)
        and _in_range(when.input_tokens, features.input_tokens)
        and _in_range(when.tools, features.needs.tools)
        and (not when.language or any(_speaks(features.language, wanted) for wanted in when.language))
        and _among(when.format, features.response_format)
        and _tagged(when, features)
        and _among(when.user_tier, features.user_tier)
        and _among(when.latency, features.latency)
        and _in_range(when.novelty, features.novelty)
        and _in_range(when.time_budget_s, math.inf if time_budget_s is None else time_budget_s)
    )


def _among(wanted: Collection[str], value: str) -> bool:
    return not wanted or value in wanted


def _in_range(wanted: Range | None, value: float) -> bool:
    return wanted is None or wanted.holds(value)


def _speaks(language: str, wanted: str) -> bool:
    """Basic filtering of RFC 4647: `en` takes `en-GB`, not the other way round."""
    return f"{language}-".lower().startswith(f"{wanted}-".lower())


def _tagged(when: When, features: Features) -> bool:
    """Every tag that is named must be there, with one of the values named for it."""
    kept = set(features.tags) & set(when.tags)
    return {key for key, _ in kept} == {key for key, _ in when.tags}
