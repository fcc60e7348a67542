"""What each prompt is, and which tier it needs: the one on which a policy would begin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from routing.analysis.analyse import CONTEXT_MARGIN, analyse
from routing.analysis.features import Features
from routing.evaluation.traffic.asked import Asked
from routing.messages import ask
from routing.policy.match import match
from routing.policy.model import Policy
from routing.registry.model import UNRANKED


@dataclass(frozen=True, slots=True)
class Need:
    """A prompt, what it is, and the tier whose models would be asked first. That is an estimate: nobody has looked at
    how well one of them answers."""

    asked: Asked
    features: Features
    tier: str


def needs(prompts: Iterable[Asked], policy: Policy) -> list[Need]:
    """What each prompt needs by the rules of a policy. Takes about a millisecond for each."""
    found = []
    for asked in prompts:
        features = features_of(asked)
        found.append(Need(asked, features, first_tier(features, policy)))
    return found


def features_of(asked: Asked) -> Features:
    """As analysed, but with the tokens that are known; what is read beyond the prompt is the chat before it."""
    features = analyse(ask(asked.text))
    read = features.input_tokens if asked.input_tokens is None else asked.input_tokens
    before = round(CONTEXT_MARGIN * max(0, read - features.input_tokens))
    return replace(
        features,
        input_tokens=read,
        output_tokens=features.output_tokens if asked.output_tokens is None else asked.output_tokens,
        needs=replace(features.needs, context_tokens=features.needs.context_tokens + before, history_tokens=before),
    )


def first_tier(features: Features, policy: Policy) -> str:
    """The tier of the first rung of the route that the rules name."""
    rule = match(policy.rules, features, policy.request_s)
    route = policy.route(rule.route if rule else policy.default_route)
    tiers = (selector.tier for selector in route.ladder[0].selectors)
    return next((tier for tier in tiers if tier), UNRANKED)
