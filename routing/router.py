"""`Router`: a request goes in, events come out. analyse → advise → decide → attempt → evaluate → accept."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from routing import events as ev
from routing.analysis.features import Features
from routing.budget.accounts import Accounts
from routing.clock import Clock, local_day
from routing.decision.model import Decision, Snapshot, World
from routing.errors import ConfigurationError, StorageError
from routing.execution.advising import preview, settled
from routing.execution.embedding import EmbeddingTurn
from routing.execution.observed import Observed
from routing.execution.prechecks import Handling, handling
from routing.execution.preparing import Preparing
from routing.execution.recorder import Recorder
from routing.execution.turn import Turn, carry_out, stopped
from routing.ledger.afterwards import ask_of_draft, ask_rating, compare, copy, rate, take_draft
from routing.ledger.journal import Journal
from routing.ledger.recovery import mend
from routing.messages import Limits, Request, ask, clean
from routing.policy.model import Policy
from routing.setup import Setup

DRILL_S = 15.0
DRILL_TOKENS = 16
"""Enough for a word, and the least that some services take."""
RATING_SHARE = 1 / 8
"""Of the turns, those that the user is asked to rate: chosen by lot, so that they stand for all."""
DRAFT_SHARE = 1 / 20
"""Of the turns that left a draft for a better answer, those that the user is asked about that draft."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would be done with a request, were it sent now: about the `personal` data in it too."""

    features: Features
    snapshot: Snapshot
    decision: Decision
    personal: Handling


