"""What reports on money read: every call with its turn, and what events tell of some of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from routing.ledger.rows import build
from routing.ledger.store import Store
from routing.messages import Usage
from routing.registry.model import UNRANKED
from routing.registry.price import Price, Step

COMPARED_TURNS = 2_000
"""How many turns, the latest, a report looks at for what the dearest model was expected to be worth."""
_PROMPT_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Calls of one session, or from a local day (`2026-11-20`) on; neither: all there are."""

    session: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class CostRow:
    """One call and, from `asked` on, its turn: whether the user asked for it, how it ended, what is known of it.
    `spend_nusd` None: not settled, `reserved_nusd` is held. `saved_tokens`, `saved_nusd`: input that the call was
    spared as the oldest part of the chat stayed out. `counts` says whether the call itself is in scope: the others of
    its turn are read with it, as they tell what it was for."""

    id: str
    turn: str
    n: int
    purpose: str
    provider: str
    model: str
    tier: str
    simulated: bool
    day: str
    role: str
    outcome: str | None
    basis: str | None
    reserved_nusd: int
    spend_nusd: int | None
    input_tokens: int
    output_tokens: int
    saved_tokens: int
    saved_nusd: int
    counts: bool
    asked: bool
    status: str | None
    route: str
    task: str | None
    confidence: float | None
    baseline_nusd: int
    escalations: int

    @property
    def held_nusd(self) -> int:
        return self.reserved_nusd if self.spend_nusd is None else 0


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A prompt and the one before it in its chat; `gap_s` from the end of that one's answer to this prompt."""

    turn: str
    prompt: str
    before: str
    gap_s: float


def read_costs(store: Store, scope: Scope) -> list[CostRow]:
    """Every call of every turn that has a call in scope, in the order in which they were made."""
    turns, value = _turns(scope)
    query = f"""
        SELECT attempt.id, attempt.turn, attempt.n, attempt.purpose, attempt.provider, attempt.model, attempt.tier,
               attempt.simulated, attempt.day, attempt.role, attempt.outcome, attempt.basis, attempt.reserved_nusd,
               attempt.spend_nusd, attempt.input_tokens, attempt.output_tokens,
               attempt.saved_tokens, attempt.saved_nusd, attempt.day >= ? AS counts,
               COALESCE(turn.purpose = 'answer', 0) AS asked, turn.status, COALESCE(turn.route, '') AS route,
               turn.task, turn.confidence, COALESCE(turn.baseline_nusd, 0) AS baseline_nusd,
               COALESCE(turn.escalations, 0) AS escalations
        FROM attempt LEFT JOIN turn ON turn.id = attempt.turn
        WHERE attempt.turn IN ({turns}) ORDER BY turn.n, attempt.n, attempt.id
    """
    return store.read(lambda db: [build(CostRow, row) for row in db.execute(query, (scope.since or "", value))])


def read_cut(store: Store, scope: Scope) -> frozenset[str]:
    """Calls that were stopped because another one, asked beside them, began to answer first."""
    turns, value = _turns(scope)
    query = f"SELECT json_extract(body, '$.attempt') FROM event WHERE turn IN ({turns}) AND type = 'HedgeCut'"
    return frozenset(row[0] for row in store.read(lambda db: db.execute(query, (value,)).fetchall()))


def read_shown(store: Store, turns: Collection[str]) -> frozenset[str]:
    """The calls whose text these turns show."""
    query = """
        SELECT json_extract(body, '$.attempt') FROM event
        WHERE turn IN (SELECT value FROM json_each(?)) AND type = 'TurnFinished'
    """
    rows = store.read(lambda db: db.execute(query, (json.dumps(list(turns)),)).fetchall()) if turns else []
    return frozenset(row[0] for row in rows if row[0] is not None)


def read_follow_ups(store: Store, scope: Scope, within_s: float) -> list[FollowUp]:
    """Prompts that came soon after an answer in the same chat. Of long prompts the beginning."""
    turns, value = _turns(scope)
    query = f"""
        WITH told AS (
            SELECT id, chat, n, substr(prompt, 1, {_PROMPT_CHARACTERS}) AS prompt, started_s, model,
                   started_s + COALESCE(latency_s, 0) AS ended_s
            FROM turn WHERE purpose = 'answer' AND chat IN (
                SELECT chat FROM turn WHERE id IN ({turns}))
        ), pair AS (
            SELECT id, prompt, LAG(prompt) OVER follow AS before, started_s - LAG(ended_s) OVER follow AS gap_s,
                   LAG(model) OVER follow AS answered
            FROM told WINDOW follow AS (PARTITION BY chat ORDER BY n)
        )
        SELECT id, prompt, before, gap_s FROM pair WHERE answered IS NOT NULL AND gap_s BETWEEN 0 AND ?
    """
    return store.read(lambda db: [FollowUp(*row) for row in db.execute(query, (value, within_s))])


