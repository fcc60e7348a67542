"""Ledgers in every state that a disk, a person or another program may leave them in, and what becomes of each.

`python -m tests.corpora.databases [--seed N]` prints a line for each: what opening says, what a repair saves.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from routing.errors import PointsmanError
from routing.ledger.chats import list_chats, turns_of
from routing.ledger.journal import Journal
from routing.ledger.recovery import recover
from routing.ledger.repair import repair
from routing.ledger.retention import older_than
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import ask
from tests.fakes import FakeClock, a_line, says

PAGE = 4096
CHATS, TURNS = 5, 6
Turns = dict[str, tuple[str, str, list[object]]]
"""Prompt, reply and events by turn."""
Damage = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Outcome:
    """What was said of a file. `said` is the sentence when it did not open, `refused` the one when it was not repaired;
    `whole` counts turns that are as they were written."""

    name: str
    opened: Turns | None
    said: str
    refused: str
    repaired: Turns | None
    whole: int
    aside: bool


def build(path: Path) -> Turns:
    """A ledger of several chats with texts of every length, closed in good order."""
    asyncio.run(_fill(path))
    return look(path)


async def _fill(path: Path) -> None:
    store = Store(path)
    session = Session(store, "s1", "test", "balanced", 0.0)
    texts = [says(f"Reply {n}. ", "word " * (7 ** (n % 6)), f"End {n}.") for n in range(CHATS * TURNS)]
    line = a_line(Journal(store, "s1"), {"home/local": texts})
    for n in range(CHATS * TURNS):
        prompt = f"Question {n}: " + "why " * (n % 9)
        async for _ in line.router.send(ask(prompt, chat_id=f"chat-{n % CHATS}")):
            pass
    session.end(1.0)
    store.close()


def look(path: Path) -> Turns:
    """Everything that screens and reports read. Raises StorageError."""
    store = Store(path)
    try:
        recover(store, FakeClock())
        journal, found = Journal(store, "look"), {}
        for chat in list_chats(store):
            for turn in turns_of(store, chat.id):
                found[turn.id] = (turn.prompt, turn.reply, list[object](journal.events(turn.id)))
        assert older_than(store, 1e12) == len(found)
        return found
    finally:
        store.close()


def outcome(name: str, damage: Damage, model: Path, turns: Turns, seed: int = 0) -> Outcome:
    """Damage a copy of the ledger `model`, open it, repair it, open it again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        path.write_bytes(model.read_bytes())
        damage(path, random.Random(f"{name} {seed}"))
        opened = repaired = None
        said = refused = ""
        try:
            opened = look(path)
        except PointsmanError as error:
            said = str(error)
        try:
            repair(path)
            repaired = look(path)
        except PointsmanError as error:
            refused = str(error)
        found = repaired or {}
        whole = sum(found.get(turn) == told for turn, told in turns.items())
        aside = any(Path(folder).glob("ledger.damaged-*.db"))
        return Outcome(name, opened, said, refused, repaired, whole, aside)


# ---------------------------------------------------------------- ways to damage a file
def cut(at: float) -> Damage:
    """Bytes from the beginning, from the end when negative, or a share of all."""

    def damage(path: Path, _: random.Random) -> None:
        body = path.read_bytes()
        path.write_bytes(body[: int(at * len(body)) if isinstance(at, float) else at])

    return damage


def zeroed(*pages: int) -> Damage:
    """Pages count from 1, from the end when negative."""

    def damage(path: Path, _: random.Random) -> None:
        body = bytearray(path.read_bytes())
        for page in pages:
            at = (page - 1) * PAGE if page > 0 else len(body) + page * PAGE
            body[at : at + PAGE] = bytes(PAGE)
        path.write_bytes(body)

    return damage


def root_of(table: str) -> Damage:
    """The page from which all others of a table are found."""

    def damage(path: Path, rng: random.Random) -> None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        zeroed(page)(path, rng)

    return damage


def flipped(number: int, start: int = 0, end: int | None = None) -> Damage:
    """So many bytes become others, anywhere between two places."""

    def damage(path: Path, rng: random.Random) -> None:
        body = bytearray(path.read_bytes())
        for _ in range(number):
            body[rng.randrange(start, end or len(body))] ^= rng.randrange(1, 256)
        path.write_bytes(body)

    return damage


def header(at: int, value: bytes) -> Damage:
    def damage(path: Path, _: random.Random) -> None:
        body = bytearray(path.read_bytes())
        body[at : at + len(value)] = value
        path.write_bytes(body)

    return damage


def instead(make: Callable[[random.Random], bytes]) -> Damage:
    return lambda path, rng: path.write_bytes(make(rng)) and None


def sql(*statements: str) -> Damage:
    def damage(path: Path, _: random.Random) -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)

    return damage


def beside(ending: str, make: Callable[[bytes, random.Random], bytes]) -> Damage:
    """A file of this ending beside the ledger."""
    return lambda path, rng: path.with_name(path.name + ending).write_bytes(make(path.read_bytes(), rng)) and None


