"""The whole ledger as lines of JSON, and back.

First a line that says what this is, then a line for each row, last one that counts them and has the SHA-256 of all
lines before it, each with one newline as its end. Rows that come from no event are first (chats, policies, sessions …),
then the sums of money, then each turn with its text, oldest first. What is made from events is not written: it is made
again. The same ledger gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from routing import events as ev
from routing.errors import ConfigurationError, Problem
from routing.ledger.replaying import SUMS, columns_of, index_all, insert_new, keep_sum, other_tables, replay_turns
from routing.ledger.schema import MIGRATIONS
from routing.ledger.store import Store

_FORMAT = "pointsman-ledger"
_NO_ROW = (sqlite3.IntegrityError, sqlite3.ProgrammingError, ValueError, OverflowError, LookupError)
"""What a row raises that no ledger takes."""


@dataclass(slots=True)
class Imported:
    """What an import brought, how many of its turns were there already, and whether the file had a checksum."""

    turns: int = 0
    chats: int = 0
    known: int = 0
    checked: bool = False


def export_lines(store: Store) -> Iterator[str]:
    """Every line without its end. Turns that begin while it is written are left out. Raises StorageError."""
    count, digest = 0, hashlib.sha256()
    for line in _lines(store):
        count += 1
        digest.update(f"{line}\n".encode())
        yield line
    yield _line({"rows": count - 1, "sha256": digest.hexdigest()})  # the first line is no row


def import_lines(store: Store, lines: Iterable[bytes], name: str) -> Imported:
    """Add what an export holds to the ledger: all of it, or with an error nothing. What is there already stays as it
    is, so a second time changes nothing; of a sum of money that both know the larger stays.

    Raises ConfigurationError with the line that cannot be, StorageError when the ledger cannot be written.
    """
    return store.write_now(lambda db: _Import(db, name).run(lines))


def _lines(store: Store) -> Iterator[str]:
    yield _line({"format": _FORMAT, "version": len(MIGRATIONS)})
    for table, row in _rows(store):
        yield _line({"table": table, "row": row})


def _line(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))


def _rows(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of the truth, in an order that is always the same; a table or a turn at a time, which holds no other
    program up. Turns are chosen first, so that all they name comes along."""
    turns = store.read(lambda db: [row[0] for row in db.execute("SELECT id FROM turn ORDER BY n")])
    for table in store.read(other_tables):
        for row in store.read(partial(_whole_table, table=table)):
            yield table, row
    for table in SUMS:
        for row in store.read(partial(_whole_sum, table=table)):
            yield table, row
    for turn in turns:
        yield from store.read(partial(_turn_rows, turn=turn))


def _whole_table(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    without_ids = db.execute("SELECT wr FROM pragma_table_list(?)", (table,)).fetchone()[0]
    keys = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
    order = ", ".join(keys) if without_ids else "rowid"
    return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}")]


