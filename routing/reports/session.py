"""How one session went: what it cost and where, how quick it was, and what "always the largest" would have cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from routing.ledger.costs import Scope
from routing.ledger.queries import call_purposes, count_events, read_session, read_sessions, session_turns
from routing.ledger.rows import SessionRow
from routing.ledger.store import Store
from routing.reports.money import Group, Money, keep_book
from routing.reports.parts import DRILLS
from routing.reports.sums import Slice, percentile, slices


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """Counts are of turns, except in the slices, where they are of calls. Percentiles are over the turns that have
    the figure, None without any: seconds from Enter to the first text of any model, a draft's too, and to the end."""

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
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    real: Money
    simulated: Money
    by_model: tuple[Slice, ...]
    by_tier: tuple[Slice, ...]
    by_purpose: tuple[Slice, ...]
    by_route: tuple[Group, ...]
    by_task: tuple[Group, ...]


def list_sessions(store: Store, *, limit: int = 100) -> list[SessionRow]:
    """Runs in which something was asked, the newest first."""
    return read_sessions(store, limit=limit)


def only_tested(store: Store) -> bool:
    """Whether all the calls that there are were made to see whether models answer."""
    purposes = call_purposes(store)
    return bool(purposes) and purposes <= DRILLS


def summarise_session(store: Store, session_id: str) -> SessionSummary:
    """Everything of one session. Raises LookupError when there is none of this id."""
    session = read_session(store, session_id)
    if session is None:
        raise LookupError(session_id)
    turns, book = session_turns(store, session_id), keep_book(store, Scope(session=session_id))
    calls = book.calls
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
        calls=len(calls),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        first_text_p50_s=percentile(first, 0.5),
        first_text_p95_s=percentile(first, 0.95),
        latency_p50_s=percentile(whole, 0.5),
        latency_p95_s=percentile(whole, 0.95),
        real=book.real,
        simulated=book.simulated,
        by_model=slices(calls, lambda call: call.model),
        by_tier=slices(calls, lambda call: call.tier),
        by_purpose=slices(calls, lambda call: call.purpose),
        by_route=book.by_route,
        by_task=book.by_task,
    )
