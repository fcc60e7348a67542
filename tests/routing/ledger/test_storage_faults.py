"""A disk that is full, read-only or another host's, a clock that is put back, and two versions of the program."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from routing import events as ev
from routing.errors import StorageError
from routing.ledger import opening
from routing.ledger.backups import KEPT, backups_of
from routing.ledger.chats import keep_draft, list_chats
from routing.ledger.journal import Journal
from routing.ledger.queries import read_sessions
from routing.ledger.recovery import UNWRITTEN, mend, recover
from routing.ledger.schema import MIGRATIONS
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.messages import Usage, ask
from tests.fakes import SMALL, FakeClock, a_line, says, take

ROOT = Path(__file__).parents[3]
DAY_S = 86_400.0
NEXT = "CREATE TABLE extra (id TEXT PRIMARY KEY) STRICT;\n"
START = "import sys; from pathlib import Path; from routing.ledger.store import Store; Store(Path(sys.argv[1])).close()"


def mounted(place: Path, *options: str) -> bool:
    place.mkdir(exist_ok=True)
    try:
        return subprocess.run(["mount", *options, str(place)], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    if not mounted(place, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        pytest.skip("a small disk can only be mounted by root; a full one is also tried in test_store.py")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room, until the file is removed again."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def one_sentence(error: StorageError) -> str:
    words = str(error)
    assert "\n" not in words
    assert words.endswith(".")
    return words


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def held(store: Store) -> int:
    return int(store.read(lambda db: db.execute("SELECT COALESCE(SUM(held_nusd), 0) FROM tally").fetchone()[0]))


# ---------------------------------------------------------------- a full disk
async def test_a_turn_on_a_full_disk_ends_with_a_sentence_and_settles_when_there_is_room(disk: Path) -> None:
    store = Store(disk / "ledger.db")
    session = Session(store, "s1", "test", "balanced", 0.0)
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello. ", "This is a greeting. " * 20, "Bye."), says("Again.")]})
    ballast: list[Path] = []
    steps: list[int] = []

    def at_step() -> None:
        steps.append(1)
        if len(steps) == 2:
            ballast.append(fill(disk))

    line.providers["north"].at_step = at_step
    turn, shown = line.router.start(ask("Hello", chat_id="c1")), list[ev.Event]()
    with pytest.raises(StorageError) as error:
        await take(turn.events(), shown)
    assert "disk is full" in one_sentence(error.value)
    assert "".join(one.text for one in shown if isinstance(one, ev.TextDelta)).startswith("Hello. ")
    assert held(store) > 0
    with pytest.raises(StorageError, match="disk is full"):
        await mend(line.journal, line.clock, ())
    ballast[0].unlink()
    assert await mend(line.journal, line.clock, ("s1.1",)) == 0, "what runs is left alone"
    assert await mend(line.journal, line.clock, ()) == 1
    assert await mend(line.journal, line.clock, ()) == 0
    assert held(store) == 0
    end = line.journal.events("s1.1")[-1]
    assert isinstance(end, ev.TurnFinished)
    assert (end.status, end.sentence) == ("cancelled", UNWRITTEN)
    assert (await line.ask(ask("Hello again", chat_id="c1")))[-1].status == "answered"
    session.end(1.0)
    store.close()


def test_a_full_disk_makes_no_ledger_and_no_backup(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(disk / "ledger.db")
    store.write_now(lambda db: db.execute("INSERT INTO blob VALUES ('h', 'k', ?)", ("x" * 600_000,)))
    store.close()
    ballast = fill(disk)
    with pytest.raises(StorageError) as error:
        Store(disk / "new" / "ledger.db")
    assert "disk is full" in one_sentence(error.value)
    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, NEXT))
    os.truncate(ballast, ballast.stat().st_size - 200_000)
    with pytest.raises(StorageError) as error:
        Store(disk / "ledger.db")
    assert "No backup could be made" in one_sentence(error.value)
    assert version(disk / "ledger.db") == len(MIGRATIONS)
    assert not list(disk.glob("*backup*"))
    ballast.unlink()
    Store(disk / "ledger.db").close()
    assert version(disk / "ledger.db") == len(MIGRATIONS) + 1
    assert [copy.name for copy in backups_of(disk / "ledger.db")] == [f"ledger.v{len(MIGRATIONS)}.backup"]


# ---------------------------------------------------------------- where a ledger may lie
def test_a_read_only_disk_is_told(tmp_path: Path, disk: Path) -> None:
    Store(disk / "ledger.db").close()
    if not mounted(disk, "-o", "remount,ro"):
        pytest.skip("this disk cannot be mounted read-only")
    for path in (disk / "ledger.db", disk / "new" / "ledger.db", disk / "other.db"):
        with pytest.raises(StorageError) as error:
            Store(path)
        assert "--data-dir" in one_sentence(error.value)
        assert "writable" in str(error.value)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "my share"
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nhost:/x {str(place).replace(' ', chr(92) + '040')} {kind} rw 0 0\n")
    with pytest.raises(StorageError) as error:
        Store(place / "data" / "ledger.db", mounts)
    assert f"on a network file system ({kind})" in one_sentence(error.value)
    assert "--data-dir" in str(error.value)
    assert not place.exists(), "nothing is written there"
    Store(tmp_path / "my share of it" / "ledger.db", mounts).close()


def test_a_disk_over_a_network_one_is_used(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"host:/ / nfs rw 0 0\nbroken\n/dev/sdb {tmp_path} ext4 rw 0 0\n")
    Store(tmp_path / "ledger.db", mounts).close()
    Store(tmp_path / "ledger.db", tmp_path / "no such file").close()


def test_a_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        (tmp_path / "open").mkdir(mode=0o755)
        (tmp_path / "open" / "ledger.db").touch(mode=0o644)
        for folder in ("new", "open"):
            store = Store(tmp_path / folder / "ledger.db")
            Session(store, "s1", "test", "balanced", 0.0)
            files = [path for path in (tmp_path / folder).rglob("*") if path.is_file()]
            assert len(files) == 4
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
            store.close()
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o755, "somebody's own folder stays as it is"
    finally:
        os.umask(before)


# ---------------------------------------------------------------- versions
def test_backups_are_private_and_only_the_latest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    Store(path).close()
    more = KEPT + 9
    for n in range(more):
        step = f"CREATE TABLE extra{n} (id TEXT PRIMARY KEY) STRICT;\n"
        monkeypatch.setattr(opening, "MIGRATIONS", (*opening.MIGRATIONS, step))
        Store(path).close()
    last = len(MIGRATIONS) + more - 1
    names = [copy.name for copy in backups_of(path)]
    assert names == [f"ledger.v{number}.backup" for number in range(last, last - KEPT, -1)]
    assert {stat.S_IMODE(copy.stat().st_mode) for copy in backups_of(path)} == {0o600}
    assert version(backups_of(path)[0]) == last


def test_a_damaged_ledger_is_not_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    store = Store(path)
    store.write_now(
        lambda db: db.executemany("INSERT INTO blob VALUES (?, 'k', ?)", [(f"{n}", "x" * 900) for n in range(99)])
    )
    store.close()
    body = bytearray(path.read_bytes())
    body[-3 * 4096 :] = bytes(3 * 4096)
    path.write_bytes(body)
    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, NEXT))
    with pytest.raises(StorageError, match=r"No backup could be made.* is damaged"):
        Store(path)
    assert version(path) == len(MIGRATIONS)
    assert not backups_of(path)


async def test_a_program_stops_writing_when_a_newer_one_has_changed_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    store = Store(path)
    session = Session(store, "s1", "test", "balanced", 0.0)
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello.")]})
    await line.ask(ask("Hello", chat_id="c1"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE piece RENAME TO fragment")
        db.execute("PRAGMA user_version = 99")
        before = list(db.iterdump())
    newer = r"newer Pointsman .version 99.*update Pointsman"
    with pytest.raises(StorageError, match=newer):
        async for _ in line.router.send(ask("And now?", chat_id="c1")):
            pass
    with pytest.raises(StorageError, match=newer):
        line.journal.events("s1.1")
    with pytest.raises(StorageError, match=newer):
        session.end(1.0)
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert list(db.iterdump()) == before


def test_the_switch_of_a_new_file_waits_for_who_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    monkeypatch.setattr(opening, "BUSY_S", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(opening.time, "sleep", lambda _: other.in_transaction and other.execute("COMMIT"))
        Store(path).close()


def test_processes_that_start_together_on_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    command = [sys.executable, "-c", START, str(path)]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate()[1] for process in started] == [""] * 6
    assert version(path) == len(MIGRATIONS)


# ---------------------------------------------------------------- a clock that is put back
async def test_a_clock_that_is_put_back_changes_no_order_and_no_day(store: Store) -> None:
    clock = FakeClock()
    first = Session(store, "s1", "test", "balanced", clock.wall())
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello.")]}, clock=clock)
    await line.ask(ask("Hello", chat_id="before"))
    clock.set_wall(clock.wall() - 3 * DAY_S)
    await line.ask(ask("Hello", chat_id="after"))
    first.end(clock.wall())
    second = Session(store, "s2", "test", "balanced", clock.wall())
    await a_line(Journal(store, "s2"), {SMALL: [says("Hello.")]}, clock=clock).ask(ask("Hi", chat_id="last"))
    second.end(clock.wall())
    assert [chat.id for chat in list_chats(store)] == ["last", "after", "before"]
    sessions = read_sessions(store)
    assert [one.id for one in sessions] == ["s2", "s1"]
    assert all(one.ended_s is not None and one.ended_s >= one.started_s for one in sessions)


async def test_a_chat_in_which_nothing_was_asked_yet_stands_where_it_was_made(store: Store) -> None:
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello.")]})
    for n, chat in enumerate(["first", "second", "third", "fourth", "fifth"]):
        line.clock.pass_s(1.0)
        if n % 2:
            await line.ask(ask("Hello", chat_id=chat))
        else:
            keep_draft(store, chat, "not yet", line.clock.wall())
    store.write_now(lambda db: None)  # the drafts are stored
    assert [chat.id for chat in list_chats(store)] == ["fifth", "fourth", "third", "second", "first"]


async def test_a_call_belongs_to_the_day_on_which_it_was_reserved(store: Store) -> None:
    clock = FakeClock()
    line = a_line(Journal(store, "s1"), {SMALL: [says("Hello.", usage=Usage(10, 20, reported=True))]}, clock=clock)

    def midnight() -> None:
        clock.set_wall(clock.wall() - DAY_S)

    line.providers["north"].at_step = midnight
    events = await line.ask(ask("Hello", chat_id="c1"))
    reserved = next(event for event in events if isinstance(event, ev.Reserved))
    rows = store.read(lambda db: db.execute("SELECT DISTINCT period FROM tally WHERE spent_nusd > 0").fetchall())
    assert reserved.day in {row[0] for row in rows}
    assert {row[0] for row in rows} <= {reserved.day, "s1"}
    assert held(store) == 0


def test_recovery_after_the_clock_was_put_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "l.db")
    killed = Session(store, "s1", "test", "balanced", 5_000.0)
    assert killed._fd is not None
    os.close(killed._fd)
    assert recover(store, FakeClock(wall_s=100.0)) == 0
    row = store.read(lambda db: db.execute("SELECT started_s, ended_s FROM session").fetchone())
    store.close()
    assert tuple(row) == (5_000.0, 5_000.0)
