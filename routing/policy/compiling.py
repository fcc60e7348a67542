"""From a file that was read whole to the frozen policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from routing.money import parse_usd
from routing.policy.conditions import in_words
from routing.policy.ladders import compile_ladder
from routing.policy.model import (
    ClassCap,
    Context,
    Hedging,
    Policy,
    PremiumShare,
    ProfileCaps,
    Requirements,
    Route,
    Rule,
    Timeouts,
    When,
)

if TYPE_CHECKING:
    from routing.policy.schema import CapsDocument, Condition, PolicyDocument, RouteDocument, RuleDocument


def compile_policy(
    document: PolicyDocument, rules: Mapping[int, RuleDocument], routes: Mapping[str, RouteDocument]
) -> Policy:
    """The policy, with the hash of what it says. Every part must be free of mistakes."""
    caps = document.caps
    policy = Policy(
        id=document.id,
        title=document.title,
        rules=tuple(rule for index in sorted(rules) for rule in compile_rule(rules[index])),
        routes=tuple(_route(name, routes, document.aliases) for name in routes),
        default_route=document.default,
        value_nusd=parse_usd(document.value_usd),
        second_nusd=parse_usd(document.second_usd),
        request_credit_nusd=parse_usd(caps.request_usd),
        day_cap_nusd=_nusd(caps.day_usd),
        request_s=document.request_s,
        assumed_nusd_per_mtok=parse_usd(document.assumed_usd_per_mtok),
        aliases=tuple(document.aliases.items()),
        hash="",
        caps=_caps(caps),
        hedging=Hedging(document.hedge.max_share, document.hedge.min_s),
        throttle=document.throttle,
        personal=document.personal,
        context=Context(document.context.budget_tokens, document.context.keep_turns, document.context.old),
        answer_tokens=tuple(sorted(document.answer_tokens.items())),
        strategy=document.strategy,
        second_opinion=document.second_opinion,
    )
    return replace(policy, hash=content_hash(policy))


def content_hash(policy: Policy) -> str:
    """The first 12 hex digits of the SHA-256 of what it says, in whatever order it names its routes."""
    content = asdict(policy)
    del content["hash"]
    content["routes"] = sorted(content["routes"], key=lambda route: str(route["name"]))
    content["aliases"] = sorted(content["aliases"])
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def compile_rule(document: RuleDocument) -> tuple[Rule, ...]:
    """One rule, or one for each alternative of its `any`, in their order."""
    shared = _when(document.when)
    options = [_when(option, shared) for option in document.when.any or ()] or [shared]
    return tuple(Rule(document.name or in_words(when), when, document.route) for when in options)


def _when(condition: Condition, shared: When | None = None) -> When:
    """The condition; a field that it leaves open is as in `shared`."""
    tags = [(key, value) for key, values in (condition.tags or {}).items() for value in values]
    stated = When(
        task=tuple(condition.task or ()),
        complexity=condition.complexity,
        multi_step=condition.multi_step,
        risk=tuple(condition.risk or ()),
        input_tokens=condition.input_tokens,
        tools=condition.tools,
        language=tuple(condition.language or ()),
        format=tuple(condition.format or ()),
        tags=tuple(tags),
        user_tier=tuple(condition.user_tier or ()),
        latency=tuple(condition.latency or ()),
        time_budget_s=condition.time_budget_s,
        novelty=condition.novelty,
    )
    if shared is None:
        return stated
    own = {key: getattr(stated, key) for key in condition.model_fields_set}
    return replace(shared, **own)


def _nusd(usd: float | None) -> int | None:
    return None if usd is None else parse_usd(usd)


def _caps(document: CapsDocument) -> ProfileCaps:
    premium = document.premium_share
    return ProfileCaps(
        attempts=document.request_attempts,
        session_nusd=_nusd(document.session_usd),
        warn_at=tuple(sorted(document.warn_at)),
        premium=None if premium is None else PremiumShare(premium.max, premium.floor),
        providers=tuple((name, parse_usd(usd)) for name, usd in sorted(document.providers.items())),
        classes=tuple(ClassCap(one.task, parse_usd(one.day_usd), one.tier, one.model) for one in document.classes),
    )


def _route(name: str, routes: Mapping[str, RouteDocument], aliases: Mapping[str, str]) -> Route:
    document = routes[name]
    require, timeouts = document.require, document.timeouts
    return Route(
        name=name,
        ladder=compile_ladder(name, routes, aliases),
        mode=document.mode,
        floor=document.floor,
        time_budget_s=document.time_budget_s,
        credit_nusd=_nusd(document.cost_ceiling_usd),
        retries=document.retries,
        timeouts=Timeouts(timeouts.connect_s, timeouts.first_token_s, timeouts.idle_s, timeouts.total_s),
        temperature=document.temperature,
        max_output_tokens=document.max_output_tokens,
        require=Requirements(
            determinism=require.determinism,
            retention=require.retention,
            local=require.local,
            region=require.region,
            lifecycle=tuple(require.lifecycle or ()),
        ),
        degraded_text=document.degraded.strip(),
        invalid=document.invalid,
        declined=document.declined,
        broken=document.broken,
        cut=document.cut,
        day_nusd=_nusd(document.day_usd),
        success_nusd=_nusd(document.cost_per_success_usd),
    )
