"""What models are known by, read when a session begins and after each rating: how often their answers were kept and
not found bad, by class of task, how often their JSON was valid, what they get wrong, and what ratings say of the
confidence."""

from __future__ import annotations

import hashlib
import sqlite3

from routing.confidence.calibration import fit
from routing.confidence.patterns import known
from routing.decision.model import Acceptance, FormatRecord, Record
from routing.ledger.patterns import read_patterns
from routing.ledger.ratings import coverage, labels, read_ratings
from routing.ledger.signs import read_signs
from routing.ledger.store import Store
from routing.ledger.usual import read_usual


def read_acceptance(store: Store) -> Acceptance:
    """Every model that finished an answer, in a fixed order, so that the same ledger gives the same hash."""
    records, formats = store.read(_records), store.read(_formats)
    content = ";".join(f"{r.model},{r.task},{r.kept},{r.answered}" for r in records)
    content += "|" + ";".join(f"{r.model},{r.valid},{r.asked}" for r in formats)
    patterns = tuple(pattern for pattern in read_patterns(store) if known(pattern))
    content += "|" + ";".join(f"{p.model},{p.kind},{p.subject},{p.seen},{p.of}" for p in patterns)
    ratings = read_ratings(store)
    calibration = fit(labels(ratings, read_signs(store)), coverage(ratings, sum(one.answered for one in records)))
    content += f"|{calibration.hash}"
    usual = read_usual(store)
    content += "|" + ";".join(f"{u.model},{u.name},{u.code},{u.intercept},{u.slope}" for u in usual)
    return Acceptance(records, hashlib.sha256(content.encode()).hexdigest()[:12], formats, patterns, calibration, usual)


def _records(db: sqlite3.Connection) -> tuple[Record, ...]:
    rows = db.execute(
        """
        SELECT attempt.model, turn.task,
            SUM(attempt.outcome = 'finished' AND turn.status = 'answered' AND COALESCE(rating.good, 1)), COUNT(*)
        FROM attempt JOIN turn ON turn.id = attempt.turn LEFT JOIN rating ON rating.attempt = attempt.id
        WHERE attempt.outcome IN ('finished', 'superseded') AND attempt.purpose = 'answer' AND turn.task IS NOT NULL
        GROUP BY attempt.model, turn.task ORDER BY attempt.model, turn.task
        """
    )
    return tuple(Record(*row) for row in rows)


def _formats(db: sqlite3.Connection) -> tuple[FormatRecord, ...]:
    rows = db.execute(
        """
        SELECT model, SUM(valid), COUNT(*) FROM attempt
        WHERE valid IS NOT NULL AND purpose = 'answer' GROUP BY model ORDER BY model
        """
    )
    return tuple(FormatRecord(*row) for row in rows)
