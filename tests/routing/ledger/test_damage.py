"""Damaged ledgers: one sentence each, and a repair that saves what can be read and keeps the damaged file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from routing.errors import StorageError
from routing.ledger.carving import carve, read_image
from routing.ledger.integrity import check
from routing.ledger.journal import Journal
from routing.ledger.repair import Repaired, repair, set_aside
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import ask
from tests.corpora import databases
from tests.corpora.databases import CASES, CHATS, TURNS, Outcome, outcome
from tests.fakes import SMALL, a_line, says

ALL = CHATS * TURNS
SAVED: dict[str, int] = {
    # Nothing, or nearly nothing, of any turn is in these files.
    **{name: 0 for name in CASES if name.startswith(("cut after", "random", "a letter", "magic and"))},
    "cut at 25%": 0,
    "cut at 50%": 8,
    "cut at 75%": 15,
    "every third page zeroed": 18,
    "root of event zeroed": ALL - 4,
    "root of piece zeroed": ALL - 4,
    "two pages swapped": ALL - 8,
    **{f"{n} bytes flipped": ALL - n for n in (1, 3, 10)},
    "30 bytes flipped": 15,
    "100 bytes flipped": 8,
    "1000 bytes flipped": 0,
    "header flipped": ALL - 1,
    "a table gone": 0,
    "marks of garbage": 0,
    "events of garbage": ALL - 1,
    "an event of another turn": ALL - 1,
}
"""How many turns at the least are as they were after a repair; where nothing stands, all."""
REFUSED = {
    "a folder": "cannot be written",
    "version 99": "newer Pointsman",
    **{name: "another program" for name in CASES if name.startswith("another program")},
}


@pytest.fixture(scope="module")
def found() -> dict[str, Outcome]:
    return {one.name: one for one in databases.outcomes()}


@pytest.mark.parametrize("name", CASES)
def test_a_ledger_in_any_state_is_told_in_one_sentence_and_saved(found: dict[str, Outcome], name: str) -> None:
    one = found[name]
    for words in filter(None, (one.said, one.refused)):
        assert "\n" not in words
        assert words.endswith(".")
        assert "ledger.db" in words
    assert (one.opened is None) == bool(one.said), "it opens or says why not"
    assert (one.repaired is None) == bool(one.refused)
    if name in REFUSED:
        assert REFUSED[name] in one.refused
        assert not one.aside, "what is not repaired is left alone"
    else:
        assert one.whole >= SAVED.get(name, ALL)
        assert one.aside or one.repaired == one.opened, "a repair that changes anything keeps the damaged file"


def test_there_are_many_states() -> None:
    assert len(CASES) >= 50


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 20))
def test_any_other_damage(tmp_path: Path, seed: int) -> None:
    turns = databases.build(tmp_path / "model.db")
    for number in (1, 5, 25, 125, 625):
        one = outcome("flipped", databases.flipped(number), tmp_path / "model.db", turns, seed)
        assert one.repaired is not None or "newer" in one.refused or "another program" in one.refused
        assert one.whole >= ALL - 2 * number


# ---------------------------------------------------------------- repair
def damaged(tmp_path: Path, *cases: str) -> Path:
    path = tmp_path / "ledger.db"
    databases.build(path)
    for case in cases:
        CASES[case](path, random.Random(1))
    return path


def test_a_whole_ledger_is_left_as_it_is(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    before = path.read_bytes()
    assert repair(path) is None
    assert path.read_bytes() == before
    assert not set_aside(path)


def test_the_damaged_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = damaged(tmp_path, "root of event zeroed")
    before = path.read_bytes()
    first = repair(path)
    assert isinstance(first, Repaired)
    assert first.aside.read_bytes() == before
    assert first.aside.stat().st_mode & 0o077 == 0
    assert (first.turns + first.lost, first.chats) == (ALL, CHATS)
    assert repair(path) is None
    CASES["page 1 zeroed"](path, random.Random(1))
    second = repair(path)
    assert second is not None
    assert set_aside(path) == [first.aside, second.aside]


def test_what_the_log_holds_is_saved_too(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    store = Store(path)
    store.write_now(lambda db: db.execute("UPDATE chat SET title = 'only in the log' WHERE id = 'chat-2'"))
    for name in (path, path.with_name("ledger.db-wal")):
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / name.name).write_bytes(name.read_bytes())
    store.close()
    copy = tmp_path / "copy" / "ledger.db"
    assert any("only in the log" in row for row in carve(read_image(copy)))
    body = bytearray(copy.read_bytes())
    body[:100] = bytes(100)
    copy.write_bytes(body)
    assert repair(copy) is not None
    again = Store(copy)
    titles = again.read(lambda db: [row[0] for row in db.execute("SELECT title FROM chat WHERE id = 'chat-2'")])
    again.close()
    assert titles == ["only in the log"]


def test_sums_of_money_outlive_the_events_that_they_came_from(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    store = Store(path)
    store.write_now(lambda db: db.execute("INSERT INTO tally VALUES ('2020-01-01', 'all', 0, 77, 5)"))
    store.close()
    CASES["events of garbage"](path, random.Random(1))
    assert repair(path) is not None
    store = Store(path)
    row = store.read(lambda db: db.execute("SELECT spent_nusd, held_nusd FROM tally WHERE period < '2021'").fetchone())
    store.close()
    assert tuple(row) == (77, 0)


async def test_a_repair_adds_up_money_and_patterns_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    store = Store(path)
    session = Session(store, "s1", "test", "balanced", 0.0)
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello there.")]})
    for n in range(3):
        await line.ask(ask("Hello", chat_id=f"c{n}"))
    session.end(1.0)
    store.close()
    before = sums(path)
    assert any(row[3] > 0 for row in before)
    CASES["version 0"](path, random.Random(1))
    assert repair(path) is not None
    assert sums(path) == before


def sums(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return [*db.execute("SELECT * FROM tally ORDER BY 1, 2, 3"), *db.execute("SELECT * FROM pattern ORDER BY 1, 2")]


def test_a_ledger_in_use_is_not_repaired(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    store = Store(path)
    session = Session(store, "s9", "test", "balanced", 0.0)
    with pytest.raises(StorageError, match="is in use: close every Pointsman"):
        repair(path)
    session.end(1.0)
    store.close()
    assert repair(path) is None


def test_there_must_be_a_ledger_to_repair(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no ledger"):
        repair(tmp_path / "ledger.db")
    assert not list(tmp_path.iterdir())


def test_a_check_reads_every_page_and_can_be_stopped(tmp_path: Path) -> None:
    store = Store(damaged(tmp_path, "page 20 zeroed"))
    with pytest.raises(StorageError, match="is damaged"):
        check(store, lambda: True)
    store.close()
    store = Store(damaged(tmp_path / "whole"))
    check(store, lambda: True)
    with pytest.raises(StorageError, match="interrupted"):
        check(store, lambda: False)
    assert store.read(lambda db: db.execute("SELECT COUNT(*) FROM turn").fetchone()[0]) == ALL
    store.close()


def test_turns_keep_their_order(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    before = order(path)
    CASES["version 0"](path, random.Random(1))
    assert repair(path) is not None
    assert order(path) == before


def order(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT id FROM turn ORDER BY n")]
