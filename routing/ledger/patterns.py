"""The failure patterns of models: counted in the ledger, and written to a file that people can read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import yaml

from routing.confidence.patterns import LEAST_ANSWERS, known
from routing.decision.model import Pattern
from routing.events import Observation
from routing.files import replace_file
from routing.ledger.store import Store

FILE_NAME = "failure_patterns.yaml"
_MODE = 0o600
_ABOUT = f"""\
# What models got wrong before: how often, of the answers in which it could go wrong.
#   format    the JSON that was asked for did not come
#   language  the answer came in another language than the question
#   length    the answer was far too short, far too long, or cut off at its limit
#   refusal   the model declined, or the provider filtered its answer
# Pointsman counts this in its ledger and checks it before it asks a model. Only what is `known: true`, so often that
# chance is no explanation, is acted on. Nothing is listed below {LEAST_ANSWERS} answers.
# This file is for reading: it is written anew, and changes made here are lost.
"""


def note_patterns(db: sqlite3.Connection, model: str, observations: Iterable[Observation]) -> None:
    """Count the observations of one answer, in the transaction that is open."""
    db.executemany(
        """
        INSERT INTO pattern (model, kind, subject, seen, of_) VALUES (?, ?, ?, ?, 1)
        ON CONFLICT (model, kind, subject) DO UPDATE SET seen = seen + excluded.seen, of_ = of_ + 1
        """,
        [(model, one.kind, one.subject, int(one.failed)) for one in observations],
    )


def read_patterns(store: Store) -> tuple[Pattern, ...]:
    """All that was counted, in a fixed order. Raises StorageError."""
    query = "SELECT model, kind, subject, seen, of_ FROM pattern ORDER BY model, kind, subject"
    return store.read(lambda db: tuple(Pattern(*row) for row in db.execute(query)))


def write_patterns_file(path: Path, patterns: Iterable[Pattern]) -> None:
    """Put a new file in the place of the old one, in a fixed order. Raises OSError."""
    told = [pattern for pattern in patterns if pattern.of >= LEAST_ANSWERS]
    rows = [
        {
            "model": pattern.model,
            "kind": pattern.kind,
            "subject": pattern.subject,
            "seen": pattern.seen,
            "of": pattern.of,
            "known": known(pattern),
        }
        for pattern in sorted(told, key=lambda pattern: (pattern.model, pattern.kind, pattern.subject))
    ]
    body = _ABOUT + yaml.safe_dump({"patterns": rows}, sort_keys=False, allow_unicode=True)
    replace_file(path, body.encode(), _MODE)
