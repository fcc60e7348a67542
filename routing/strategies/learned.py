"""The trained router: what outcomes say of a prompt's wording and length, as a modest shift of what is usual.

What is usual for a model and a task class is in the plan, and the user's own ratings with it. How much a prompt differs
from the usual is told by a prior (`routing.learned.prior`), in log-odds: quality = σ(logit(usual) + shift), with

    shift = OWN · ease(model)             of a model that the prior knows by its id or name
    shift = −OF_TIER[tier] · difficulty   of any other one

Routers that read the prompt alone carry over badly to prompts of another origin, and to other models: what is learned
of one model beside another is then worth no more than chance. What is left is how hard a prompt is (one difficulty for
all, as in Rasch 1960), which moves strong models less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from routing.decision.model import Candidate
from routing.learned.prior import Prior
from routing.learned.scoring import logit, sigmoid
from routing.strategies.contract import Ask, Question, Word

OF_TIER: Mapping[str, float] = {"small": 0.4, "mid": 0.3, "large": 0.2}
"""Near the lowest slopes of a tier's outcomes on the difficulty, on sets that had taught it nothing (.55, .25 and .19,
docs/router-card.md): there it does no harm, and elsewhere some good."""
OWN = 0.5
"""Below the slopes on prompts of the same origin, which are .6 and more: a user's prompts change."""
MOST = 1.0
"""The most that a prompt shifts log-odds, either way."""

_LEAST = 0.001
_READ = 4_000
"""Characters: what it learned from is seldom longer."""
_LONG = 1_000
"""Characters that are read within a millisecond."""
_MOST_TOLD = 4


class Learned:
    """A strategy (`routing.strategies.contract.Strategy`) that asks nobody."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior

    def known(self, question: Question) -> Word | None:
        """None where it can say nothing of any of the plan's models, and of a request without text."""
        prompt = question.request.text[:_READ]
        candidates = sorted(question.plan.candidates, key=lambda candidate: candidate.rung)
        names = {one.model: name for one in candidates if (name := self._name(one, question)) is not None}
        if not names or not prompt.strip():
            return None
        shifts = self._shifts(prompt, set(names.values()))
        usual = {one.model: one.quality for one in candidates}
        quality = {model: _shifted(usual[model], shifts[name]) for model, name in names.items()}
        return Word(_told(names, quality), quality)

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        if len(question.request.text) <= _LONG:
            return self.known(question)
        return await asyncio.to_thread(self.known, question)

    def _name(self, candidate: Candidate, question: Question) -> str | None:
        """As what the prior knows a model: its id, its name, or else its tier."""
        model = question.world.registry.get(candidate.model)
        for name in (candidate.model, model.name if model else ""):
            if name in self._prior.skills:
                return name
        return candidate.tier if candidate.tier in OF_TIER else None

    def _shifts(self, prompt: str, names: set[str]) -> dict[str, float]:
        """By name, in log-odds."""
        shifts = {name: OWN * self._prior.ease(prompt, name) for name in names - OF_TIER.keys()}
        if tiers := names & OF_TIER.keys():
            difficulty = self._prior.difficulty(prompt)
            shifts |= {tier: -OF_TIER[tier] * difficulty for tier in tiers}
        return {name: max(-MOST, min(MOST, shift)) for name, shift in shifts.items()}


def _shifted(usual: float, shift: float) -> float:
    return sigmoid(logit(max(_LEAST, min(1 - _LEAST, usual))) + shift)


def _told(names: Mapping[str, str], quality: Mapping[str, float]) -> str:
    """Each name with its first model's chance, the lowest rung first."""
    first: dict[str, float] = {}
    for model, chance in quality.items():
        first.setdefault(names[model], chance)
    told = [f"{name} {f'{chance:.2f}'.removeprefix('0')}" for name, chance in first.items()]
    more = ["…"] if len(told) > _MOST_TOLD else []
    return f"trained router: {', '.join(told[:_MOST_TOLD] + more)} (by wording and length)"
