"""What each event changes in the tables that are read often. Runs in the event's own transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Literal

from routing import events as ev
from routing.budget.caps import CapKind, Limit
from routing.budget.scopes import ALL, taken
from routing.ledger.afterwards import Afterword
from routing.ledger.embeddings import note_asked as note_asked_meaning
from routing.ledger.embeddings import note_found
from routing.ledger.patterns import note_patterns
from routing.ledger.ratings import note_asked, note_rated
from routing.ledger.signs import note_compared, note_copied, note_follow_up
from routing.ledger.spending import read_sums
from routing.ledger.usual import note_logprobs
from routing.messages import described

_LONGEST_TITLE = 60
"""Characters."""


class CapExceededError(Exception):
    """A reservation did not fit under `cap`; nothing was written."""

    def __init__(self, cap: CapKind | Literal["request"], left_nusd: int, name: str = "") -> None:
        self.cap = cap
        self.left_nusd = left_nusd
        self.name = name
        super().__init__(cap)


def project(db: sqlite3.Connection, event: ev.Event) -> None:
    """Apply one event that is no delta and no reservation."""
    match event:
        case ev.TurnStarted():
            _start_turn(db, event)
            note_follow_up(db, event)
            note_asked_meaning(db, event)
        case ev.RequestAnalysed() | ev.RouteDecided():
            _describe_turn(db, event)
        case ev.AttemptStarted():
            _start_attempt(db, event)
        case ev.AttemptFinished():
            _outcome(db, event.attempt, "finished")
        case ev.AttemptFailed():
            _outcome(db, event.attempt, event.kind)
        case ev.ConfidenceMeasured():
            _measured(db, event)
        case ev.RetryScheduled(attempt=str(answer)):
            _outcome(db, answer, "superseded")
        case ev.Escalated() | ev.FailedOver():
            _move_on(db, event)
        case ev.Settled():
            settle(db, event)
        case ev.TurnFinished():
            _finish_turn(db, event)
            note_found(db, event)
        case ev.DraftTaken() | ev.RatingAsked() | ev.Rated() | ev.Compared() | ev.Copied():
            _say_of(db, event)


def _say_of(db: sqlite3.Connection, word: Afterword) -> None:
    match word:
        case ev.DraftTaken():
            db.execute("UPDATE turn SET taken = ? WHERE id = ?", (word.attempt, word.turn))
        case ev.RatingAsked():
            note_asked(db, word)
        case ev.Rated():
            note_rated(db, word)
        case ev.Compared():
            note_compared(db, word)
        case ev.Copied():
            note_copied(db, word)


def title_of(prompt: str) -> str:
    """What a chat is called after its first prompt; one that is cut says so."""
    words = " ".join(prompt.split())
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"


def reserve(db: sqlite3.Connection, event: ev.Reserved, limits: Sequence[Limit], credit_nusd: int) -> None:
    """Hold the amount under every limit and the turn's credit, or nothing at all. The transaction must have begun as
    a writer's (`BEGIN IMMEDIATE`), so that nobody takes what was found to be left.

    Raises CapExceededError with what was left.
    """
    if event.amount_nusd:
        _check(db, event, limits, credit_nusd)
    db.executemany(
        """
        INSERT INTO tally (period, scope, simulated, held_nusd) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET held_nusd = held_nusd + excluded.held_nusd
        """,
        [(period, scope, int(event.simulated), event.amount_nusd) for period, scope in _counts_in(event)],
    )
    db.execute(
        """
        INSERT INTO attempt (id, turn, n, simulated, day, reserved_nusd, session, scopes)
        VALUES (?, ?, 0, ?, ?, ?, ?, ?)
        """,
        (
            event.attempt,
            event.turn,
            int(event.simulated),
            event.day,
            event.amount_nusd,
            event.session,
            json.dumps(event.scopes),
        ),
    )


def settle(db: sqlite3.Connection, event: ev.Settled) -> None:
    """Turn the hold into spend, once: a second settlement of the same attempt changes nothing. A sum that damage left
    with too little keeps no turn from its end."""
    settled = db.execute(
        """
        UPDATE attempt SET spend_nusd = ?, basis = ?, input_tokens = ?, output_tokens = ?
        WHERE id = ? AND spend_nusd IS NULL
        """,
        (event.spend_nusd, event.basis, event.usage.input_tokens, event.usage.output_tokens, event.attempt),
    )
    if settled.rowcount == 1:
        db.execute(
            """
            UPDATE tally SET held_nusd = MAX(0, held_nusd - a.reserved_nusd), spent_nusd = spent_nusd + a.spend_nusd
            FROM (SELECT day, session, scopes, simulated AS kind, reserved_nusd, spend_nusd
                  FROM attempt WHERE id = ?) AS a
            WHERE simulated = a.kind AND (
                (period = a.day AND scope IN (SELECT value FROM json_each(a.scopes)))
                OR (a.session != '' AND period = a.session AND scope = 'all')
            )
            """,
            (event.attempt,),
        )


def _counts_in(event: ev.Reserved) -> list[tuple[str, str]]:
    """Each sum once, by period and scope."""
    of_session = [(event.session, ALL)] if event.session else []
    return list(dict.fromkeys([*((event.day, scope) for scope in event.scopes), *of_session]))


def _check(db: sqlite3.Connection, event: ev.Reserved, limits: Sequence[Limit], credit_nusd: int) -> None:
    sums = taken(read_sums(db, event.day, event.session), event.simulated) if limits else {}
    for limit in limits:
        left = limit.left_nusd(sums)
        if event.amount_nusd > left:
            raise CapExceededError(limit.cap, left, limit.name)
    used = db.execute(
        "SELECT COALESCE(SUM(COALESCE(spend_nusd, reserved_nusd)), 0) FROM attempt WHERE turn = ? AND simulated = ?",
        (event.turn, int(event.simulated)),
    ).fetchone()[0]
    if used + event.amount_nusd > credit_nusd:
        raise CapExceededError("request", max(0, credit_nusd - used))


def _start_turn(db: sqlite3.Connection, event: ev.TurnStarted) -> None:
    prompt = event.request.written
    attached = "\n".join(described(part) for part in event.request.attached)
    db.execute(
        """
        INSERT INTO turn (id, chat, parent, session, profile, started_s, prompt, prompt_newlines, attached, purpose)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            event.turn,
            event.chat,
            event.request.parent_turn,
            event.session,
            event.profile,
            event.wall_s,
            prompt,
            prompt.count("\n"),
            attached,
            event.purpose,
        ),
    )
    if event.purpose != "answer":
        return
    title = title_of(prompt) or "Untitled"
    db.execute(
        """
        INSERT INTO chat (id, title, created_s, updated_s) VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT (id) DO UPDATE SET updated_s = ?3, deleted_s = NULL,
            title = CASE WHEN title = '' THEN ?2 ELSE title END
        """,
        (event.chat, title, event.wall_s),
    )