def read_premium(store: Store, scope: Scope) -> dict[str, float]:
    """The quality that was expected of the dearest priced model on any rung, of the kind that was asked, by turn with
    an answer; of the latest `COMPARED_TURNS`."""
    turns, value = _turns(scope)
    query = f"""
        WITH compared AS MATERIALIZED (
            SELECT id, simulated, model FROM turn
            WHERE id IN ({turns}) AND status IN ('answered', 'degraded') AND model IS NOT NULL
                AND confidence IS NOT NULL
            ORDER BY n DESC LIMIT {COMPARED_TURNS}
        )
        SELECT compared.id, compared.simulated, compared.model, event.body FROM compared
        JOIN event ON event.turn = compared.id AND event.type = 'RouteDecided'
    """

    def read(db: sqlite3.Connection) -> dict[str, float]:
        found = {}
        for turn, simulated, model, body in db.execute(query, (value,)):
            expected = _dearest(json.loads(body)["decision"]["candidates"], bool(simulated), model)
            if expected is not None:
                found[turn] = expected
        return found

    return store.read(read)


def least_step(store: Store) -> int | None:
    """The shortest input, in tokens, above which any model that was ever known costs more; None: none does."""
    query = """
        SELECT MIN(json_extract(step.value, '$.above')) FROM blob, json_each(blob.body, '$.models') AS model,
            json_each(model.value, '$.price.steps') AS step
        WHERE blob.kind = 'registry'
    """
    least: int | None = store.read(lambda db: db.execute(query).fetchone()[0])
    return least


def read_prices(store: Store, turns: Collection[str]) -> dict[str, Mapping[str, Price]]:
    """By turn, what each model charged when it was decided; models without a price are left out."""
    query = """
        SELECT event.turn, blob.hash, blob.body FROM event
        JOIN blob ON blob.hash = json_extract(event.body, '$.snapshot.registry_hash')
        WHERE event.turn IN (SELECT value FROM json_each(?)) AND event.type = 'RouteDecided'
    """
    lists: dict[str, Mapping[str, Price]] = {}

    def read(db: sqlite3.Connection) -> dict[str, Mapping[str, Price]]:
        found = {}
        for turn, hash_, body in db.execute(query, (json.dumps(list(turns)),)):
            if hash_ not in lists:
                lists[hash_] = dict(_prices(json.loads(body)["models"]))
            found[turn] = lists[hash_]
        return found

    return store.read(read) if turns else {}


def read_usage(store: Store, turns: Collection[str]) -> dict[str, Usage]:
    """What each settled call of these turns was billed for."""
    query = """
        SELECT json_extract(body, '$.attempt'), json_extract(body, '$.usage') FROM event
        WHERE turn IN (SELECT value FROM json_each(?)) AND type = 'Settled'
    """
    rows = store.read(lambda db: db.execute(query, (json.dumps(list(turns)),)).fetchall()) if turns else []
    return {row[0]: Usage(**json.loads(row[1])) for row in rows}


def _turns(scope: Scope) -> tuple[str, str]:
    """A query for the turns that have a call in scope, and its value."""
    if scope.session is not None:
        return "SELECT id FROM turn WHERE session = ?", scope.session
    return "SELECT turn FROM attempt WHERE day >= ?", scope.since or ""


def _dearest(candidates: list[dict[str, Any]], simulated: bool, answered: str) -> float | None:
    compared = [
        one
        for one in candidates
        if one["price_known"]
        and one["simulated"] == simulated
        and (one["tier"] != UNRANKED or one["model"] == answered)
    ]
    dearest = max(compared, key=lambda one: (one["cost_nusd"], one["quality"]), default=None)
    return None if dearest is None else float(dearest["quality"])


def _prices(models: list[dict[str, Any]]) -> Iterator[tuple[str, Price]]:
    for model in models:
        price = model["price"]
        if price is not None:
            steps = tuple(Step(**step) for step in price.get("steps", ()))
            yield model["id"], Price(**{**price, "steps": steps, "batch": None})
