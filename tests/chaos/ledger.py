"""What stands in a ledger's file after a run, read with SQL and JSON alone: none of the product's code takes part."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDS = ("AttemptFinished", "AttemptFailed")


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt as its events tell it: the bodies of its events by type."""

    id: str
    turn: str
    events: dict[str, list[dict[str, Any]]]

    def one(self, *types: str) -> dict[str, Any]:
        """The first event of these types, or nothing."""
        return next((body for name in types for body in self.events.get(name, ())), {})

    @property
    def model(self) -> str:
        return str(self.one("AttemptStarted").get("model", ""))

    @property
    def request_id(self) -> str | None:
        found = self.one(*ENDS).get("request_id")
        return None if found is None else str(found)

    @property
    def spend_nusd(self) -> int:
        return int(self.one("Settled").get("spend_nusd", 0))

    @property
    def basis(self) -> str:
        return str(self.one("Settled").get("basis", ""))


@dataclass(frozen=True, slots=True)
class TurnRow:
    id: str
    chat: str
    session: str
    prompt: str
    status: str | None
    events: list[dict[str, Any]] = field(default_factory=list)
    """In the order of their numbers, without text."""

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@dataclass(frozen=True, slots=True)
class Book:
    """`sums` are the product's own: (period, scope, simulated) to spent and held."""

    turns: dict[str, TurnRow]
    calls: dict[str, Call]
    attempts: dict[str, dict[str, Any]]
    sums: dict[tuple[str, str, int], tuple[int, int]]
    intact: str


def read_book(ledger: Path) -> Book:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=10)) as db:
        db.row_factory = sqlite3.Row
        turns = {
            row["id"]: TurnRow(row["id"], row["chat"], row["session"], row["prompt"], row["status"])
            for row in db.execute("SELECT id, chat, session, prompt, status FROM turn ORDER BY n")
        }
        for row in db.execute("SELECT turn, seq, body FROM event ORDER BY turn, seq"):
            turns[row["turn"]].events.append(json.loads(row["body"]))
        attempts = {row["id"]: dict(row) for row in db.execute("SELECT * FROM attempt")}
        tally = "SELECT period, scope, simulated, spent_nusd, held_nusd FROM tally"
        sums = {(row[0], row[1], row[2]): (row[3], row[4]) for row in db.execute(tally)}
        (intact,) = db.execute("PRAGMA integrity_check").fetchone()
    return Book(turns, _calls(turns.values()), attempts, sums, intact)


def _calls(turns: Iterable[TurnRow]) -> dict[str, Call]:
    found: dict[str, Call] = {}
    counted = ("Reserved", "AttemptStarted", "Settled", *ENDS)
    for turn in turns:
        for event in turn.events:
            if event["type"] in counted:
                call = found.setdefault(event["attempt"], Call(event["attempt"], turn.id, defaultdict(list)))
                call.events[event["type"]].append(event)
    return found
