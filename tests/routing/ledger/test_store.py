"""The file: opened, migrated, refused, shared and written, whatever state it is found in."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from routing.errors import StorageError
from routing.ledger import opening as module
from routing.ledger.journal import Journal
from routing.ledger.recovery import recover
from routing.ledger.schema import FIRST
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import ask
from tests.fakes import FakeClock, a_line, days, says

SECOND = "ALTER TABLE chat ADD COLUMN colour TEXT;\nCREATE TABLE extra (id TEXT PRIMARY KEY) STRICT;\n"


def schema(path: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(map(tuple, db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def add_chat(store: Store, name: str) -> None:
    store.write_now(lambda db: add(db, name))


def chats(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT id FROM chat ORDER BY id")]


def one_sentence(error: pytest.ExceptionInfo[StorageError], path: Path) -> str:
    words = str(error.value)
    assert "\n" not in words
    assert words.endswith(".")
    assert str(path) in words or str(path.parent) in words
    return words


# ---------------------------------------------------------------- versions
def test_a_migrated_file_is_like_a_new_one_and_a_copy_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    monkeypatch.setattr(module, "MIGRATIONS", (FIRST,))
    store = Store(old)
    add_chat(store, "kept")
    store.close()
    before = schema(old)
    monkeypatch.setattr(module, "MIGRATIONS", (FIRST, SECOND))
    Store(old).close()
    Store(new).close()
    assert schema(old) == schema(new) != before
    assert version(old) == version(new) == 2
    assert chats(old) == ["kept"]
    copy = tmp_path / "old.v1.backup"
    assert (version(copy), chats(copy), schema(copy)) == (1, ["kept"], before)
    assert not (tmp_path / "new.v0.backup").exists()
    copy.unlink()
    Store(old).close()
    assert not copy.exists(), "nothing to change, nothing to copy"


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "l.db"
    monkeypatch.setattr(module, "MIGRATIONS", (FIRST,))
    Store(path).close()
    before = schema(path)
    monkeypatch.setattr(module, "MIGRATIONS", (FIRST, SECOND + "INSERT INTO nowhere VALUES (1);\n"))
    with pytest.raises(StorageError):
        Store(path)
    assert (schema(path), version(path)) == (before, 1)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError) as error:
        Store(path)
    assert "newer Pointsman (version 99" in one_sentence(error, path)


def test_programs_that_start_together_on_a_new_file(tmp_path: Path) -> None:
    opened: list[Store | Exception] = []
    ready = threading.Barrier(4)

    def start() -> None:
        ready.wait()
        try:
            opened.append(Store(tmp_path / "l.db"))
        except StorageError as error:
            opened.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores = [store for store in opened if isinstance(store, Store)]
    assert len(stores) == 4, opened
    for store in stores:
        store.close()
    assert version(tmp_path / "l.db") == len(module.MIGRATIONS)


# ---------------------------------------------------------------- what cannot be used
def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(b"this is not a database " * 500)
    with pytest.raises(StorageError) as error:
        Store(path)
    assert "is damaged" in one_sentence(error, path)
    assert path.read_bytes().startswith(b"this is not"), "what is damaged is left as it is"


def test_a_file_that_is_damaged_inside(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    store = Store(path)
    for n in range(200):
        add_chat(store, f"{n}" * 50)
    store.close()
    body = bytearray(path.read_bytes())
    body[4096:] = b"\xff" * (len(body) - 4096)
    path.write_bytes(bytes(body))

    def look() -> None:
        Store(path).read(lambda db: db.execute("SELECT * FROM chat").fetchall())

    with pytest.raises(StorageError) as error:
        look()
    assert "is damaged" in one_sentence(error, path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "l.db"
    with pytest.raises(StorageError) as error:
        Store(path)
    assert "make it writable" in one_sentence(error, path)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    path.mkdir()
    with pytest.raises(StorageError) as error:
        Store(path)
    assert "cannot be written" in one_sentence(error, path)


def test_a_file_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.05)
    path = tmp_path / "l.db"
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError) as error:
            add_chat(store, "late")
        assert "is locked by another program" in one_sentence(error, path)
        other.execute("ROLLBACK")
    add_chat(store, "now")
    store.close()
    assert chats(path) == ["now"]


def fill(store: Store) -> None:
    """No page more than there is."""
    store.write_now(lambda db: db.execute("PRAGMA user_version"))
    limit = "PRAGMA max_page_count = 1"
    done = threading.Event()
    store._jobs.put(lambda db: (db.execute(limit), done.set()))
    done.wait()


def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    store = Store(path)
    fill(store)
    with pytest.raises(StorageError) as error:
        add_chat(store, "x" * 1_000_000)
    assert "disk is full" in one_sentence(error, path)
    add_chat(store, "small")
    store.close()
    assert chats(path) == ["small"]


async def test_a_disk_that_is_full_in_mid_turn_is_told_and_mended_later(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")
    session = Session(store, "s1", "test", "balanced", 0.0)
    line = a_line(Journal(store, "s1"), {"home/local": [says("x" * 5_000_000)]})
    line.providers["home"].at_step = lambda: fill(store)
    with pytest.raises(StorageError, match="disk is full"):
        async for _ in line.router.send(ask("Hello", chat_id="c1")):
            pass
    session.end(1.0)
    store.close()
    again = Store(tmp_path / "l.db")
    assert recover(again, FakeClock()) == 1
    assert all(held == 0 for _, held in days(again).values())
    assert recover(again, FakeClock()) == 0
    again.close()


# ---------------------------------------------------------------- writing
def test_a_job_that_raises_leaves_nothing_behind_and_the_next_one_runs(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")

    def fails(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO chat (id, title, created_s, updated_s) VALUES ('lost', '', 0, 0)")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        store.write_now(fails)
    store.write_soon(fails)
    store.write_soon(lambda db: db.execute("INSERT INTO chat VALUES (?)", ("\ud800",)))
    add_chat(store, "kept")
    store.close()
    assert chats(tmp_path / "l.db") == ["kept"]


async def test_a_job_that_raises_raises_where_it_is_awaited(store: Store) -> None:
    with pytest.raises(StorageError, match="could not be used"):
        await store.write(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"))
    assert await store.write(lambda db: 7) == 7


async def test_a_write_that_nobody_waits_for_any_more_is_still_done(store: Store) -> None:
    waiting = asyncio.ensure_future(store.write(lambda db: add(db, "a")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await store.write(lambda db: db.execute("SELECT id FROM chat").fetchone()[0]) == "a"


def add(db: sqlite3.Connection, name: str) -> None:
    db.execute("INSERT INTO chat (id, title, created_s, updated_s) VALUES (?, '', 0, 0)", (name,))


def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")
    for n in range(50):
        store.write_soon(lambda db, n=n: add(db, f"{n:02}"))
    store.close()
    assert chats(tmp_path / "l.db") == [f"{n:02}" for n in range(50)]


# ---------------------------------------------------------------- sessions
def test_a_session_in_which_nothing_was_asked_leaves_no_trace(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")
    Session(store, "s1", "test", "balanced", 0.0).end(1.0)
    assert store.read(lambda db: db.execute("SELECT COUNT(*) FROM session").fetchone()[0]) == 0
    assert not list((tmp_path / "sessions").iterdir())
    store.close()


async def test_a_session_that_was_ended_keeps_its_end(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")
    session = Session(store, "s1", "test", "balanced", 0.0)
    await a_line(Journal(store, "s1"), {"home/local": [says("Hi.")]}).ask(ask("Hello", chat_id="c1"))
    session.end(5.0)
    assert recover(store, FakeClock()) == 0
    assert store.read(lambda db: db.execute("SELECT ended_s FROM session").fetchone()[0]) == 5.0
    store.close()