def another(*statements: str) -> Damage:
    """Another program's database."""

    def damage(path: Path, rng: random.Random) -> None:
        path.unlink()
        sql("CREATE TABLE bookmark (url TEXT)", "INSERT INTO bookmark VALUES ('x')", *statements)(path, rng)

    return damage


def folder(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()


def swapped(path: Path, rng: random.Random) -> None:
    body = bytearray(path.read_bytes())
    first, second = (n * PAGE for n in sorted(rng.sample(range(2, len(body) // PAGE), 2)))
    body[first : first + PAGE], body[second : second + PAGE] = (
        body[second : second + PAGE],
        body[first : first + PAGE],
    )
    path.write_bytes(body)


def log_cut(path: Path, rng: random.Random) -> None:
    """A log with a commit in it, cut in the middle of a page."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("UPDATE chat SET title = 'new' || title")
        log = path.with_name(f"{path.name}-wal")
        body, main = log.read_bytes(), path.read_bytes()
    log.write_bytes(body[: len(body) - rng.randrange(1, PAGE)])
    path.write_bytes(main)


TEXT = "This is a letter and no ledger. " * 200
CASES: dict[str, Damage] = {
    **{f"cut after {n} bytes": cut(n) for n in (0, 1, 15, 16, 50, 99, 100, 511, 4095, 4096, 4097, 9000)},
    **{f"cut at {share:.0%}": cut(share) for share in (0.25, 0.5, 0.75, 0.95)},
    "cut by one byte": cut(-1),
    "cut by one page": cut(-PAGE),
    **{f"page {n} zeroed": zeroed(n) for n in (1, 2, 3, 7, 20, -1, -2, -5)},
    "ten pages zeroed": zeroed(*range(10, 20)),
    "every third page zeroed": zeroed(*range(3, 60, 3)),
    **{f"root of {table} zeroed": root_of(table) for table in ("event", "turn", "piece", "chat", "search_data")},
    **{f"{n} bytes flipped": flipped(n) for n in (1, 3, 10, 30, 100, 1000)},
    "header flipped": flipped(8, 0, 100),
    "first page flipped": flipped(200, 100, PAGE),
    "no magic": header(0, b"\0" * 16),
    "page size of 3": header(16, b"\0\3"),
    "text said to be UTF-16": header(56, b"\0\0\0\2"),
    "format of the future": header(18, b"\x09\x09"),
    "free pages that are not": header(32, b"\0\0\0\x05\0\0\0\x40"),
    "random bytes": instead(lambda rng: rng.randbytes(50_000)),
    "a letter": instead(lambda _: TEXT.encode()),
    "magic and nothing": instead(lambda _: b"SQLite format 3\0"),
    "a folder": folder,
    "two pages swapped": swapped,
    "garbage as log": beside("-wal", lambda _, rng: rng.randbytes(20_000)),
    "the file itself as log": beside("-wal", lambda body, _: body[:20_000]),
    "garbage as index of the log": beside("-shm", lambda _, rng: rng.randbytes(32_768)),
    "a log that is cut": log_cut,
    "a journal of garbage": beside("-journal", lambda _, rng: rng.randbytes(5_000)),
    "version 0": sql("PRAGMA user_version = 0"),
    "version -7": sql("PRAGMA user_version = -7"),
    "version 99": sql("PRAGMA user_version = 99"),
    "a table gone": sql("DROP TABLE event"),
    "a table of sums gone": sql("DROP TABLE tally"),
    "a column gone": sql("DROP INDEX turn_open", "ALTER TABLE chat RENAME COLUMN draft TO scrap"),
    "events of garbage": sql("UPDATE event SET body = 'no JSON' WHERE turn = 's1.3'"),
    "an event of another turn": sql("UPDATE event SET seq = seq + 1000 WHERE turn = 's1.4' AND seq = 2"),
    "text that is no UTF-8": sql("UPDATE turn SET reply = CAST(x'ff00fe' AS TEXT) WHERE n = 4"),
    "marks of garbage": sql("UPDATE piece SET marks = '[[1]]'"),
    "another program's file": another(),
    "another program's file of version 3": another("PRAGMA user_version = 3"),
    "another program's file of version 77": another("PRAGMA user_version = 77"),
}


def outcomes(seed: int = 0) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "ledger.db"
        turns = build(model)
        for name, damage in CASES.items():
            yield outcome(name, damage, model, turns, seed)


def main(seed: int) -> None:
    print(f"{'state':38} {'opens with':>10} {'after repair':>12}  of {CHATS * TURNS} turns; what was said")
    for one in outcomes(seed):
        opens = "–" if one.opened is None else str(len(one.opened))
        saved = "–" if one.repaired is None else str(one.whole)
        print(
            f"{one.name:38} {opens:>10} {saved:>12}  {one.said}"
            + (f" | {one.refused}" if one.refused != one.said else "")
        )


if __name__ == "__main__":
    main(int(sys.argv[2]) if sys.argv[1:2] == ["--seed"] else 0)
