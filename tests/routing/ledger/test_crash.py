"""Real processes: killed in mid-stream, and two at once under one cap."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from routing import events as ev
from routing.folding import fold
from routing.ledger.journal import Journal
from routing.ledger.recovery import INTERRUPTED, recover
from routing.ledger.store import Store
from tests.fakes import FakeClock, check_settled, days, only
from tests.routing.ledger.program import WORD

ROOT = Path(__file__).parents[3]


def run(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.routing.ledger.program", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_after(folder: Path, events: int) -> int:
    """Start a stream and kill -9 it once it told of so many events; returns how many words had been told by then."""
    with run("stream", folder) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(events)]
        process.kill()
        told += process.stdout.read().split()
    return told.count("TextDelta") - 1


def check_mended(folder: Path, words: int) -> str:
    """What is in the ledger after the next start; returns the interrupted answer."""
    store = Store(folder / "pointsman.db")
    try:
        assert store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
        began = bool(store.read(lambda db: db.execute("SELECT 1 FROM turn").fetchone()))
        assert recover(store, FakeClock()) == began
        assert recover(store, FakeClock()) == 0
        if not began:
            return ""
        events = Journal(store, "next").events("killed.1")
        check_settled(store, "killed.1", events)
        end = events[-1]
        assert isinstance(end, ev.TurnFinished)
        assert (end.status, end.sentence) == ("cancelled", INTERRUPTED)
        assert all(held == 0 for _, held in days(store).values())
        last = fold(events).attempts[-1]
        failed = only(events, ev.AttemptFailed)
        if last.model == "north/large":
            assert end.path == ("north/small superseded", "north/large interrupted")
            assert [event.text for event in only(events, ev.TextDelta) if event.attempt.endswith(".1")] == ["A guess."]
            assert (last.outcome, last.spend_nusd, last.basis) == ("interrupted", last.reserved_nusd, "reserved")
            assert failed[-1].kind == "interrupted"
            said = "".join(event.text for event in only(events, ev.TextDelta) if event.attempt == last.id)
            assert said == WORD * (len(said) // len(WORD))
            assert len(said) // len(WORD) <= words + 1
            assert end.reply == (said or "A guess.")
            return said
        return ""
    finally:
        store.close()


@pytest.mark.parametrize("events", [5, 8, 18, 450])
def test_a_killed_stream_is_mended_at_the_next_start(tmp_path: Path, events: int) -> None:
    words = kill_after(tmp_path, events)
    said = check_mended(tmp_path, words)
    if events == 450:
        assert said, "most of what came in that time is there"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    check_mended(tmp_path, kill_after(tmp_path, random.Random(seed).randint(0, 600)))


def test_a_program_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    with run("stream", tmp_path) as process:
        assert process.stdout is not None
        for _ in range(30):
            process.stdout.readline()
        store = Store(tmp_path / "pointsman.db")
        assert recover(store, FakeClock()) == 0
        assert any(held > 0 for _, held in days(store).values())
        process.kill()
        process.stdout.read()
        process.wait()
        assert recover(store, FakeClock()) == 1
        store.close()


@pytest.mark.parametrize(("number", "fits"), [(8, 11)])
def test_two_programs_share_one_cap(tmp_path: Path, number: int, fits: int) -> None:
    both = [run("turns", tmp_path, name, number, fits) for name in ("a", "b")]
    told = [process.communicate()[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    answered, spent, worst = (sum(int(one[n]) for one in told) for n in range(3))
    store = Store(tmp_path / "pointsman.db")
    assert answered == fits
    assert spent == fits * worst // 2
    assert sum(spent for spent, _ in days(store).values()) == spent
    assert all(held == 0 for _, held in days(store).values())
    paid = store.read(lambda db: db.execute("SELECT COUNT(*), SUM(spend_nusd) FROM attempt").fetchone())
    assert tuple(paid) == (fits, spent)
    store.close()


@pytest.mark.soak
def test_two_programs_share_one_cap_for_long(tmp_path: Path) -> None:
    test_two_programs_share_one_cap(tmp_path, 50, 60)
