"""What every strategy is asked, and what it may say. The router makes an `Advice` of it: which rung comes first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from routing.analysis.features import Features
from routing.decision.model import Decision, Snapshot, World
from routing.events import Purpose
from routing.messages import Request
from routing.trace import Trace


@dataclass(frozen=True, slots=True)
class Question:
    """`plan` is what would be decided without any advice: its candidates have the prices, times and usual qualities
    that a strategy may start from."""

    request: Request
    features: Features
    world: World
    snapshot: Snapshot
    plan: Decision


@dataclass(frozen=True, slots=True)
class Word:
    """What a strategy says. `evidence`: in a few words, why. `quality`: by model id, the chance that its answer would
    be good, of the models that it can speak of; for the others the plan's stays. `features`: the request as it was
    read, where that is another reading than the router's own. `turn` is the turn that found it out, where there was
    one; what asking cost is known to who asked."""

    evidence: str
    quality: Mapping[str, float] = field(default_factory=dict)
    features: Features | None = None
    turn: str = ""


Ask = Callable[[Request, Purpose], Awaitable[Trace]]
"""Carries out a turn of its own, with everything that a turn has: it is reserved, settled and told. Stopping the
waiting stops it."""


class Strategy(Protocol):
    """One way to tell beforehand who can do the work. None: it knows nothing of such a request, and the rules decide.
    Neither way raises for anything that a request, a model or a server may be like."""

    def known(self, question: Question) -> Word | None:
        """What it can say without asking anybody. Called in a thread, or where it does not matter; does no I/O."""

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        """The same, with asking where that is its way. What takes more than a millisecond runs in a thread."""
