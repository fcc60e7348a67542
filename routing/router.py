"""`Router`: a request goes in, events come out. analyse → advise → decide → attempt → evaluate → accept."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace

from routing import events as ev
from routing.analysis.analyse import analyse
from routing.analysis.features import Features
from routing.clock import Clock, local_day
from routing.decision.decide import decide
from routing.decision.model import Acceptance, BudgetView, Decision, Snapshot, World
from routing.decision.storage import dump_world
from routing.errors import ConfigurationError, ProviderError
from routing.execution.context import Caps, TurnContext
from routing.execution.observed import Observed
from routing.execution.recorder import Recorder
from routing.execution.retry import RetryBudget
from routing.execution.turn import Turn, carry_out, stopped
from routing.ledger.journal import Journal
from routing.messages import Limits, Request, ask, clean
from routing.policy.model import Policy
from routing.providers.contract import Provider
from routing.registry.model import Model, Registry
from routing.strategies.rules import advise

DRILL_S = 15.0
DRILL_TOKENS = 16
"""Enough for a word, and the least that some services take."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would be done with a request, were it sent now."""

    features: Features
    snapshot: Snapshot
    decision: Decision


@dataclass(frozen=True, slots=True)
class Setup:
    """What a router works with: policies by name, models, providers by name, this machine's caps, and how often
    answers were kept so far. `explain_error` turns a provider's error into a sentence for the user; `problems` are the
    sentences of providers that gave no list of models."""

    profiles: Mapping[str, Policy]
    registry: Registry
    providers: Mapping[str, Provider]
    caps: Caps
    explain_error: Callable[[ProviderError, Model], str]
    acceptance: Acceptance = field(default_factory=Acceptance)
    default_profile: str = "balanced"
    problems: tuple[str, ...] = ()


