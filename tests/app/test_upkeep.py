"""What a run does for the ledger while nobody waits for it."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.history.upkeep import Upkeep
from app.runtime import Runtime
from app.settings import Paths, Settings
from app.sources import Wanted
from routing.ledger.chats import list_chats
from routing.ledger.store import Store
from tests.corpora import databases
from tests.fakes import NOON, FakeClock

DAY_S = 86_400.0
TURNS = databases.CHATS * databases.TURNS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    databases.build(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE turn SET started_s = ? WHERE chat = 'chat-2'", (NOON - 40 * DAY_S,))
    return path


def chats(store: Store) -> set[str]:
    return {chat.id for chat in list_chats(store)}


@pytest.mark.parametrize(("keep_days", "left"), [(None, 5), (41, 5), (39, 4)])
async def test_old_turns_are_let_go_as_told(path: Path, keep_days: int | None, left: int) -> None:
    store = Store(path)
    upkeep = Upkeep(store, FakeClock(), keep_days, ended_badly=False)
    assert await upkeep.found() is None
    assert len(chats(store)) == left
    await upkeep.stop()
    store.close()


async def test_damage_is_looked_for_after_a_bad_end_alone(path: Path) -> None:
    databases.CASES["page 20 zeroed"](path, random.Random(1))
    store = Store(path)
    for ended_badly in (False, True):
        upkeep = Upkeep(store, FakeClock(), None, ended_badly=ended_badly)
        found = await upkeep.found()
        assert (found is not None and "`pointsman history repair`" in found) == ended_badly
    store.close()


async def test_a_run_that_ends_first_leaves_the_rest_to_the_next(path: Path) -> None:
    store = Store(path)
    gate = threading.Event()
    store.write_soon(lambda db: gate.wait())
    upkeep = Upkeep(store, FakeClock(), 1, ended_badly=False)
    upkeep._stopped.set()
    gate.set()
    await upkeep.stop()
    assert await upkeep.found() is None
    assert await Upkeep(store, FakeClock(), 1, ended_badly=False).found() is None
    assert "chat-2" not in chats(store)
    store.close()


async def test_a_run_of_the_program_sees_to_it(path: Path) -> None:
    paths = Paths(path.parent, path.parent / "config.yaml")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE turn SET started_s = 9e9 WHERE chat <> 'chat-2'")
    runtime = await Runtime.open(paths, Settings(keep_days=30), program="test", wanted=Wanted(simulate=True))
    try:
        assert runtime.upkeep is not None
        assert await runtime.upkeep.found() is None
        assert chats(runtime.store) == {f"chat-{n}" for n in (0, 1, 3, 4)}
    finally:
        await runtime.aclose()
