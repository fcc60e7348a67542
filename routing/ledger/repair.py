"""A damaged ledger made anew from all that can be read of it. The damaged file is kept.

Events are the truth, so they are what is saved, with text, chats, sessions and policies; the other tables are made
again from them. Rows come from SQLite as far as it can go, then from every page by itself.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from routing import events as ev
from routing.errors import StorageError
from routing.ledger.carving import Row, carve, read_image
from routing.ledger.faults import DamagedError, damaged, storage_errors
from routing.ledger.opening import migrate, prepare
from routing.ledger.places import MOUNTS, make_private, refuse_network
from routing.ledger.replaying import SUMS, columns_of, index_all, insert_new, keep_sum, other_tables, replay_turns
from routing.ledger.sessions import in_use

_CARVED: dict[str, tuple[str, ...]] = {
    "event": ("text", "int", "text", "text"),
    "piece": ("text", "int", "text", "text", "text"),
    "blob": ("text", "text", "text"),
    "session": ("text", "text", "text", "number", "number?"),
    "chat": ("text", "text", "int", "number", "number", "number?", "text"),
}
"""Tables whose rows are known by the shape of their values."""
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (int,),
    "number": (int, float),
    "number?": (int, float, type(None)),
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """Turns that were saved and chats they are in, how many turns have gaps, how many could not be saved at all; and
    where the damaged file is."""

    turns: int
    chats: int
    partial: int
    lost: int
    aside: Path


def repair(path: Path, mounts: Path = MOUNTS) -> Repaired | None:
    """Make the ledger anew when it is damaged; None: it is whole. Raises StorageError when there is none, another
    program uses it, or the disk has no room for a second one; then it is as it was."""
    with storage_errors(path):
        refuse_network(path, mounts)
        if not path.exists():
            raise StorageError(f"There is no ledger {path}: there is nothing to repair.")
        if in_use(path.parent):
            raise StorageError(f"The ledger {path} is in use: close every Pointsman that uses it, then repair it.")
        try:
            _require_readable(path)
        except DamagedError:
            return _make_anew(path)
    return None


def set_aside(path: Path) -> list[Path]:
    """The damaged files that repairs have kept."""
    return sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))


def _require_readable(path: Path) -> None:
    """Every page, every index and every event. Raises DamagedError, and what opening raises."""
    with storage_errors(path), contextlib.closing(prepare(path)) as db:
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise damaged(path, str(found))
        _require_columns(db, path)
        for row in db.execute("SELECT turn, seq, type, body FROM event"):
            if not _is_event(tuple(row)):
                raise damaged(path, "an event cannot be read")
        for row in db.execute("SELECT marks, text FROM piece"):
            if not _fits(row[0], row[1]):
                raise damaged(path, "a text cannot be read")


def _require_columns(db: sqlite3.Connection, path: Path) -> None:
    """Every table with the columns of a new one, and every row with values that can be had."""
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        migrate(model, path)
        for (table,) in model.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if columns_of(db, table) != columns_of(model, table):
                raise damaged(path, f"columns of {table!r} are missing")
            if not table.startswith("search"):
                for _ in db.execute(f"SELECT * FROM {table}"):
                    pass


def _make_anew(path: Path) -> Repaired:
    aside = _put_aside(path)
    fresh = path.with_name(f"{path.name}.repairing")
    _remove(fresh)
    try:
        with contextlib.closing(prepare(fresh)) as db:
            db.execute("BEGIN IMMEDIATE")
            told = _told_turns(path)
            _save_rows(db, path, aside)
            repaired = _tell_again(db, told, aside)
            _keep_sums(db, path)
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode=DELETE").fetchall()  # all of it in one file, which can be renamed
        _move(fresh, path)
    except BaseException:
        _remove(fresh)
        _move(aside, path)
        raise
    return repaired


def _put_aside(path: Path) -> Path:
    """Copy the file and its log before anything opens them. Raises OSError."""
    aside = next(
        name for n in count(1) if not (name := path.with_name(f"{path.stem}.damaged-{n}{path.suffix}")).exists()
    )
    for ending in ("", "-wal"):
        source, target = path.with_name(path.name + ending), aside.with_name(aside.name + ending)
        if source.exists():
            make_private(target)
            try:
                shutil.copyfile(source, target)
            except OSError:
                _remove(aside)
                raise
    return aside


def _move(source: Path, target: Path) -> None:
    """Put a file and its log, if it has one, in the place of another. A log of the other must not meet the new file."""
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    log = source.with_name(f"{source.name}-wal")
    if log.exists():
        log.replace(target.with_name(f"{target.name}-wal"))
    source.replace(target)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _told_turns(path: Path) -> list[str]:
    """The turns that the damaged file names, in their order, as far as it can be read."""
    return [str(row["id"]) for row in _readable(path, "turn") if isinstance(row["id"], str)]


def _save_rows(db: sqlite3.Connection, path: Path, aside: Path) -> None:
    for table in (*other_tables(db), "event", "piece"):
        known = columns_of(db, table)
        for row in _readable(path, table):
            _save(db, table, {name: row[name] for name in known if name in row})
    chats: list[Row] = []
    for values in carve(read_image(aside)):
        for table, shape in _CARVED.items():
            if _has_shape(values, shape):
                if table == "chat":
                    chats.append(values)
                else:
                    _save(db, table, dict(zip(columns_of(db, table), values, strict=False)))
    for values in sorted(chats, key=lambda values: (values[4] is not None, values[4]), reverse=True):  # the last state
        _save(db, "chat", dict(zip(columns_of(db, "chat"), values, strict=False)))


def _keep_sums(db: sqlite3.Connection, path: Path) -> None:
    """After the events have added up again what they know."""
    for table in SUMS:
        for row in _readable(path, table):
            with contextlib.suppress(sqlite3.Error, KeyError):
                keep_sum(db, table, row)


def _save(db: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """Insert the row if it is one; what is damaged in itself is left out."""
    values = tuple(row.values())
    if table == "event" and not _is_event(values):
        return
    if table == "piece" and not _fits(row["marks"], row["text"]):
        return
    with contextlib.suppress(sqlite3.Error, ValueError, OverflowError):
        insert_new(db, table, row)


def _tell_again(db: sqlite3.Connection, told: list[str], aside: Path) -> Repaired:
    """Make the other tables from the events that were saved."""
    begun = db.execute("SELECT turn, body FROM event ORDER BY json_extract(body, '$.wall_s'), turn, seq").fetchall()
    place = {turn: n for n, turn in enumerate(told)}
    turns = sorted({row[0]: None for row in begun}, key=lambda turn: place.get(turn, len(place)))
    lost = replay_turns(db, turns)
    for turn in lost:
        db.execute("DELETE FROM event WHERE turn = ?", (turn,))
    db.execute(
        "DELETE FROM piece WHERE attempt NOT IN"
        " (SELECT json_extract(body, '$.attempt') FROM event WHERE type = 'AttemptStarted')"
    )
    db.execute(
        "INSERT OR IGNORE INTO session (id, program, profile, started_s)"
        " SELECT session, 'unknown', profile, MIN(started_s) FROM turn GROUP BY session"
    )
    db.execute("DELETE FROM session WHERE id NOT IN (SELECT session FROM turn)")
    db.execute(  # so that the next start settles what is held where the settlement is lost
        "UPDATE session SET ended_s = NULL WHERE id IN"
        " (SELECT turn.session FROM turn JOIN attempt ON attempt.turn = turn.id WHERE attempt.spend_nusd IS NULL)"
    )
    index_all(db)
    saved = [turn for turn in turns if turn not in lost]
    chats = db.execute("SELECT COUNT(*) FROM chat WHERE deleted_s IS NULL").fetchone()[0]
    partial = sum(_has_gaps(db, turn) for turn in saved)
    return Repaired(len(saved), chats, partial, len({*told, *turns} - set(saved)), aside)


def _has_gaps(db: sqlite3.Connection, turn: str) -> bool:
    """Whether the numbers of the turn's events, text included, are not the first so many."""
    numbers = [row[0] for row in db.execute("SELECT seq FROM event WHERE turn = ?", (turn,))]
    pieces = "SELECT marks FROM piece WHERE attempt IN (SELECT id FROM attempt WHERE turn = ?)"
    for (marks,) in db.execute(pieces, (turn,)):
        numbers += [mark[0] for mark in json.loads(marks)]
    return sorted(numbers) != list(range(1, len(numbers) + 1))


def _readable(path: Path, table: str) -> Iterator[dict[str, object]]:
    """Rows in order, up to the first that SQLite cannot reach."""
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError), contextlib.closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        db.text_factory = _text
        for row in db.execute(f"SELECT * FROM {table}"):
            yield dict(row)


def _text(raw: bytes) -> str | bytes:
    """Text that is none is given as bytes, which no column of a ledger takes."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _has_shape(values: Row, shape: tuple[str, ...]) -> bool:
    return len(values) == len(shape) and all(
        isinstance(value, _TYPES[kind]) for value, kind in zip(values, shape, strict=True)
    )


def _is_event(values: tuple[object, ...]) -> bool:
    turn, seq, kind, body = values
    if not isinstance(body, str):
        return False
    try:
        event = ev.load(body)
    except ValueError:
        return False
    return (event.turn, event.seq, event.type) == (turn, seq, kind)


def _fits(marks: object, text: object) -> bool:
    """Whether the marks of a piece are those of its text."""
    if not isinstance(marks, str) or not isinstance(text, str):
        return False
    try:
        return bool(sum(length for _, _, length in json.loads(marks)) == len(text))
    except (ValueError, TypeError):
        return False
