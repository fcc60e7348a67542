"""The hard rules once more, written from the documents and without a look at the code: what may be asked, and why not.

Imports nothing of `routing.decision` but its data.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from routing.analysis.features import Features
from routing.decision.model import BudgetView, Pattern, Snapshot, World
from routing.policy.model import ClassCap, Policy, Route, Selector
from routing.registry.model import Model

STRENGTH = ["none", "seed", "strong"]
CAPS = frozenset({"session_cap", "provider_cap", "premium_cap", "class_cap", "route_cap"})
MONEY = CAPS | {"request_credit", "day_cap", "throttle"}
PASSING = frozenset({"breaker", "pattern"})
"""What keeps a model out only while somebody else may be asked."""


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


def most_output(features: Features, policy: Policy, route: Route, budget: BudgetView) -> int:
    """Twice what is expected, at least 512; from step 3 of the throttle on half of it where risk is low."""
    most = [max(512, features.output_tokens * 2)]
    if budget.throttle >= 3 and features.risk == "low":
        most = [max(256, most[0] // 2)]
    most += [tokens for task, tokens in policy.answer_tokens if task == features.task]
    most += [] if route.max_output_tokens is None else [route.max_output_tokens]
    return min(most)


def worst_nusd(features: Features, model: Model, policy: Policy, route: Route, budget: BudgetView) -> int:
    """1.5 × the input and all the output, each rounded up to a nano-dollar."""
    tokens_in = features.input_tokens * 3 // 2
    tokens_out = written(most_output(features, policy, route, budget), model)
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


def without_history(features: Features) -> Features:
    """What remains when the whole chat is left out."""
    needs = features.needs
    alone = replace(needs, context_tokens=needs.context_tokens - needs.history_tokens, history_tokens=0)
    return replace(features, needs=alone)


def violated(
    features: Features, policy: Policy, snapshot: Snapshot, model: Model, known: tuple[Pattern, ...]
) -> set[str]:
    """The kind of every hard rule that the model breaks; `known` is what models got wrong before."""
    return {
        *_unfit(features, policy, snapshot, model),
        *_away(features, snapshot, model),
        *_unwanted(features, snapshot, model, known),
        *_dear(features, policy, snapshot, model),
    }


def _unfit(features: Features, policy: Policy, snapshot: Snapshot, model: Model) -> set[str]:
    """What the model cannot do, or may not by its nature."""
    route, needs = route_for(features, policy, snapshot), features.needs
    require = route.require
    wanted = {"tools"} if needs.tools else set()
    wanted |= {"vision"} if needs.vision else set()
    refused = {one for name, one in snapshot.health.refused if name == model.id}
    able = model.capabilities - refused
    regions = {needs.region, require.region} - {None}
    promised = STRENGTH.index(model.determinism)
    wished = [
        require.determinism or "none",
        *(["seed"] if needs.seed else []),
        *(["strong"] if needs.determinism else []),
    ]
    repeats = max(map(STRENGTH.index, wished))
    stages = require.lifecycle or (() if snapshot.pin is not None else ("managed", "experimental"))
    goes_in = needs.context_tokens - needs.answer_tokens
    holds = {
        "pin": snapshot.pin is None or named_by(snapshot.pin, model, policy),
        "lifecycle": not stages or model.lifecycle in stages,
        "capability": wanted <= able and (not needs.json or bool(able & {"json", "json_schema"})),
        "context": model.context_window >= goes_in + written(needs.answer_tokens, model),
        "region": model.local or all(model.region == region for region in regions),
        "local": model.local or not (needs.local_only or require.local),
        "determinism": promised >= repeats and (repeats == 0 or not refused & {"temperature", "seed"}),
        "retention": model.local or require.retention is None or model.retention == "none",
    }
    return {kind for kind, fine in holds.items() if not fine}


def _away(features: Features, snapshot: Snapshot, model: Model) -> set[str]:
    """What keeps the model from answering just now."""
    resting = {(one.provider, one.model) for one in snapshot.health.closed}
    found = {"gone"} if model.id in snapshot.health.gone else set()
    if resting & {(model.provider, None), (model.provider, model.id)}:
        found.add("breaker")
    for left_over in snapshot.health.limits:
        of_input = left_over.kind.endswith("tokens") and "output" not in left_over.kind
        if left_over.model == model.id and left_over.remaining < (features.input_tokens if of_input else 1):
            found.add("rate_limit")
    return found


def _unwanted(features: Features, snapshot: Snapshot, model: Model, known: tuple[Pattern, ...]) -> set[str]:
    """What the model is known to get wrong, of what is asked here; a pin asks for it all the same."""
    asked = {
        "format": features.response_format,
        "language": features.language,
        "length": features.task,
        "refusal": features.task,
    }
    wrong = any(one.model == model.id and asked[one.kind] == one.subject for one in known)
    return {"pattern"} if wrong and snapshot.pin is None else set()


def _dear(features: Features, policy: Policy, snapshot: Snapshot, model: Model) -> set[str]:
    """The caps, the throttle and the time that do not allow a call."""
    route, budget = route_for(features, policy, snapshot), snapshot.budget
    worst, broken = worst_nusd(features, model, policy, route, budget), set()
    amounts = [budget.request_credit_nusd, *([] if route.credit_nusd is None else [route.credit_nusd])]
    if any(worst > credit for credit in amounts):
        broken.add("request_credit")
    left = budget.simulated_day_left_nusd if model.simulated else budget.day_left_nusd
    if left is not None and worst > left:
        broken.add("day_cap")
    own_s = route.timeouts.total_s if features.latency == "batch" else 0.0
    times = [max(budget.time_left_s, own_s), *([] if route.time_budget_s is None else [route.time_budget_s])]
    if latency_s(features, model) > min(times):
        broken.add("time")
    if worst == 0:
        return broken
    if budget.throttle == 5 or (budget.throttle == 4 and model.tier == "large"):
        broken.add("throttle")
    return broken | _capped(features, policy, snapshot, model, worst)


def _capped(features: Features, policy: Policy, snapshot: Snapshot, model: Model, worst: int) -> set[str]:
    """The profile's own caps that have no room for `worst` more."""
    caps, budget, route = policy.caps, snapshot.budget, route_for(features, policy, snapshot)
    sums = {(one.period, one.scope): one.nusd for one in budget.taken if one.simulated == model.simulated}

    def full(scope: str, most: int | Fraction, period: str = "day") -> bool:
        return sums.get((period, scope), 0) + worst > most

    found = set()
    if caps.session_nusd is not None and full("all", caps.session_nusd, "session"):
        found.add("session_cap")
    if any(full(f"provider:{name}", most) for name, most in caps.providers if name == model.provider):
        found.add("provider_cap")
    if caps.premium is not None and model.tier == "large":
        day = budget.simulated_day_cap_nusd if model.simulated else budget.day_cap_nusd
        whole = Fraction(policy.request_credit_nusd) if day is None else Fraction(caps.premium.floor) * day
        share = Fraction(caps.premium.most)
        if full("tier:large", share * max(whole, sums.get(("day", "all"), 0))):
            found.add("premium_cap")
    for cap in caps.classes:
        covers = of_class(cap, model, policy) and cap.task == features.task
        if covers and _class_nusd(cap, sums, policy) + worst > cap.day_nusd:
            found.add("class_cap")
    if route.day_nusd is not None and full(f"route:{policy.id}/{route.name}", route.day_nusd):
        found.add("route_cap")
    return found