class Router:
    """Routes requests, and keeps all that happens in the ledger. The setup may be replaced between turns: a running
    turn keeps the one that it began with."""

    def __init__(self, journal: Journal, setup: Setup, clock: Clock, rng: random.Random) -> None:
        self._journal = journal
        self._setup = setup
        self._clock = clock
        self._rng = rng
        self._retry_budget = RetryBudget(clock)
        self._numbers = itertools.count(1)
        self._turns: set[Turn] = set()
        self._stored: set[str] = set()
        self.observed = Observed(clock)

    @property
    def setup(self) -> Setup:
        return self._setup

    def configure(self, setup: Setup) -> None:
        """In force from the next turn. When providers changed, breakers that waited for that close."""
        if setup.providers is not self._setup.providers:
            self.observed.reset()
        self._setup = setup

    async def send(self, request: Request) -> AsyncIterator[ev.Event]:
        """Carry the request out and yield its events. Raises ConfigurationError for a profile that does not exist,
        StorageError when the ledger cannot be written. Leaving the loop early does not stop the turn."""
        async for event in self.start(request).events():
            yield event

    def start(self, request: Request, purpose: ev.Purpose = "answer") -> Turn:
        """Begin a turn in a task of its own."""
        world = self._world(self.policy(request.profile))
        turn_id = f"{self._journal.session}.{next(self._numbers)}"
        recorder = Recorder(turn_id, self._journal, self._clock)
        task = asyncio.create_task(
            self._run(clean(request), world, self._setup, recorder, purpose), name=f"turn {turn_id}"
        )
        turn = Turn(turn_id, recorder, task)
        self._turns.add(turn)
        task.add_done_callback(lambda task: self._ended(turn, recorder, task))
        return turn

    def drill(self, model_id: str) -> Turn:
        """Ask one model for one word, to see whether it answers: a turn like any other, in no chat."""
        limits = Limits(total_s=DRILL_S, max_output_tokens=DRILL_TOKENS)
        return self.start(ask("Answer with one word: ready", model=model_id, limits=limits), "drill")

    def explain(self, request: Request, *, spent_today: tuple[int, int] = (0, 0)) -> Explanation:
        """The decision only: nothing is sent, stored or reserved. `spent_today` is real and simulated nano-dollars."""
        policy = self.policy(request.profile)
        features = analyse(clean(request))
        world = self._world(policy)
        snapshot = self._snapshot(request, features, world, self._setup.caps, spent_today)
        return Explanation(features, snapshot, decide(features, world, snapshot))

    def policy(self, profile: str | None) -> Policy:
        """The compiled profile. Raises ConfigurationError, with what there is."""
        name = profile or self._setup.default_profile
        policy = self._setup.profiles.get(name)
        if policy is None:
            known = ", ".join(sorted(self._setup.profiles))
            raise ConfigurationError(f"There is no profile {name!r}: choose one of {known}.")
        return policy

    async def aclose(self) -> None:
        """Stop every running turn, wait until each is settled, and close the providers."""
        turns = list(self._turns)
        for turn in turns:
            turn.cancel()
        for turn in turns:
            await turn.wait()
        for provider in self._setup.providers.values():
            await provider.aclose()

    async def _run(self, request: Request, world: World, setup: Setup, recorder: Recorder, purpose: ev.Purpose) -> None:
        try:
            context = await self._prepare(request, world, setup, recorder, purpose)
        except asyncio.CancelledError:
            await stopped(recorder, world)
            raise
        await carry_out(context)
        self._journal.index()

    def _ended(self, turn: Turn, recorder: Recorder, task: asyncio.Task[None]) -> None:
        """Whatever ended it, its readers are told."""
        self._turns.discard(turn)
        recorder.close(None if task.cancelled() else task.exception())

    async def _prepare(
        self, request: Request, world: World, setup: Setup, recorder: Recorder, purpose: ev.Purpose
    ) -> TurnContext:
        """Analyse, advise and decide; the events go out with the first reservation."""
        recorder.note(
            ev.TurnStarted,
            chat=request.chat_id,
            session=self._journal.session,
            profile=world.policy.id,
            request=replace(request, history=()),
            purpose=purpose,
        )
        taken = asyncio.ensure_future(self._journal.taken(local_day(self._clock.wall())))
        began = recorder.elapsed_s
        features = analyse(request)
        recorder.note(ev.RequestAnalysed, features=features, took_s=recorder.elapsed_s - began)
        snapshot = self._snapshot(request, features, world, setup.caps, await taken)
        for advice in snapshot.advice:
            recorder.note(ev.Advised, advice=advice)
        began = recorder.elapsed_s
        decision = decide(features, world, snapshot)
        recorder.note(ev.RouteDecided, decision=decision, snapshot=snapshot, took_s=recorder.elapsed_s - began)
        self._store(world)
        return TurnContext(
            request=request,
            features=features,
            world=world,
            decision=decision,
            caps=setup.caps,
            providers=setup.providers,
            recorder=recorder,
            observed=self.observed,
            retry_budget=self._retry_budget,
            clock=self._clock,
            rng=self._rng,
            explain_error=setup.explain_error,
            problems=setup.problems,
            purpose=purpose,
        )

    def _world(self, policy: Policy) -> World:
        return World(policy, self._setup.registry, self._setup.acceptance)

    def _snapshot(
        self, request: Request, features: Features, world: World, caps: Caps, spent: tuple[int, int]
    ) -> Snapshot:
        policy, credit = world.policy, world.policy.request_credit_nusd
        if request.limits.credit_nusd is not None:
            credit = min(credit, request.limits.credit_nusd)
        time_s = request.limits.total_s if request.limits.total_s is not None else policy.request_s
        return Snapshot(
            policy_hash=policy.hash,
            registry_hash=world.registry.hash,
            acceptance_hash=world.acceptance.hash,
            health=self.observed.health(world.registry),
            budget=BudgetView(
                day_left_nusd=_left(caps.day_nusd, policy.day_cap_nusd, spent[0]),
                simulated_day_left_nusd=_left(caps.simulated_day_nusd, policy.day_cap_nusd, spent[1]),
                request_credit_nusd=credit,
                time_left_s=time_s,
            ),
            advice=(advise(features, policy, time_s),),
            pin=request.model,
            nudge=request.nudge,
            draw=self._rng.random() if any(model.deployment_of for model in world.registry.models) else 0.0,
        )

    def _store(self, world: World) -> None:
        """Keep what the decision's hashes name, when it is new."""
        for hash_, kind, body in dump_world(world):
            if hash_ not in self._stored:
                self._stored.add(hash_)
                self._journal.keep_blob(hash_, kind, body)


def _left(machine_nusd: int | None, profile_nusd: int | None, taken_nusd: int) -> int | None:
    caps = [cap for cap in (machine_nusd, profile_nusd) if cap is not None]
    return max(0, min(caps) - taken_nusd) if caps else None
