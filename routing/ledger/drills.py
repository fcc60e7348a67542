"""What the ledger tells of providers that stand in for each other: drills, and whom else a turn could have asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from routing.ledger.latest import NO_FAILURE
from routing.ledger.store import Store

_TOLD_NOTHING = frozenset({"cancelled", "interrupted"})
_PASSING = frozenset({"breaker", "rate_limit", "pattern"})
"""Reasons against a model that are gone in a while, or that give way when nobody else is left."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One small call that was made to see whether a model answers; `at_s` is Unix seconds."""

    provider: str
    model: str
    at_s: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Whether a provider could have taken a turn too, and the expected quality of the best model that could."""

    provider: str
    takes: bool
    quality: float | None


@dataclass(frozen=True, slots=True)
class Served:
    """A turn that a provider answered, with the expected quality of the model that did, and every other provider that
    there was then."""

    provider: str
    quality: float | None
    others: tuple[Other, ...]


def read_drills(store: Store, since_s: float) -> list[Drill]:
    """Drills since then that came to an end of their own, the oldest first."""
    query = """
        SELECT attempt.provider, attempt.model, turn.started_s, attempt.outcome
        FROM attempt JOIN turn ON turn.id = attempt.turn
        WHERE attempt.purpose = 'drill' AND attempt.outcome IS NOT NULL AND turn.started_s >= ?
        ORDER BY turn.started_s, turn.n, attempt.n
    """
    rows = store.read(lambda db: db.execute(query, (since_s,)).fetchall())
    return [
        Drill(provider, model, at_s, outcome in NO_FAILURE)
        for provider, model, at_s, outcome in rows
        if outcome not in _TOLD_NOTHING
    ]


def read_served(store: Store, since_s: float) -> list[Served]:
    """Turns since then that a model answered. Those in which the user named the model are left out: they may go to no
    other."""
    query = """
        SELECT turn.provider, turn.model, event.body FROM turn JOIN event ON event.turn = turn.id
        WHERE turn.purpose = 'answer' AND turn.status = 'answered' AND turn.provider <> '' AND turn.started_s >= ?
            AND event.type = 'RouteDecided'
        ORDER BY turn.n
    """

    def read(db: sqlite3.Connection) -> list[Served]:
        decided = ((provider, model, json.loads(body)) for provider, model, body in db.execute(query, (since_s,)))
        return [_served(provider, model, body["decision"]) for provider, model, body in decided if not _pinned(body)]

    return store.read(read)


def _pinned(body: dict[str, Any]) -> bool:
    return body["snapshot"].get("pin") is not None


def _served(provider: str, model: str, decision: dict[str, Any]) -> Served:
    qualities = {one["model"]: float(one["quality"]) for one in decision["candidates"]}
    return Served(provider, qualities.get(model), tuple(_others(provider, decision, qualities)))


def _others(provider: str, decision: dict[str, Any], qualities: dict[str, float]) -> Iterator[Other]:
    kept_out = {
        one["model"]
        for one in decision["excluded"]
        if not one["reasons"] or any(reason["kind"] not in _PASSING for reason in one["reasons"])
    }
    for name in sorted({_provider(model) for model in qualities} - {provider}):
        own = [quality for model, quality in qualities.items() if _provider(model) == name and model not in kept_out]
        yield Other(name, bool(own), max(own, default=None))


def _provider(model: str) -> str:
    return model.partition("/")[0]