def of_class(cap: ClassCap, model: Model, policy: Policy) -> bool:
    return cap.tier in (None, model.tier) and (cap.model is None or named_by(cap.model, model, policy))


def _class_nusd(cap: ClassCap, sums: dict[tuple[str, str], int], policy: Policy) -> int:
    """What the class has taken: of the models of a glob, each one's own."""
    if cap.model is None:
        tail = "" if cap.tier is None else f"/tier:{cap.tier}"
        return sums.get(("day", f"task:{cap.task}{tail}"), 0)
    found = 0
    for (period, scope), nusd in sums.items():
        task, _, model_id = scope.partition("/model:")
        if period == "day" and model_id and task == f"task:{cap.task}":
            provider, _, name = model_id.partition("/")
            found += nusd * named_by(cap.model, Model(model_id, provider, name, ""), policy)
    return found


def quality(features: Features, model: Model, world: World) -> float:
    """The prior weighs as much as twenty answers; complexity costs a model what it lacks; JSON may be no JSON."""
    kept, answered, valid, wanted = 0, 0, 0, 0
    for record in world.acceptance.records:
        if (record.model, record.task) == (model.id, features.task):
            kept, answered = record.kept, record.answered
    for formats in world.acceptance.formats:
        if formats.model == model.id:
            valid, wanted = formats.valid, formats.asked
    lacking = features.complexity * (1 - model.quality)
    found = (20 * model.quality + kept) / (20 + answered) * (1 - lacking)
    if features.response_format != "text":
        chance = 0.95 if "json" in model.capabilities else 0.8
        if features.response_format == "json_schema" and "json_schema" in model.capabilities:
            chance = 0.98
        found *= (20 * chance + valid) / (20 + wanted)
    return round(found, 4)


def allowed(features: Features, world: World, broken: dict[str, set[str]]) -> set[str]:
    """Who may be asked: whoever breaks no rule, and whoever is only known for an error and better than all of these
    and than all that nothing but money keeps out."""
    models = {model.id: model for model in world.registry.models}
    free = {model for model in models if not broken[model]}
    affordable = [model for model in models if broken[model] <= MONEY]
    best = max((quality(features, models[model], world) for model in affordable), default=0.0)
    wrong = {model for model in models if broken[model] == {"pattern"}}
    return free | {model for model in wrong if quality(features, models[model], world) > best}


def opens_s(model: Model, snapshot: Snapshot) -> float | None:
    """Seconds until nothing rests that the model needs; None when nobody knows, or the provider itself named them."""
    resting = [
        one for one in snapshot.health.closed if one.provider == model.provider and one.model in (None, model.id)
    ]
    if any(one.again_in_s is None or one.announced for one in resting):
        return None
    return max((one.again_in_s or 0.0 for one in resting), default=0.0)


def forgiven(broken: dict[str, set[str]], models: dict[str, Model], snapshot: Snapshot) -> set[str]:
    """Where nobody may be asked: those that only a pattern speaks against, or else who opens first."""
    waits = {one: opens_s(models[one], snapshot) for one in models if broken[one] <= PASSING}
    known = {one: wait for one, wait in waits.items() if wait is not None}
    now = {one for one, wait in known.items() if wait == 0}
    return now or set(sorted(known, key=lambda one: (known[one], one))[:1])


def hedge_after_s(features: Features, policy: Policy, snapshot: Snapshot, chosen: Model | None) -> float | None:
    """After the 95th percentile of what was seen, or thrice what is expected; never for a batch or a pin, nor while a
    spike is slowed."""
    wanted = features.latency == "interactive" and snapshot.pin is None and policy.hedging.max_share > 0
    if chosen is None or not wanted or snapshot.budget.throttle >= 2:
        return None
    p95 = dict(snapshot.health.first_token_p95_s)
    return max(policy.hedging.min_s, p95.get(chosen.id, 3 * chosen.first_token_s))
