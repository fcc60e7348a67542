"""The strategy that is always there: the policy's rules as written, and what is usual of models on such work."""

from __future__ import annotations

from routing.policy.match import match
from routing.strategies.contract import Ask, Question, Word

UNKNOWN = 0.9
"""From this novelty on, a request that matches no known pattern."""
_UNSURE = 0.6
_STRANGE = 0.7
"""A weaker model is thought this much less likely to do well with what nobody knows: of what it lacks to the best."""


class Rules:
    """The rule that chose the route, and the usual qualities. What is like nothing before, and of no kind that is sure,
    goes up: what is usual of the weaker models is not counted on there."""

    def known(self, question: Question) -> Word:
        features, policy = question.features, question.world.policy
        rule = match(policy.rules, features, question.snapshot.budget.time_left_s)
        evidence = "no rule applies: the default route" if rule is None else f"rule “{rule.name}”"
        if features.novelty < UNKNOWN or features.task_p >= _UNSURE:
            return Word(evidence)
        usual = {one.model: one.quality for one in question.plan.candidates}
        best = max(usual.values(), default=0.0)
        strange = {model: p * (1 - _STRANGE * (best - p)) for model, p in usual.items()}
        return Word(f"{evidence}; like nothing before, and of no clear kind", strange)

    async def advise(self, question: Question, ask: Ask) -> Word:
        del ask
        return self.known(question)
