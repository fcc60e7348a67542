"""The hard rules once more, written from the documents and without a look at the code: what may be asked, and why not.

Imports nothing of `routing.decision` but its data.
"""

from __future__ import annotations

import re

from routing.analysis.features import Features
from routing.decision.model import Snapshot
from routing.policy.model import Policy, Route, Selector
from routing.registry.model import Model

STRENGTH = ["none", "seed", "strong"]


def named_by(pattern: str, model: Model, policy: Policy) -> bool:
    for alias, target in policy.aliases:
        if alias == pattern:
            pattern = target
            break
    glob = re.compile(re.escape(pattern).replace(r"\*", ".*"))
    return bool(glob.fullmatch(model.id) or glob.fullmatch(model.name))


def route_for(features: Features, policy: Policy, snapshot: Snapshot) -> Route:
    """The only rule that is generated looks at the time that is left."""
    name = "quick" if policy.rules and snapshot.budget.time_left_s < 10.0 else policy.default_route
    return {route.name: route for route in policy.routes}[name]


def most_output(features: Features, route: Route) -> int:
    room = max(512, features.output_tokens * 2)
    return room if route.max_output_tokens is None else min(room, route.max_output_tokens)


def worst_nusd(features: Features, model: Model, policy: Policy, route: Route) -> int:
    """1.5 × the input and all the output, each rounded up to a nano-dollar."""
    tokens_in = features.input_tokens * 3 // 2
    tokens_out = written(most_output(features, route), model)
    if model.price is None:
        return ceil_div((tokens_in + tokens_out) * policy.assumed_nusd_per_mtok)
    price = model.price
    return ceil_div(tokens_in * price.input_nusd_per_mtok) + ceil_div(tokens_out * price.output_nusd_per_mtok)


def written(answer: int, model: Model) -> int:
    """What a model may write, its thoughts among it."""
    thoughts = 2_048 if "reasoning" in model.capabilities else 0
    return min(answer + thoughts, model.max_output)


def ceil_div(product: int) -> int:
    return (product + 999_999) // 1_000_000


def latency_s(features: Features, model: Model) -> float:
    return round(model.first_token_s + features.output_tokens / model.tokens_per_s, 3)


def rung_of(model: Model, route: Route, policy: Policy) -> int | None:
    for index, rung in enumerate(route.ladder):
        if any(selects(selector, model, policy) for selector in rung.selectors):
            return index
    return None


def selects(selector: Selector, model: Model, policy: Policy) -> bool:
    if selector.provider is not None:
        wanted = selector.provider.lstrip("!")
        fits = model.provider.startswith(wanted[:-1]) if wanted.endswith("*") else model.provider == wanted
        if fits == selector.provider.startswith("!"):
            return False
    right_tier = selector.tier in (None, model.tier)
    return right_tier and (selector.model is None or named_by(selector.model, model, policy))


def violated(features: Features, policy: Policy, snapshot: Snapshot, model: Model) -> set[str]:
    """The kind of every hard rule that the model breaks."""
    route, needs, budget = route_for(features, policy, snapshot), features.needs, snapshot.budget
    require, broken = route.require, set()
    worst = worst_nusd(features, model, policy, route)

    def check(kind: str, holds: bool) -> None:
        if not holds:
            broken.add(kind)

    check("pin", snapshot.pin is None or named_by(snapshot.pin, model, policy))
    if require.lifecycle:
        check("lifecycle", model.lifecycle in require.lifecycle)
    elif snapshot.pin is None:
        check("lifecycle", model.lifecycle != "deprecated")
    wanted = {"tools"} if needs.tools else set()
    wanted |= {"vision"} if needs.vision else set()
    refused = {one for name, one in snapshot.health.refused if name == model.id}
    able = model.capabilities - refused
    check("capability", wanted <= able and (not needs.json or bool(able & {"json", "json_schema"})))
    goes_in = needs.context_tokens - needs.answer_tokens
    check("context", model.context_window >= goes_in + written(needs.answer_tokens, model))
    regions = {needs.region, require.region} - {None}
    check("region", model.local or all(model.region == region for region in regions))
    check("local", model.local or not (needs.local_only or require.local))
    for left_over in snapshot.health.limits:
        if left_over.model == model.id:
            tokens = (
                features.input_tokens if left_over.kind.endswith("tokens") and "output" not in left_over.kind else 1
            )
            check("rate_limit", left_over.remaining >= tokens)
    promised = STRENGTH.index(model.determinism)
    wished = [
        require.determinism or "none",
        *(["seed"] if needs.seed else []),
        *(["strong"] if needs.determinism else []),
    ]
    repeats = max(map(STRENGTH.index, wished))
    check("determinism", promised >= repeats and (repeats == 0 or not refused & {"temperature", "seed"}))
    check("retention", model.local or require.retention is None or model.retention == "none")
    check("gone", model.id not in snapshot.health.gone)
    resting = {(one.provider, one.model) for one in snapshot.health.closed}
    check("breaker", not resting & {(model.provider, None), (model.provider, model.id)})
    amounts = [budget.request_credit_nusd, *([] if route.credit_nusd is None else [route.credit_nusd])]
    check("request_credit", all(worst <= credit for credit in amounts))
    left = budget.simulated_day_left_nusd if model.simulated else budget.day_left_nusd
    check("day_cap", left is None or worst <= left)
    own_s = route.timeouts.total_s if features.latency == "batch" else 0.0
    times = [max(budget.time_left_s, own_s), *([] if route.time_budget_s is None else [route.time_budget_s])]
    check("time", latency_s(features, model) <= min(times))
    return broken


def passes(broken: set[str], model: Model, snapshot: Snapshot) -> bool:
    """Whether nothing keeps the model out but a breaker that will open by itself."""
    resting = [
        one for one in snapshot.health.closed if one.provider == model.provider and one.model in (None, model.id)
    ]
    return broken <= {"breaker"} and all(one.again_in_s is not None and not one.announced for one in resting)
