"""What has been spent and is held: the figures that caps and screens compare."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from dataclasses import dataclass

from routing.budget.accounts import Accounts
from routing.budget.pace import EWMA_S, QUARTER_S, QUARTERS, Pace, PastDays
from routing.budget.scopes import Sum
from routing.budget.standing import Books
from routing.budget.success import Outcome
from routing.clock import local_day, local_quarter
from routing.ledger.raising import read_raised

OUTCOMES = 500
_PAST_DAYS, _DAY_S = 28, 86_400
_RECENT = 8
"""Time constants of the average after which a call weighs nothing any more."""
_MOST_CALLS = 5_000
"""Of the last two hours: the work stays small whatever a program did."""


@dataclass(frozen=True, slots=True)
class Money:
    """Nano-dollars of one kind, real or simulated: settled in the session, settled and held on the day."""

    session_nusd: int
    day_nusd: int
    held_nusd: int


def read_money(db: sqlite3.Connection, session: str, day: str, simulated: bool) -> Money:
    """The session's attempts and the day's row, which every program on this ledger shares."""
    spent = db.execute(
        """
        SELECT COALESCE(SUM(attempt.spend_nusd), 0) FROM attempt JOIN turn ON turn.id = attempt.turn
        WHERE turn.session = ? AND attempt.simulated = ?
        """,
        (session, int(simulated)),
    ).fetchone()[0]
    row = db.execute(
        "SELECT spent_nusd, held_nusd FROM tally WHERE period = ? AND scope = 'all' AND simulated = ?",
        (day, int(simulated)),
    ).fetchone()
    return Money(spent, row[0] if row else 0, row[1] if row else 0)


def read_sums(db: sqlite3.Connection, day: str, session: str) -> tuple[Sum, ...]:
    """What the day and the session have taken, in every scope."""
    rows = db.execute(
        "SELECT period, scope, simulated, spent_nusd + held_nusd FROM tally WHERE period IN (?, ?)", (day, session)
    )
    return tuple(Sum("session" if row[0] == session else "day", row[1], bool(row[2]), row[3]) for row in rows)


def read_accounts(db: sqlite3.Connection, day: str, session: str) -> Accounts:
    """The same, with what the day's caps were raised by."""
    return Accounts(read_sums(db, day, session), read_raised(db, day))


def read_books(db: sqlite3.Connection, day: str, session: str) -> Books:
    """The same, with what of each sum is held."""
    rows = db.execute("SELECT period, scope, simulated, held_nusd FROM tally WHERE period IN (?, ?)", (day, session))
    held = tuple(Sum("session" if row[0] == session else "day", row[1], bool(row[2]), row[3]) for row in rows)
    return Books(read_sums(db, day, session), held, read_raised(db, day))


def read_past_days(db: sqlite3.Connection, now_s: float, simulated: bool) -> PastDays:
    """What each of the last 28 days on which anything was spent took, by quarters of an hour. Looks at every turn of
    those days: read it once a day."""
    rows = db.execute(
        """
        SELECT CAST(turn.started_s / ? AS INTEGER) AS quarter, SUM(attempt.spend_nusd) AS nusd
        FROM turn CROSS JOIN attempt ON attempt.turn = turn.id
        WHERE turn.started_s BETWEEN ? AND ? AND attempt.simulated = ? GROUP BY 1 HAVING nusd > 0
        """,
        (QUARTER_S, now_s - (_PAST_DAYS + 1) * _DAY_S, now_s, int(simulated)),
    )
    today, days = local_day(now_s), defaultdict[str, list[int]](lambda: [0] * QUARTERS)
    for quarter, nusd in rows:
        began_s = quarter * QUARTER_S
        days[local_day(began_s)][local_quarter(began_s)] += nusd
    return tuple(tuple(days[day]) for day in sorted(days, reverse=True) if day < today)[:_PAST_DAYS]


def read_pace(db: sqlite3.Connection, now_s: float, simulated: bool, days: PastDays) -> Pace:
    """How fast money goes now, beside the past days. Looks at the turns of the last two hours."""
    rows = db.execute(
        """
        SELECT turn.started_s, attempt.spend_nusd FROM turn CROSS JOIN attempt ON attempt.turn = turn.id
        WHERE turn.started_s BETWEEN ? AND ? AND attempt.simulated = ? AND attempt.spend_nusd > 0
        ORDER BY turn.started_s DESC LIMIT ?
        """,
        (now_s - _RECENT * EWMA_S, now_s, int(simulated), _MOST_CALLS),
    )
    recent = sum(row[1] * math.exp((row[0] - now_s) / EWMA_S) for row in rows)
    taken = db.execute(
        "SELECT spent_nusd + held_nusd FROM tally WHERE period = ? AND scope = 'all' AND simulated = ?",
        (local_day(now_s), int(simulated)),
    ).fetchone()
    return Pace(recent, taken[0] if taken else 0, local_quarter(now_s), days)


def read_route_outcomes(
    db: sqlite3.Connection, policy_hash: str, route: str, simulated: bool, after: int = 0
) -> tuple[Outcome, ...]:
    """How the next 500 turns of a route went under one version of its profile, in order, from the turn behind `after`
    on. Turns that somebody stopped say nothing; none behind a turn that still runs is told before that has ended."""
    rows = db.execute(
        """
        SELECT n, COALESCE(CASE status WHEN 'answered' THEN confidence END, 0) AS success,
            (SELECT COALESCE(SUM(spend_nusd), 0) FROM attempt WHERE attempt.turn = turn.id) AS nusd
        FROM turn
        WHERE policy = ? AND route = ? AND n > ? AND simulated = ? AND purpose = 'answer'
            AND status IN ('answered', 'degraded', 'failed')
            AND n < COALESCE((SELECT MIN(+n) FROM turn WHERE status IS NULL), n + 1)
        ORDER BY n LIMIT ?
        """,
        (policy_hash, route, after, int(simulated), OUTCOMES),
    )
    return tuple(Outcome(row["n"], row["nusd"], min(1.0, max(0.0, row["success"]))) for row in rows)
