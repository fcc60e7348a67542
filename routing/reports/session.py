"""How one session went: what it cost and where, how quick it was, and what "always the largest" would have cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from routing.ledger.queries import count_events, read_session, read_sessions, session_attempts, session_turns
from routing.ledger.rows import AttemptRow, SessionRow, TurnRow
from routing.ledger.store import Store
from routing.reports.sums import Slice, percentile, slices


@dataclass(frozen=True, slots=True)
class Money:
    """One kind of money. `baseline_nusd` is what the dearest model would have charged for the same answers."""

    spend_nusd: int
    held_nusd: int
    baseline_nusd: int

    @property
    def saved_nusd(self) -> int:
        """Below zero when retries and superseded drafts cost more than was saved."""
        return self.baseline_nusd - self.spend_nusd


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """Counts are of turns, except in the slices, where they are of calls. Percentiles are over the turns that have
    the figure; None without any."""

    session: SessionRow
    turns: int
    answered: int
    degraded: int
    failed: int
    cancelled: int
    running: int
    escalations: int
    failovers: int
    retries: int
    calls: int
    input_tokens: int
    output_tokens: int
    first_token_p50_s: float | None
    first_token_p95_s: float | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    real: Money
    simulated: Money
    by_model: tuple[Slice, ...]
    by_tier: tuple[Slice, ...]
    by_purpose: tuple[Slice, ...]


def list_sessions(store: Store, *, limit: int = 100) -> list[SessionRow]:
    """Runs in which something was asked, the newest first."""
    return read_sessions(store, limit=limit)


def summarise_session(store: Store, session_id: str) -> SessionSummary:
    """Everything of one session. Raises LookupError when there is none of this id."""
    session = read_session(store, session_id)
    if session is None:
        raise LookupError(session_id)
    turns, attempts = session_turns(store, session_id), session_attempts(store, session_id)
    status = Counter(turn.status for turn in turns)
    first = [turn.first_token_s for turn in turns if turn.first_token_s is not None]
    whole = [turn.latency_s for turn in turns if turn.latency_s is not None]
    return SessionSummary(
        session=session,
        turns=len(turns),
        answered=status["answered"],
        degraded=status["degraded"],
        failed=status["failed"],
        cancelled=status["cancelled"],
        running=status[None],
        escalations=sum(turn.escalations for turn in turns),
        failovers=sum(turn.failovers for turn in turns),
        retries=count_events(store, session_id, "RetryScheduled"),
        calls=len(attempts),
        input_tokens=sum(attempt.input_tokens for attempt in attempts),
        output_tokens=sum(attempt.output_tokens for attempt in attempts),
        first_token_p50_s=percentile(first, 0.5),
        first_token_p95_s=percentile(first, 0.95),
        latency_p50_s=percentile(whole, 0.5),
        latency_p95_s=percentile(whole, 0.95),
        real=_money(turns, attempts, simulated=False),
        simulated=_money(turns, attempts, simulated=True),
        by_model=slices(attempts, lambda call: call.model),
        by_tier=slices(attempts, lambda call: call.tier),
        by_purpose=slices(attempts, lambda call: call.purpose),
    )


def _money(turns: list[TurnRow], attempts: list[AttemptRow], *, simulated: bool) -> Money:
    calls = [attempt for attempt in attempts if attempt.simulated is simulated]
    return Money(
        spend_nusd=sum(call.spend_nusd or 0 for call in calls),
        held_nusd=sum(call.held_nusd for call in calls),
        baseline_nusd=sum(turn.baseline_nusd for turn in turns if turn.simulated is simulated),
    )