class Router:
    """Routes requests, and keeps all that happens in the ledger. The setup may be replaced between turns: a running
    turn keeps the one that it began with."""

    def __init__(self, journal: Journal, setup: Setup, clock: Clock, rng: random.Random) -> None:
        self._journal = journal
        self._setup = setup
        self._clock = clock
        self._rng = rng
        self._numbers = itertools.count(1)
        self._turns: set[Turn] = set()
        self._unwritten = False
        self.observed = Observed(clock, rng)
        self._preparing = Preparing(journal, clock, rng, self.observed, self.start)

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
        return self.start(drill_request(model_id), "drill")

    async def take_draft(self, turn_id: str) -> ev.DraftTaken | None:
        """The user takes what a degraded turn shows for its answer; it still counts as degraded. None when there is
        nothing to take. Raises StorageError when the ledger cannot be written."""
        now_s = self._clock.wall()
        return await self._journal.add_word(turn_id, lambda told: take_draft(told, now_s))

    async def ask_rating(self, turn_id: str) -> ev.RatingAsked | None:
        """For one turn in eight, whatever it is like: note that the user is asked whether its answer is good; for one
        in twenty, whether the draft is that it left. None for the others. Raises StorageError when the ledger cannot be
        written."""
        lot, now_s = self._rng.random(), self._clock.wall()
        if lot < RATING_SHARE:
            return await self._journal.add_word(turn_id, lambda told: ask_rating(told, now_s, RATING_SHARE))
        if lot < RATING_SHARE + DRAFT_SHARE:
            return await self._journal.add_word(turn_id, lambda told: ask_of_draft(told, now_s, DRAFT_SHARE))
        return None

    async def rate(self, turn_id: str, good: bool, attempt: str | None = None) -> ev.Rated | None:
        """Note what the user says of a turn's answer, or of one of its attempts. None when there is nothing to rate, or
        nothing new. Raises StorageError when the ledger cannot be written."""
        now_s = self._clock.wall()
        return await self._journal.add_word(turn_id, lambda told: rate(told, now_s, good, attempt))

    async def compare(self, turn_id: str, draft: str, better: str | None) -> ev.Compared | None:
        """Note which of two attempts is the `better` one, the draft or the turn's answer; None: neither. None when
        there is nothing to compare, or nothing new. Raises StorageError when the ledger cannot be written."""
        now_s = self._clock.wall()
        return await self._journal.add_word(turn_id, lambda told: compare(told, now_s, draft, better))

    async def note_copied(self, turn_id: str, attempt: str | None = None) -> ev.Copied | None:
        """Note that the user copied a turn's answer, or that of one of its attempts; once. Raises StorageError when the
        ledger cannot be written."""
        now_s = self._clock.wall()
        return await self._journal.add_word(turn_id, lambda told: copy(told, now_s, attempt))

    def explain(self, request: Request, accounts: Accounts | None = None, strategy: str | None = None) -> Explanation:
        """The decision only: nothing is sent, stored or reserved. `accounts` tell how the money stands; `strategy`
        takes the place of the policy's."""
        world = self._world(self.policy(request.profile))
        checked, question = self._preparing.preview(clean(request), world, self._setup, accounts or Accounts())
        advised = preview(question, self._setup.strategies, strategy or world.policy.strategy)
        snapshot, decision = settled(advised, world, question.snapshot)
        return Explanation(advised.features, snapshot, decision, checked.personal.where(decision, world.registry))

    def foresee(self, request: Request, accounts: Accounts | None = None, strategy: str | None = None) -> Explanation:
        """`explain`; for a prompt that the user is asked about first, the decision once it may go out."""
        found = self.explain(request, accounts, strategy)
        if not found.personal.asks:
            return found
        return replace(self.explain(replace(request, personal="mask"), accounts, strategy), personal=found.personal)

    def handling(self, request: Request) -> Handling:
        """What is done about the personal data in a request, and whether the user is to be asked first."""
        return handling(clean(request), self.policy(request.profile))

    def policy(self, profile: str | None) -> Policy:
        """The compiled profile. Raises ConfigurationError, with what there is."""
        name = profile or self._setup.default_profile
        policy = self._setup.profiles.get(name)
        if policy is None:
            known = ", ".join(sorted(self._setup.profiles))
            raise ConfigurationError(f"There is no profile {name!r}: choose one of {known}.")
        return policy

    def look_at_pace(self, profile: str | None = None) -> None:
        """Read how fast money goes, beside everything else: what is found holds from the next turn on."""
        self._preparing.look_at_pace(self.policy(profile), self._setup)

    async def aclose(self) -> None:
        """Stop every running turn, wait until each is settled, and close the providers."""
        turns = list(self._turns)
        for turn in turns:
            turn.cancel()
        for turn in turns:
            await turn.wait()
        await self._preparing.settled()
        for provider in self._setup.providers.values():
            await provider.aclose()

    async def _run(self, request: Request, world: World, setup: Setup, recorder: Recorder, purpose: ev.Purpose) -> None:
        try:
            self._preparing.begin(request, world, recorder, purpose)
            await self._mended()
            if purpose == "embedding":
                accounts = await self._journal.accounts(local_day(self._clock.wall()))
            else:
                context = await self._preparing.prepare(request, world, setup, recorder, purpose)
        except asyncio.CancelledError:
            await stopped(recorder, world)
            raise
        except StorageError:
            raise
        except Exception:
            await stopped(recorder, world, "failed")
            raise
        if purpose == "embedding":
            await EmbeddingTurn(request, world, setup, accounts, self._clock, recorder, self._journal.session).run()
            return
        await carry_out(context)
        self._journal.index()
        self._preparing.look_at_pace(world.policy, setup)

    async def _mended(self) -> None:
        """Settle what an unwritable ledger left open; a turn that is lost meanwhile is for the next one to mend."""
        if not self._unwritten:
            return
        self._unwritten = False
        try:
            await mend(self._journal, self._clock, {turn.id for turn in self._turns})
        except BaseException:
            self._unwritten = True
            raise

    def _ended(self, turn: Turn, recorder: Recorder, task: asyncio.Task[None]) -> None:
        """Whatever ended it, its readers are told."""
        self._turns.discard(turn)
        error = None if task.cancelled() else task.exception()
        self._unwritten = self._unwritten or isinstance(error, StorageError)
        recorder.close(error)

    def _world(self, policy: Policy) -> World:
        return World(policy, self._setup.registry, self._setup.acceptance)


def drill_request(model_id: str) -> Request:
    """What a drill asks: one word of one model."""
    limits = Limits(total_s=DRILL_S, max_output_tokens=DRILL_TOKENS)
    return ask("Answer with one word: ready", model=model_id, limits=limits)