def _whole_sum(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    keys, counted = SUMS[table]
    query = f"SELECT {', '.join((*keys, *counted))} FROM {table} ORDER BY {', '.join(keys)}"
    return [dict(row) for row in db.execute(query)]


def _turn_rows(db: sqlite3.Connection, turn: str) -> list[tuple[str, dict[str, Any]]]:
    events = db.execute("SELECT * FROM event WHERE turn = ? ORDER BY seq", (turn,))
    found = [("event", dict(row)) for row in events]
    pieces = "SELECT * FROM piece WHERE attempt IN (SELECT id FROM attempt WHERE turn = ?) ORDER BY attempt, seq"
    return found + [("piece", dict(row)) for row in db.execute(pieces, (turn,))]


class _LineError(Exception):
    """What is wrong with the line."""


@dataclass(slots=True)
class _Import:
    """One import, within one transaction."""

    db: sqlite3.Connection
    name: str
    imported: Imported = field(default_factory=Imported)
    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    turns: dict[str, bool] = field(default_factory=dict)
    attempts: dict[str, bool] = field(default_factory=dict)
    """Turns, and attempts of turns, that the file holds: whether each is new here."""
    sums: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    """With their lines: they are compared with what the turns give."""

    def run(self, lines: Iterable[bytes]) -> Imported:
        for table in (*other_tables(self.db), "event", "piece"):
            self.columns[table] = frozenset(columns_of(self.db, table))
        for table, (keys, counted) in SUMS.items():
            self.columns[table] = frozenset((*keys, *counted))
        last = self._read(lines)
        new = [turn for turn, is_new in self.turns.items() if is_new]
        untold = replay_turns(self.db, new)
        if untold:
            raise self._problem(last, f"the turn {untold[0]} is not whole")
        for number, table, row in self.sums:
            try:
                keep_sum(self.db, table, row)
            except _NO_ROW as error:
                raise self._problem(number, f"it is no row of {table!r}") from error
        index_all(self.db)
        self.imported.turns, self.imported.known = len(new), len(self.turns) - len(new)
        return self.imported

    def _read(self, lines: Iterable[bytes]) -> int:
        """Take every line; returns the number of the last. Raises ConfigurationError."""
        number, ended, digest = 0, False, hashlib.sha256()
        for number, line in enumerate(lines, 1):
            try:
                if number == 1:
                    _check_head(line)
                else:
                    content = _parse(line)
                    if ended:
                        raise _LineError("nothing may follow the line that counts the rows")
                    ended = "rows" in content
                    if ended:
                        self._check_end(content, number - 2, digest.hexdigest())
                    else:
                        self._take(number, content)
            except _LineError as error:
                raise self._problem(number, str(error)) from error
            digest.update(line.rstrip(b"\r\n") + b"\n")
        if not ended:
            raise self._problem(number, "the file is empty" if number == 0 else "the file ends here, before its end")
        return number

    def _check_end(self, content: dict[str, Any], rows: int, sha256: str) -> None:
        if content["rows"] != rows:
            raise _LineError(f"{content['rows']} rows are counted, and there are {rows}")
        self.imported.checked = "sha256" in content
        if self.imported.checked and content["sha256"] != sha256:
            raise _LineError("the checksum is not that of the lines above: one of them was changed")

    def _take(self, number: int, content: dict[str, Any]) -> None:
        table, row = content.get("table"), content.get("row")
        if not isinstance(table, str) or table not in self.columns or not isinstance(row, dict) or not row:
            raise _LineError("it is no row of a ledger")
        if not row.keys() <= self.columns[table]:
            raise _LineError(f"{sorted(row.keys() - self.columns[table])[0]!r} is no column of {table!r}")
        try:
            if table in SUMS:
                self.sums.append((number, table, {name: row[name] for name in self.columns[table]}))
            else:
                self._add(table, row)
        except _NO_ROW as error:
            raise _LineError(f"it is no row of {table!r}") from error

    def _add(self, table: str, row: dict[str, Any]) -> None:
        if table == "event":
            self._add_event(row)
        elif table == "piece":
            if self.attempts[row["attempt"]]:
                insert_new(self.db, table, row)
        elif insert_new(self.db, table, row) and table == "chat":
            self.imported.chats += 1

    def _add_event(self, row: dict[str, Any]) -> None:
        turn = row["turn"]
        if turn not in self.turns:
            self.turns[turn] = self.db.execute("SELECT 1 FROM turn WHERE id = ?", (turn,)).fetchone() is None
        event = ev.load(row["body"])
        if (event.turn, event.seq, event.type) != (turn, row["seq"], row["type"]):
            raise ValueError("it contradicts itself")
        if isinstance(event, ev.AttemptStarted):
            self.attempts[event.attempt] = self.turns[turn]
        if self.turns[turn]:
            insert_new(self.db, "event", row)

    def _problem(self, line: int, what: str) -> ConfigurationError:
        return ConfigurationError((Problem(self.name, line or None, f"{what}; nothing was imported."),))


def _parse(line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _LineError("it is no line of JSON, or it was cut") from error
    if not isinstance(content, dict):
        raise _LineError("it is no row of a ledger")
    return content


def _check_head(line: bytes) -> None:
    try:
        content = _parse(line)
    except _LineError:
        content = {}
    if content.get("format") != _FORMAT or not isinstance(content.get("version"), int):
        raise _LineError("the file is no export of a ledger, as `pointsman history export --all` writes it")
    if content["version"] > len(MIGRATIONS):
        raise _LineError("the file was written by a newer Pointsman: update this one")
