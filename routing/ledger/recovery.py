"""After a crash: what a killed session left open is settled at what it had reserved, and its drafts are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from functools import partial
from typing import Any

from routing import events as ev
from routing.clock import Clock
from routing.errors import ErrorKind
from routing.folding import Fold
from routing.ledger import projections
from routing.ledger.journal import Journal, index, turn_events
from routing.ledger.sessions import bury, dead_sessions
from routing.ledger.store import Store
from routing.messages import Usage
from routing.trace import AttemptView

INTERRUPTED = "Interrupted: the program ended while this answer was coming. What came is kept."
UNWRITTEN = "Interrupted: the ledger could not be written while this answer was coming. What was written is kept."


def recover(store: Store, clock: Clock) -> int:
    """Settle and finish every turn of every dead session; returns how many turns were mended."""
    mended = 0
    for session in dead_sessions(store):
        mended += store.write_now(partial(_finish_turns, session=session, wall_s=clock.wall(), sentence=INTERRUPTED))
        bury(store, session, clock.wall())
    if mended:
        store.write_soon(index)
    return mended


async def mend(journal: Journal, clock: Clock, running: Collection[str]) -> int:
    """Settle and finish what a full disk left open in the journal's own session, but the turns that are `running`;
    returns how many turns were mended. Raises StorageError when the ledger still cannot be written."""
    job = partial(
        _finish_turns, session=journal.session, wall_s=clock.wall(), sentence=UNWRITTEN, running=frozenset(running)
    )
    return await journal.store.write(job)


def _finish_turns(
    db: sqlite3.Connection, session: str, wall_s: float, sentence: str, running: frozenset[str] = frozenset()
) -> int:
    unfinished = """
        SELECT id FROM turn WHERE session = ? AND (status IS NULL OR EXISTS (
            SELECT 1 FROM attempt WHERE attempt.turn = turn.id AND attempt.spend_nusd IS NULL))
    """
    turns = [row["id"] for row in db.execute(unfinished, (session,)).fetchall() if row["id"] not in running]
    for turn in turns:
        for event in _ending(turn_events(db, turn), _held(db, turn), wall_s, sentence):
            db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?)",
                (turn, event.seq, event.type, ev.dump(event).decode()),
            )
            projections.project(db, event)
    return len(turns)


def _held(db: sqlite3.Connection, turn: str) -> dict[str, int]:
    """What attempts of the turn still hold, in nano-dollars."""
    rows = db.execute("SELECT id, reserved_nusd FROM attempt WHERE turn = ? AND spend_nusd IS NULL ORDER BY n", (turn,))
    return {row[0]: row[1] for row in rows}


def _ending(events: list[ev.Event], held: dict[str, int], wall_s: float, sentence: str) -> list[ev.Event]:
    """The events that the turn never lived to see. Every attempt of `held` is settled, also one whose start is lost."""
    folding = Fold()
    for event in events:
        folding.feed(event)
    trace = folding.trace
    at_s, seq, turn = events[-1].at_s, events[-1].seq, trace.turn
    ending: list[ev.Event] = []

    def stamp() -> dict[str, Any]:
        return {"turn": turn, "seq": seq + len(ending) + 1, "at_s": at_s, "wall_s": wall_s}

    started = {attempt.id: attempt for attempt in trace.attempts if attempt.spend_nusd is None}
    for attempt_id, reserved_nusd in {**{one.id: one.reserved_nusd for one in started.values()}, **held}.items():
        if attempt_id in started:
            ending.append(_interrupted(started[attempt_id], sentence, stamp()))
        ending.append(
            ev.Settled(
                **stamp(),
                attempt=attempt_id,
                spend_nusd=reserved_nusd,
                basis="reserved" if reserved_nusd else "free",
                usage=Usage(),
            )
        )
    for event in ending:
        folding.feed(event)
    if trace.finished is None:  # else it was told to its end, but not of a reservation that was still on its way
        ending.append(_finished(folding, sentence, stamp()))
    return ending


def _interrupted(attempt: AttemptView, sentence: str, stamp: dict[str, Any]) -> ev.AttemptFailed:
    return ev.AttemptFailed(
        **stamp,
        attempt=attempt.id,
        kind=ErrorKind.INTERRUPTED,
        words="",
        sentence=sentence,
        status=None,
        request_id=None,
        retry_after_s=None,
        shown=attempt.characters > 0,
        next="stop",
        latency_s=0.0,
    )


def _finished(folding: Fold, sentence: str, stamp: dict[str, Any]) -> ev.TurnFinished:
    trace = folding.trace
    last = trace.spoken
    firsts = [attempt.first_token_s for attempt in trace.attempts if attempt.first_token_s is not None]
    return ev.TurnFinished(
        **stamp,
        status="cancelled",
        attempt=last.id if last else None,
        provider=last.provider if last else None,
        model=last.model if last else None,
        tier=last.tier if last else None,
        confidence=None,
        below_floor=False,
        path=tuple(f"{one.model} {'superseded' if one.outcome == 'live' else one.outcome}" for one in trace.attempts),
        latency_s=trace.at_s,
        first_token_s=min(firsts, default=None),
        spend_nusd=trace.spend_nusd,
        simulated_spend_nusd=sum(one.spend_nusd or 0 for one in trace.attempts if one.simulated),
        baseline_nusd=0,
        simulated=trace.simulated,
        sentence=sentence,
        reply=folding.text(last.id) if last else "",
    )
