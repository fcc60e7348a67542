"""A turn that finds out what a text means: one call of the embedding model, with the money held, settled and told as
for any other. There is no ladder, and nothing is tried again: who asks goes on without it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from routing import events as ev
from routing.analysis.tokens import estimate
from routing.budget.accounts import Accounts
from routing.budget.caps import Limit, limits_in_force
from routing.budget.scopes import ALL, provider_scope, task_scope, tier_scope
from routing.clock import Clock, local_day
from routing.decision.model import World
from routing.decision.prediction import worst_cost
from routing.errors import ErrorKind, ProviderError, StorageError
from routing.execution.attempt import Attempt
from routing.execution.recorder import Recorder
from routing.execution.settling import note_failed, note_finished
from routing.ledger.embeddings import as_text
from routing.messages import Request
from routing.providers.contract import Embedder
from routing.registry.model import Model
from routing.setup import Setup
from routing.strategies.neighbours.signs import Meaning, meaning_of

_TASK = "embedding"


@dataclass(slots=True)
class EmbeddingTurn:
    """What it is carried out with. `accounts` tell how the money stands."""

    request: Request
    world: World
    setup: Setup
    accounts: Accounts
    clock: Clock
    recorder: Recorder
    session: str

    @property
    def model(self) -> Model:
        """The only one that is asked."""
        assert self.setup.embedder is not None  # who asks what texts mean has seen that somebody can tell
        return self.setup.embedder

    async def run(self) -> None:
        """To the end of the turn. The reply is the meaning, as the ledger writes it. A cancellation or a fault of ours
        is settled and told as well, then passed on; when the ledger fails, the next start settles."""
        attempt = self._new()
        try:
            if await self._begun(attempt):
                await self._answered(attempt)
            else:
                self._end("failed", None, f"{self.model.id} was not asked: a cap on spend forbids it.")
        except StorageError:
            raise
        except (asyncio.CancelledError, Exception) as cause:
            stopped = isinstance(cause, asyncio.CancelledError)
            self._broken_off(attempt, ErrorKind.CANCELLED if stopped else ErrorKind.INTERRUPTED)
            self._end("cancelled" if stopped else "failed", None, "Stopped before it was done.")
            await self.recorder.commit()
            raise
        await self.recorder.commit()

    def _broken_off(self, attempt: Attempt, kind: ErrorKind) -> None:
        """It runs if the ledger took it."""
        if any(one.id == attempt.id for one in self.recorder.trace.attempts):
            stopped = ProviderError(kind, sent=attempt.sent)
            note_failed(self.recorder, attempt, stopped, "Stopped; its cost is estimated.", "stop")

    async def _answered(self, attempt: Attempt) -> None:
        try:
            meaning = await self._asked(attempt)
        except ProviderError as error:
            sentence = self.setup.explain_error(error, self.model)
            note_failed(self.recorder, attempt, error, sentence, "stop")
            self._end("failed", attempt, sentence)
        else:
            note_finished(self.recorder, attempt)
            self._end("answered", attempt, f"{self.model.id} said what the prompt means.", as_text(meaning))

    async def _asked(self, attempt: Attempt) -> Meaning:
        """Raises ProviderError."""
        provider: object = self.setup.providers.get(self.model.provider)
        if not isinstance(provider, Embedder):
            raise ProviderError(ErrorKind.INVALID_REQUEST, "it has no embeddings", sent=False)
        limit_s = self.request.limits.total_s or self.world.policy.request_s
        attempt.sent = True
        found = await provider.embed(
            self.request.text, self.model, self.world.policy.request_s if limit_s is None else limit_s
        )
        attempt.usage = found.usage
        return await asyncio.to_thread(meaning_of, self.model.id, found.vector)

    async def _begun(self, attempt: Attempt) -> bool:
        recorder, model = self.recorder, self.model
        credit, own = self.world.policy.request_credit_nusd, self.request.limits.credit_nusd
        scopes = (ALL, provider_scope(model.provider), tier_scope(model.tier), task_scope(_TASK))
        exceeded = await recorder.reserve(
            (
                recorder.make(
                    ev.Reserved,
                    attempt=attempt.id,
                    amount_nusd=attempt.reserved_nusd,
                    day=local_day(self.clock.wall()),
                    simulated=model.simulated,
                    session=self.session,
                    scopes=scopes,
                ),
                recorder.make(
                    ev.AttemptStarted,
                    attempt=attempt.id,
                    n=1,
                    rung=0,
                    try_=1,
                    purpose="embedding",
                    provider=model.provider,
                    model=model.id,
                    tier=model.tier,
                    simulated=model.simulated,
                    role="side",
                ),
            ),
            limits=self._limits(),
            credit_nusd=credit if own is None else min(credit, own),
        )
        if exceeded is not None:
            recorder.note(
                ev.CapReached,
                cap=exceeded.cap,
                model=model.id,
                needed_nusd=attempt.reserved_nusd,
                left_nusd=exceeded.left_nusd,
                name=exceeded.name,
            )
        return exceeded is None

    def _limits(self) -> tuple[Limit, ...]:
        """Every cap that counts whatever a call is for."""
        model, policy = self.model, self.world.policy
        day_nusd = self.accounts.day_cap_nusd(self.setup.caps, policy, model.simulated)
        every = limits_in_force(policy, day_nusd, model.simulated)
        return tuple(limit for limit in every if limit.scope in (ALL, provider_scope(model.provider)))

    def _new(self) -> Attempt:
        assumed, tokens = self.world.policy.assumed_nusd_per_mtok, estimate(self.request.text)
        return Attempt(
            id=f"{self.recorder.turn}.1",
            model=self.model,
            reserved_nusd=worst_cost(self.model, tokens, 0, assumed),
            assumed_nusd_per_mtok=assumed,
            input_tokens=tokens,
            started_s=self.recorder.elapsed_s,
        )

    def _end(self, status: ev.Status, attempt: Attempt | None, sentence: str, reply: str = "") -> None:
        trace, model = self.recorder.trace, self.model if attempt is not None else None
        self.recorder.note(
            ev.TurnFinished,
            status=status,
            attempt=None if attempt is None else attempt.id,
            provider=model and model.provider,
            model=model and model.id,
            tier=model and model.tier,
            confidence=None,
            below_floor=False,
            path=tuple(f"{one.model} {status}" for one in trace.attempts),
            latency_s=self.recorder.elapsed_s,
            first_token_s=None,
            spend_nusd=trace.spend_nusd,
            simulated_spend_nusd=sum(one.spend_nusd or 0 for one in trace.attempts if one.simulated),
            baseline_nusd=0,
            simulated=trace.simulated,
            sentence=sentence,
            reply=reply,
        )
