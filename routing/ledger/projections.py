"""What each event changes in the tables that are read often. Runs in the event's own transaction."""

from __future__ import annotations

import sqlite3

from routing import events as ev
from routing.messages import described

_LONGEST_TITLE = 60
"""Characters."""


class CapExceededError(Exception):
    """A reservation did not fit under `cap`; nothing was written."""

    def __init__(self, cap: str, left_nusd: int) -> None:
        self.cap = cap
        self.left_nusd = left_nusd
        super().__init__(cap)


def project(db: sqlite3.Connection, event: ev.Event) -> None:
    """Apply one event that is no delta and no reservation."""
    match event:
        case ev.TurnStarted():
            _start_turn(db, event)
        case ev.RequestAnalysed():
            db.execute("UPDATE turn SET task = ? WHERE id = ?", (event.features.task, event.turn))
        case ev.AttemptStarted():
            db.execute(
                "UPDATE attempt SET n = ?, purpose = ?, provider = ?, model = ?, tier = ? WHERE id = ?",
                (event.n, event.purpose, event.provider, event.model, event.tier, event.attempt),
            )
        case ev.AttemptFinished():
            _outcome(db, event.attempt, "finished")
        case ev.AttemptFailed():
            _outcome(db, event.attempt, event.kind)
        case ev.ConfidenceMeasured():
            db.execute("UPDATE attempt SET valid = ? WHERE id = ?", (event.valid, event.attempt))
        case ev.RetryScheduled(attempt=str(answer)):
            _outcome(db, answer, "superseded")
        case ev.Escalated():
            _outcome(db, event.attempt, "superseded")
            db.execute("UPDATE turn SET escalations = escalations + 1 WHERE id = ?", (event.turn,))
        case ev.FailedOver():
            db.execute("UPDATE turn SET failovers = failovers + 1 WHERE id = ?", (event.turn,))
        case ev.Settled():
            settle(db, event)
        case ev.TurnFinished():
            _finish_turn(db, event)


def title_of(prompt: str) -> str:
    """What a chat is called after its first prompt; one that is cut says so."""
    words = " ".join(prompt.split())
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"


def reserve(db: sqlite3.Connection, event: ev.Reserved, day_cap_nusd: int | None, credit_nusd: int) -> None:
    """Hold the amount under the day's cap and the request's credit, in one statement that takes both or neither.

    Raises CapExceededError with what was left.
    """
    day = {"day": event.day, "simulated": int(event.simulated)}
    db.execute("INSERT OR IGNORE INTO day (day, simulated) VALUES (:day, :simulated)", day)
    held = db.execute(
        """
        UPDATE day SET held_nusd = held_nusd + :amount
        WHERE day = :day AND simulated = :simulated
          AND (:amount = 0 OR (
            (:cap IS NULL OR spent_nusd + held_nusd + :amount <= :cap)
            AND :amount + (
                SELECT COALESCE(SUM(COALESCE(spend_nusd, reserved_nusd)), 0) FROM attempt
                WHERE turn = :turn AND simulated = :simulated
            ) <= :credit
          ))
        """,
        {**day, "amount": event.amount_nusd, "cap": day_cap_nusd, "turn": event.turn, "credit": credit_nusd},
    )
    if held.rowcount != 1:
        raise _refusal(db, event, day_cap_nusd, credit_nusd)
    db.execute(
        "INSERT INTO attempt (id, turn, n, simulated, day, reserved_nusd) VALUES (?, ?, 0, ?, ?, ?)",
        (event.attempt, event.turn, int(event.simulated), event.day, event.amount_nusd),
    )


def settle(db: sqlite3.Connection, event: ev.Settled) -> None:
    """Turn the hold into spend, once: a second settlement of the same attempt changes nothing."""
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
            UPDATE day SET held_nusd = held_nusd - a.reserved_nusd, spent_nusd = spent_nusd + a.spend_nusd
            FROM (SELECT day AS of_day, simulated AS of_kind, reserved_nusd, spend_nusd FROM attempt WHERE id = ?) AS a
            WHERE day = a.of_day AND simulated = a.of_kind
            """,
            (event.attempt,),
        )


def _refusal(db: sqlite3.Connection, event: ev.Reserved, cap: int | None, credit: int) -> CapExceededError:
    spent, held = db.execute(
        "SELECT spent_nusd, held_nusd FROM day WHERE day = ? AND simulated = ?",
        (event.day, int(event.simulated)),
    ).fetchone()
    if cap is not None and spent + held + event.amount_nusd > cap:
        return CapExceededError("simulated_day" if event.simulated else "day", max(0, cap - spent - held))
    used = db.execute(
        "SELECT COALESCE(SUM(COALESCE(spend_nusd, reserved_nusd)), 0) FROM attempt WHERE turn = ? AND simulated = ?",
        (event.turn, int(event.simulated)),
    ).fetchone()[0]
    return CapExceededError("request", max(0, credit - used))


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
        _outcome(db, event.attempt, "finished")  # the draft that was left behind is the reply after all


def _outcome(db: sqlite3.Connection, attempt: str, outcome: str) -> None:
    db.execute("UPDATE attempt SET outcome = ? WHERE id = ?", (outcome, attempt))
