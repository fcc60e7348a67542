"""What texts mean, once it was paid for: each is asked for once. A projection of the turns that found it out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping

from routing import events as ev
from routing.ledger.store import Store
from routing.strategies.neighbours.signs import BITS, Meaning

LONGEST = 4_000
"""Characters: of a longer text the beginning counts. Many models read no more."""
_BYTES = BITS // 8


def meant(text: str) -> str:
    """The part of a text that is embedded."""
    return text[:LONGEST]


def key_of(text: str) -> str:
    """What a text is known by here: it is not kept."""
    return hashlib.sha256(meant(text).encode("utf-8", "replace")).hexdigest()[:24]


def as_text(meaning: Meaning) -> str:
    """A meaning as the reply of the turn that found it out: its space, and its bits in hexadecimal digits."""
    return f"{meaning.space} {meaning.bits:0{BITS // 4}x}"


def from_text(reply: str) -> Meaning | None:
    """The same again; None where it is none."""
    space, _, digits = reply.rpartition(" ")
    try:
        return Meaning(space, int(digits, 16)) if space and len(digits) == BITS // 4 else None
    except ValueError:
        return None


def note_asked(db: sqlite3.Connection, event: ev.TurnStarted) -> None:
    """Keep which text a turn asks about, if it is such a turn."""
    if event.purpose == "embedding":
        values = (event.turn, key_of(event.request.written))
        db.execute("INSERT INTO embedding (turn, key) VALUES (?, ?)", values)


def note_found(db: sqlite3.Connection, event: ev.TurnFinished) -> None:
    """Keep what the turn found out."""
    meaning = from_text(event.reply)
    if meaning is not None:
        values = (meaning.space, meaning.bits.to_bytes(_BYTES, "big"), event.turn)
        db.execute("UPDATE embedding SET space = ?, bits = ? WHERE turn = ?", values)


def forget_text(db: sqlite3.Connection, text: str) -> list[str]:
    """The turns that asked about a text, and hold it as well. What they found out goes."""
    key = (key_of(text),)
    turns = [row[0] for row in db.execute("SELECT turn FROM embedding WHERE key = ?", key)]
    db.execute("DELETE FROM embedding WHERE key = ?", key)
    return turns


def read_meanings(store: Store, model: str, texts: Mapping[str, str]) -> list[tuple[str, Meaning]]:
    """By name, what is known of these texts from a model, in whichever space."""
    keys = {name: key_of(text) for name, text in texts.items()}
    known = store.read(lambda db: _read(db, model, keys.values()))
    return [(name, meaning) for name, key in keys.items() for meaning in known.get(key, ())]


def latest_space(store: Store, model: str) -> str:
    """The one in which a model answered last; empty where it never did."""
    query = """
        SELECT embedding.space FROM embedding JOIN turn ON turn.id = embedding.turn
        WHERE substr(embedding.space, 1, length(?1)) = ?1 ORDER BY turn.n DESC LIMIT 1
    """
    row = store.read(lambda db: db.execute(query, (f"{model}:",)).fetchone())
    return "" if row is None else str(row[0])


def _read(db: sqlite3.Connection, model: str, keys: Iterable[str]) -> dict[str, list[Meaning]]:
    query = """
        SELECT key, space, bits FROM embedding
        WHERE key IN (SELECT value FROM json_each(?1)) AND substr(space, 1, length(?2)) = ?2
        ORDER BY key, turn
    """
    found: dict[str, list[Meaning]] = {}
    for key, space, bits in db.execute(query, (json.dumps(list(keys)), f"{model}:")):
        found.setdefault(key, []).append(Meaning(space, int.from_bytes(bits, "big")))
    return found
