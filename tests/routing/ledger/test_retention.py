"""What is no longer kept: old turns, and chats that are erased to the last word."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from routing import events as ev
from routing.clock import local_day
from routing.errors import StorageError
from routing.ledger.chats import keep_draft, list_chats, search, turns_of
from routing.ledger.journal import Journal
from routing.ledger.queries import read_sessions
from routing.ledger.recovery import recover
from routing.ledger.retention import Gone, erase_chat, leaves_nothing, older_than, prune, read_gone
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import ask
from tests.fakes import SMALL, FakeClock, a_line, says

SECRET = "quixotry"
DAY_S = 86_400.0


async def fill(store: Store, clock: FakeClock, *chats: str, session: str = "s1", words: str = SECRET) -> None:
    """A session with a turn in each chat, found by search."""
    run = Session(store, session, "test", "balanced", clock.wall())
    line = a_line(Journal(store, session), {SMALL: [says(f"About {words}. ", f"More of {words}.")]}, clock=clock)
    for chat in chats:
        await line.ask(ask(f"What of {words}?", chat_id=chat))
    line.journal.index()
    run.end(clock.wall())


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has."""

    def query(db: sqlite3.Connection) -> dict[str, int]:
        names = ("session", "chat", "blob", "event", "piece", "turn", "attempt", "search")
        return {name: db.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in names}

    return store.read(query)


def days(store: Store) -> list[tuple[object, ...]]:
    query = "SELECT * FROM tally WHERE period LIKE '____-__-__' ORDER BY 1, 2, 3"
    return [tuple(row) for row in store.read(lambda db: db.execute(query).fetchall())]


async def test_old_turns_go_with_all_that_only_they_held(store: Store) -> None:
    clock = FakeClock()
    await fill(store, clock, *["old"] * 60, "both")
    clock.pass_s(10 * DAY_S)
    await fill(store, clock, "both", "new", session="s2", words="novelty")
    before_s, before = clock.wall() - 5 * DAY_S, days(store)
    assert older_than(store, before_s) == 61
    assert prune(store, before_s) == 61
    assert prune(store, before_s) == older_than(store, before_s) == 0
    assert [chat.id for chat in list_chats(store)] == ["new", "both"]
    assert [one.id for one in read_sessions(store)] == ["s2"]
    found = rows(store)
    assert (found["turn"], found["attempt"], found["search"], found["session"], found["chat"]) == (2, 2, 2, 1, 2)
    assert search(store, SECRET) == []
    assert len(search(store, "novelty")) == 2
    assert days(store) == before, "what was spent stays told"
    assert not store.read(lambda db: db.execute("SELECT 1 FROM tally WHERE period = 's1'").fetchone())
    journal = Journal(store, "s2")
    for turn in turns_of(store, "both"):
        assert journal.events(turn.id)


async def test_when_all_is_old_nothing_is_left_but_sums_and_drafts(store: Store) -> None:
    clock = FakeClock()
    await fill(store, clock, "a", "b")
    keep_draft(store, "b", "not sent yet", clock.wall())
    before = days(store)
    assert prune(store, clock.wall() + 1) == 2
    assert [(chat.id, chat.draft) for chat in list_chats(store)] == [("b", "not sent yet")]
    assert {name: count for name, count in rows(store).items() if count} == {"chat": 1}
    assert days(store) == before != []


async def test_what_other_turns_were_decided_with_is_kept(store: Store) -> None:
    clock = FakeClock()
    await fill(store, clock, "a")
    kept = rows(store)["blob"]
    clock.pass_s(DAY_S)
    await fill(store, clock, "b", session="s2")
    prune(store, clock.wall() - 1)
    assert 0 < rows(store)["blob"] <= kept + 1
    journal = Journal(store, "x")
    hashes = store.read(
        lambda db: db.execute(
            "SELECT json_extract(body, '$.snapshot.policy_hash') FROM event WHERE type = 'RouteDecided'"
        ).fetchall()
    )
    assert [journal.blob(row[0]) is not None for row in hashes] == [True]


async def test_turns_that_run_are_kept_and_a_stop_is_heeded(store: Store) -> None:
    clock = FakeClock()
    await fill(store, clock, *["a"] * 120)
    stamp = {"turn": "s1.open", "seq": 1, "at_s": 0.0, "wall_s": clock.wall()}
    begun = ev.TurnStarted(**stamp, chat="a", session="s1", profile="p", request=ask("And?", chat_id="a"))
    await Journal(store, "s1").commit([begun])
    steps = iter([True, False])
    assert prune(store, clock.wall() + 1, lambda: next(steps)) == 50
    assert prune(store, clock.wall() + 1) == 70
    assert rows(store)["turn"] == 1
    with pytest.raises(StorageError, match="still runs"):
        erase_chat(store, "a")
    assert recover(store, clock) == 1, "it ran in a program that is gone"
    assert erase_chat(store, "a") == 1
    assert list_chats(store) == []


async def test_of_an_erased_chat_no_word_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    store = Store(path)
    clock = FakeClock()
    await fill(store, clock, "kept", words="novelty")
    await fill(store, clock, *["gone"] * 8, session="s2")
    store.write_now(lambda db: db.execute("UPDATE chat SET draft = ? WHERE id = 'gone'", (SECRET,)))
    before = days(store)
    assert SECRET.encode() in everything(tmp_path)
    assert erase_chat(store, "gone") == 8
    assert SECRET.encode() not in everything(tmp_path).lower()
    assert days(store) == before
    assert [chat.id for chat in list_chats(store)] == ["kept"]
    assert len(search(store, "novelty")) == 1
    assert store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
    store.close()


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_what_the_days_know_of_turns_that_are_gone(store: Store) -> None:
    clock = FakeClock()
    await fill(store, clock, "old", "old")
    first, spent = local_day(clock.wall()), days(store)[0][3]
    clock.pass_s(10 * DAY_S)
    await fill(store, clock, "new", "erased", session="s2")
    assert read_gone(store) == ()
    prune(store, clock.wall() - 5 * DAY_S)
    assert read_gone(store) == (Gone(first, False, spent),)
    erase_chat(store, "erased")
    last = local_day(clock.wall())
    assert [one.day for one in read_gone(store)] == [first, last]
    assert [one.day for one in read_gone(store, last)] == [last]


async def test_whether_a_turn_would_stay(store: Store) -> None:
    clock = FakeClock()
    assert not leaves_nothing(store, clock.wall() + 1), "there is nothing to erase"
    await fill(store, clock, "a", "b")
    begun = clock.wall()
    clock.pass_s(DAY_S)
    await fill(store, clock, "c", session="s2")
    assert not leaves_nothing(store, begun - 1)
    assert not leaves_nothing(store, clock.wall() - 1)
    assert leaves_nothing(store, clock.wall() + 1)
    stamp = {"turn": "s2.open", "seq": 1, "at_s": 0.0, "wall_s": clock.wall()}
    begun_turn = ev.TurnStarted(**stamp, chat="a", session="s2", profile="p", request=ask("And?", chat_id="a"))
    await Journal(store, "s2").commit([begun_turn])
    assert not leaves_nothing(store, clock.wall() + 1), "one that runs stays"
