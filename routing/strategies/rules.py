"""The strategy that is always there: the policy's rules as written. It costs nothing and starts at the first rung."""

from __future__ import annotations

from routing.analysis.features import Features
from routing.decision.model import Advice
from routing.policy.match import match
from routing.policy.model import Policy


def advise(features: Features, policy: Policy, time_budget_s: float) -> Advice:
    """The route's own first rung, on the evidence of the rule that chose the route."""
    rule = match(policy.rules, features, time_budget_s)
    evidence = "no rule applies: the default route" if rule is None else f"rule “{rule.name}”"
    return Advice("rules", 0, evidence)
