"""Whether it is worth asking: what the classifier's word could change, against what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from routing.analysis.analyse import analyse
from routing.analysis.features import Features, Risk, TaskClass
from routing.decision.decide import decide
from routing.decision.model import Candidate, Decision
from routing.messages import Request
from routing.policy.match import holds, match
from routing.policy.model import Range, When
from routing.strategies.classifier.classification import RISKS
from routing.strategies.classifier.prompt import USUAL_TOKENS
from routing.strategies.contract import Question

_A_LITTLE = 1e-6
_CALLS = 2
_ONE_CALL = 0.75
"""Of a turn's time, what a call may take, so that another can follow."""


def worthwhile(question: Question, asked: Request) -> Request | None:
    """The request for a classification, if more may hang on the answer than it costs; None where that is not so and
    where nobody may be asked. Its money is enough for two calls of the model that is expected to answer, so that no
    dear one stands in for it."""
    first = _first_asked(question, asked)
    if first is None:
        return None
    policy, pressure = question.world.policy, question.snapshot.budget.pressure
    price = first.cost_nusd * (1 + pressure) + policy.second_nusd * first.latency_s
    if not any(_gap_nusd(question.plan, outcome) > price for outcome in _outcomes(question)):
        return None
    credit = min(asked.limits.credit_nusd or 0, _CALLS * first.worst_nusd)
    return replace(asked, limits=replace(asked.limits, credit_nusd=credit))


def _first_asked(question: Question, asked: Request) -> Candidate | None:
    """The model that is expected to answer, in the time that one call of several may take; None: there is none."""
    snapshot, limits = question.snapshot, asked.limits
    budget = replace(
        snapshot.budget, request_credit_nusd=limits.credit_nusd or 0, time_left_s=_ONE_CALL * (limits.total_s or 0.0)
    )
    plain = replace(snapshot, budget=budget, advice=(), nudge=asked.nudge)
    decision = decide(replace(analyse(asked), output_tokens=USUAL_TOKENS), question.world, plain)
    return None if decision.chosen is None else decision.candidate(decision.chosen)


def _outcomes(question: Question) -> Iterator[Decision]:
    """What would be decided on each route that some reading leads to, with the easiest and the hardest of them."""
    readings: dict[str, list[Features]] = {}
    for reading in _readings(question):
        rule = match(question.world.policy.rules, reading, question.snapshot.budget.time_left_s)
        readings.setdefault(question.world.policy.default_route if rule is None else rule.route, []).append(reading)
    plain = replace(question.snapshot, advice=())
    for group in readings.values():
        yield decide(min(group, key=_hardness), question.world, plain)
        yield decide(max(group, key=_hardness), question.world, plain)


def _gap_nusd(plan: Decision, other: Decision) -> float:
    """What the two first models differ by in worth, for the request as the other decision reads it."""
    if plan.chosen is None or other.chosen is None or other.chosen == plan.chosen:
        return 0.0
    worth = {one.model: one.utility_nusd for one in other.candidates}
    usual = worth.get(plan.chosen, plan.candidate(plan.chosen).utility_nusd)
    return abs(worth[other.chosen] - usual)


def _readings(question: Question) -> Iterator[Features]:
    """What the classifier could make of the request: of each task the easiest and the hardest, and what meets each
    rule's condition, where anything does."""
    features = question.features
    for task in TaskClass:
        yield replace(features, task=task, complexity=0.0)
        yield replace(features, task=task, complexity=1.0, risk=Risk.HIGH)
    for rule in question.world.policy.rules:
        reading = _meeting(rule.when, features)
        if holds(rule.when, reading, question.snapshot.budget.time_left_s):
            yield reading


def _meeting(when: When, features: Features) -> Features:
    """The features with what a classifier may say for the condition said."""
    found = features
    if when.task and features.task not in when.task:
        found = replace(found, task=TaskClass(when.task[0]))
    if when.complexity is not None:
        found = replace(found, complexity=_within(when.complexity, features.complexity))
    if when.risk and features.risk not in when.risk:
        above = [risk for risk in RISKS[RISKS.index(features.risk) :] if risk in when.risk]
        found = replace(found, risk=above[0] if above else features.risk)
    if when.latency:
        found = replace(found, latency="batch" if "batch" in when.latency else features.latency)
    return found


def _within(wanted: Range, own: float) -> float:
    """A complexity that the condition takes: the router's own, or else the nearest bound."""
    if wanted.holds(own):
        return own
    low = wanted.at_least if wanted.more_than is None else wanted.more_than + _A_LITTLE
    high = wanted.at_most if wanted.less_than is None else wanted.less_than - _A_LITTLE
    raised = own if low is None else max(own, low)
    return raised if high is None else min(raised, high)


def _hardness(features: Features) -> tuple[float, int]:
    return features.complexity, RISKS.index(features.risk)