def _describe_turn(db: sqlite3.Connection, event: ev.RequestAnalysed | ev.RouteDecided) -> None:
    match event:
        case ev.RequestAnalysed():
            db.execute("UPDATE turn SET task = ? WHERE id = ?", (event.features.task, event.turn))
        case ev.RouteDecided():
            decision = event.decision
            db.execute(
                "UPDATE turn SET route = ?, policy = ? WHERE id = ?",
                (decision.route, decision.policy_hash, event.turn),
            )


def _start_attempt(db: sqlite3.Connection, event: ev.AttemptStarted) -> None:
    db.execute(
        """
        UPDATE attempt SET n = ?, purpose = ?, provider = ?, model = ?, tier = ?, role = ?,
            saved_tokens = ?, saved_nusd = ?
        WHERE id = ?
        """,
        (
            event.n,
            event.purpose,
            event.provider,
            event.model,
            event.tier,
            event.role,
            event.saved_tokens,
            event.saved_nusd,
            event.attempt,
        ),
    )


def _move_on(db: sqlite3.Connection, event: ev.Escalated | ev.FailedOver) -> None:
    match event:
        case ev.Escalated():
            _outcome(db, event.attempt, "superseded")
            db.execute("UPDATE turn SET escalations = escalations + 1 WHERE id = ?", (event.turn,))
        case ev.FailedOver():
            db.execute("UPDATE turn SET failovers = failovers + 1 WHERE id = ?", (event.turn,))


def _finish_turn(db: sqlite3.Connection, event: ev.TurnFinished) -> None:
    db.execute(
        """
        UPDATE turn SET status = ?, reply = ?, reply_newlines = ?, provider = ?, model = ?, confidence = ?,
            latency_s = ?, first_token_s = ?, simulated = ?, baseline_nusd = ?
        WHERE id = ?
        """,
        (
            event.status,
            event.reply,
            event.reply.count("\n"),
            event.provider,
            event.model,
            event.confidence,
            event.latency_s,
            event.first_token_s,
            int(event.simulated),
            event.baseline_nusd,
            event.turn,
        ),
    )

    if event.status in ("answered", "degraded") and event.attempt is not None:
        # What was asked last need not be the reply: a draft that was left behind may be it after all.
        db.execute("UPDATE attempt SET outcome = 'superseded' WHERE turn = ? AND outcome = 'finished'", (event.turn,))
        _outcome(db, event.attempt, "finished")


def _measured(db: sqlite3.Connection, event: ev.ConfidenceMeasured) -> None:
    db.execute("UPDATE attempt SET valid = ? WHERE id = ?", (event.valid, event.attempt))
    model = db.execute("SELECT model FROM attempt WHERE id = ?", (event.attempt,)).fetchone()
    if model is not None:
        note_patterns(db, model[0], event.observed)
        note_logprobs(db, model[0], event.logprobs)


def _outcome(db: sqlite3.Connection, attempt: str, outcome: str) -> None:
    db.execute("UPDATE attempt SET outcome = ? WHERE id = ?", (outcome, attempt))
