"""Triggers in the ledger's file that note every hold and every settlement, in the order in which they were committed.

They run inside the transactions that they watch, so nothing can happen between two looks; nothing of the product's
own sums is read.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """
CREATE TABLE witness (
    n INTEGER PRIMARY KEY, kind TEXT, attempt TEXT, turn TEXT, day TEXT, simulated INTEGER,
    reserved_nusd INTEGER, before_nusd INTEGER, after_nusd INTEGER
);
CREATE TRIGGER witness_hold AFTER INSERT ON attempt BEGIN
    INSERT INTO witness (kind, attempt, turn, day, simulated, reserved_nusd)
    VALUES ('hold', NEW.id, NEW.turn, NEW.day, NEW.simulated, NEW.reserved_nusd);
END;
CREATE TRIGGER witness_settle AFTER UPDATE OF spend_nusd ON attempt BEGIN
    INSERT INTO witness (kind, attempt, turn, day, simulated, reserved_nusd, before_nusd, after_nusd)
    VALUES ('settle', NEW.id, NEW.turn, NEW.day, NEW.simulated, NEW.reserved_nusd, OLD.spend_nusd, NEW.spend_nusd);
END;
"""


@dataclass(frozen=True, slots=True)
class Act:
    """One hold, or one settlement: `before_nusd` is None unless it was settled already."""

    kind: str
    attempt: str
    turn: str
    day: str
    simulated: bool
    reserved_nusd: int
    before_nusd: int | None
    after_nusd: int | None


def install(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger, timeout=10)) as db:
        db.executescript(_SCRIPT)


def acts(ledger: Path) -> list[Act]:
    query = """
        SELECT kind, attempt, turn, day, simulated, reserved_nusd, before_nusd, after_nusd FROM witness ORDER BY n
    """
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=10)) as db:
        return [Act(row[0], row[1], row[2], row[3], bool(row[4]), *row[5:]) for row in db.execute(query)]


def taken_nusd(ledger: Path) -> int:
    """Simulated nano-dollars that are spent or held, by what was noted."""
    total = 0
    for act in acts(ledger):
        if act.simulated:
            total += act.reserved_nusd if act.kind == "hold" else (act.after_nusd or 0) - act.reserved_nusd
    return total
