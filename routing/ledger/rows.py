"""What the ledger's tables hold, as values for those who read them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from functools import cache
from typing import TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat; times are Unix seconds, `turns` counts those of every branch, spend is what they cost."""

    id: str
    title: str
    created_s: float
    updated_s: float
    deleted_s: float | None
    draft: str
    turns: int
    spend_nusd: int
    simulated_nusd: int


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn; `status` None: it runs, here or in another program. `provider` None: no model gave the reply;
    `taken` is the attempt whose text the user took for the answer of a turn that has none."""

    id: str
    chat: str
    parent: str | None
    session: str
    profile: str
    started_s: float
    status: str | None
    prompt: str
    reply: str
    provider: str | None
    model: str | None
    task: str | None
    confidence: float | None
    latency_s: float | None
    first_token_s: float | None
    simulated: bool
    baseline_nusd: int
    escalations: int
    failovers: int
    attached: str = ""
    taken: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call. `spend_nusd` None: not settled, `reserved_nusd` is held."""

    id: str
    turn: str
    n: int
    purpose: str
    provider: str
    model: str
    tier: str
    simulated: bool
    day: str
    reserved_nusd: int
    spend_nusd: int | None
    basis: str | None
    input_tokens: int
    output_tokens: int
    outcome: str | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One run of a program; `ended_s` None: it runs."""

    id: str
    program: str
    profile: str
    started_s: float
    ended_s: float | None
    turns: int


COUNTED = {("chat", "turns"), ("chat", "spend_nusd"), ("chat", "simulated_nusd"), ("session", "turns")}


def columns(kind: type, table: str) -> str:
    """The columns of a row type, for a SELECT; what is `COUNTED` the query itself adds."""
    return ", ".join(f"{table}.{field.name}" for field in fields(kind) if (table, field.name) not in COUNTED)


def build(kind: type[R], row: sqlite3.Row) -> R:
    """The row, whose columns stand in the order of the type's fields, as its type; SQLite's 0 and 1 become what the
    type says."""
    values = list(row)
    declared: type = kind
    for at in _truths(declared):
        values[at] = bool(values[at])
    return kind(*values)


@cache
def _truths(kind: type) -> tuple[int, ...]:
    return tuple(at for at, field in enumerate(fields(kind)) if field.type == "bool")
