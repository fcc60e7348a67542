"""A strategy's word about a request, made into advice: which rung of the ladder comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.analysis.features import Features
from routing.decision.decide import decide
from routing.decision.gains import call_of
from routing.decision.model import Advice, Decision, Snapshot, World
from routing.decision.worth import best_start
from routing.messages import Request
from routing.setup import Setup
from routing.strategies.contract import Ask, Question, Strategy, Word
from routing.strategies.rules import Rules
from routing.trace import Trace

RULES = "rules"
_RULES = Rules()
_UNTOLD = 0.5
"""The most that a prompt is called new where there is little to compare it with."""


@dataclass(frozen=True, slots=True)
class Advised:
    """`features` are those that count, `advice` what was said, and `plan` what would be decided without it."""

    features: Features
    advice: Advice
    plan: Decision


def ask_about(request: Request, features: Features, world: World, snapshot: Snapshot) -> Question:
    """The question, with the plan that is made without any advice."""
    return Question(request, features, world, snapshot, decide(features, world, replace(snapshot, advice=())))


def preview(question: Question, strategies: Mapping[str, Strategy], name: str) -> Advised:
    """What the strategy says without asking anybody."""
    strategy = strategies.get(name)
    return _advised(question, name, None if strategy is None else strategy.known(question), _UNASKED)


async def advise(question: Question, strategies: Mapping[str, Strategy], ask: Ask) -> Advised:
    """What the policy's strategy says. A request that names its model is not thought about."""
    name = question.world.policy.strategy
    strategy = strategies.get(name) if question.snapshot.pin is None else None
    return _advised(question, name, None if strategy is None else await strategy.advise(question, ask), _SILENT)


def settled(advised: Advised, world: World, snapshot: Snapshot) -> tuple[Snapshot, Decision]:
    """The snapshot with the advice, and the decision that it leads to: the plan itself where the advice is to begin
    where the plan does."""
    snapshot = replace(snapshot, advice=(advised.advice,))
    return snapshot, decide(advised.features, world, snapshot) if advised.advice.first_rung else advised.plan


def paid(advised: Advised, heard: Sequence[Trace]) -> Advised:
    """With the turns of their own that it took, where it took any."""
    if not heard:
        return advised
    cost, simulated = sum(one.spend_nusd for one in heard), all(one.simulated for one in heard)
    advice = replace(advised.advice, turn=heard[-1].turn, cost_nusd=cost, simulated=simulated)
    return replace(advised, advice=advice)


async def compared(features: Features, request: Request, setup: Setup) -> Features:
    """With what the requests so far say of its novelty, which is looked for in a thread."""
    if setup.novelty is None:
        return with_novelty(features, None)
    return with_novelty(features, await asyncio.to_thread(setup.novelty, request.written))


def with_novelty(features: Features, found: float | None) -> Features:
    """`found` is the distance to the nearest request so far; None: too few to tell."""
    return replace(features, novelty=round(min(features.novelty, _UNTOLD if found is None else found), 3))


def _advised(question: Question, name: str, word: Word | None, silent: Mapping[str, str]) -> Advised:
    if word is None and name != RULES:
        rules = _advised(question, RULES, None, silent)
        return replace(rules, advice=replace(rules.advice, evidence=f"{rules.advice.evidence}; {silent[name]}"))
    word = word or _RULES.known(question)
    features, plan = question.features, question.plan
    if word.features is not None and word.features != features:
        features = word.features
        plan = decide(features, question.world, question.snapshot)
    advice = Advice(
        strategy=name,
        first_rung=_first_rung(plan, word.quality, question.world),
        evidence=word.evidence,
        quality=tuple(sorted((model, round(p, 4)) for model, p in word.quality.items())),
        turn=word.turn,
    )
    return Advised(features, advice, plan)


_SILENT = {
    "classifier": "the classifier was not asked, as nothing hangs on it, or did not answer",
    "neighbours": "nothing like it was asked before",
    "learned": "the trained router knows none of these models",
}
_UNASKED = _SILENT | {"classifier": "the classifier is asked nothing before the prompt is sent"}


def _first_rung(plan: Decision, quality: Mapping[str, float], world: World) -> int:
    """The rung of the route to begin on; where nothing is said of qualities, the ladder is climbed as it is written.
    Pressure has no say: it must never make the first model a dearer one."""
    if not quality or plan.mode != "cascade" or not plan.ladder:
        return 0
    firsts = [plan.candidate(rung.models[0]) for rung in plan.ladder]
    calls = [call_of(one, world.policy, quality=quality.get(one.model)) for one in firsts]
    start = best_start(calls, world.policy.value_nusd)
    return max(0, firsts[start].rung) if start else 0
