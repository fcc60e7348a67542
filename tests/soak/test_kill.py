"""kill -9 at random moments of a stream, against simulated providers that live on and keep the bill."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from routing.clock import SystemClock
from routing.ledger.recovery import INTERRUPTED, recover
from routing.ledger.store import Store
from tests.soak.world import Served, rows, simulate, start

KILLS = 20
SPEED = 4
EVENTS = 220
"""About as many as a whole turn has."""
UNFLUSHED_S = 1.0
"""Text that came so long before the end is in the ledger."""
PROMPT = "Write a saga about a lighthouse that walks to the sea."
"""Beyond every simulated model, so that all three tiers are asked, one after the other."""


@dataclass(frozen=True)
class Told:
    """A turn's events up to its last moment."""

    events: list[dict[str, Any]]

    def text(self, attempt: str | None, until_s: float) -> str:
        deltas = [event for event in self.events if event["type"] == "TextDelta" and event["at_s"] <= until_s]
        return "".join(event["text"] for event in deltas if event["attempt"] == attempt)


def ask_and_kill(folder: Path, events: int) -> list[dict[str, Any]]:
    """`pointsman ask`, killed once it told of so many events; returns all that it told."""
    places = ("--data-dir", str(folder / "data"), "--config", str(folder / "config.yaml"))
    with start(("pointsman", "ask", "--json", PROMPT, *places)) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(events)]
        process.kill()
        told += process.stdout.readlines()
    return [json.loads(line) for line in told if line.endswith("\n")]


def mend(ledger: Path) -> int:
    """The file is whole; returns how many turns the next start mends, which the start after it does not."""
    with closing(sqlite3.connect(ledger)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = Store(ledger)
    try:
        mended = recover(store, SystemClock())
        assert recover(store, SystemClock()) == 0
    finally:
        store.close()
    return mended


def kept_draft(ledger: Path, told: Told) -> str:
    """The interrupted answer, in which only the last text may be missing."""
    turn = told.events[0]["turn"]
    ((status, reply),) = rows(ledger, f"SELECT status, reply FROM turn WHERE id = '{turn}'")
    ((last,),) = rows(ledger, f"SELECT body FROM event WHERE turn = '{turn}' ORDER BY seq DESC LIMIT 1")
    assert (status, json.loads(last)["sentence"]) == ("cancelled", INTERRUPTED)
    attempt = told.events[-1].get("attempt")
    pieces = rows(ledger, f"SELECT text FROM piece WHERE attempt = '{attempt}' ORDER BY seq")
    stored = "".join(text for (text,) in pieces)
    whole, flushed = (told.text(attempt, told.events[-1]["at_s"] - s) for s in (0.0, UNFLUSHED_S))
    assert stored.startswith(flushed)
    assert stored.startswith(whole) or whole.startswith(stored)
    assert reply == stored or not stored
    return str(reply)


def run_to_death(folder: Path, rng: random.Random) -> str | None:
    """The draft that was kept; None when the turn had ended before the kill."""
    ledger = folder / "data" / "ledger.db"
    told = Told(ask_and_kill(folder, rng.randint(1, EVENTS)))
    mended = mend(ledger)
    if any(event["type"] == "TurnFinished" for event in told.events):
        assert mended == 0
    return kept_draft(ledger, told) if mended else None


def reported_spend(folder: Path) -> int:
    places = ("--data-dir", str(folder / "data"), "--config", str(folder / "config.yaml"))
    with start(("pointsman", "report", "spend", "--json", *places)) as process:
        report = json.loads(process.communicate()[0])
    assert (report["held_nusd"], report["simulated_held_nusd"], report["total_nusd"]) == (0, 0, 0)
    total: int = report["simulated_total_nusd"]
    return total


@pytest.mark.soak
def test_twenty_kills_lose_no_spend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """report − reservations settled ≤ served ≤ report."""
    rng = random.Random(20)
    with simulate(SPEED) as served:
        (tmp_path / "config.yaml").write_text(served.config(), "utf-8")
        drafts = [run_to_death(tmp_path, rng) for _ in range(KILLS)]
        billed = final_bill(served)
    report = reported_spend(tmp_path)
    ledger = tmp_path / "data" / "ledger.db"
    settled = dict(rows(ledger, "SELECT basis, SUM(spend_nusd) FROM attempt GROUP BY basis"))
    reserved = settled.get("reserved", 0)
    mended, kept = sum(draft is not None for draft in drafts), sum(bool(draft) for draft in drafts)
    with capsys.disabled():
        print(
            f"\n{KILLS} kills, {mended} in mid-turn, {kept} drafts with text kept: report {report} − reservations "
            f"settled {reserved} = {report - reserved} ≤ served {billed} ≤ report {report}; by basis {settled}"
        )
    assert mended >= KILLS / 2
    assert kept >= KILLS / 4
    assert reserved > 0
    assert report == sum(settled.values())
    assert report - reserved <= billed <= report


def final_bill(served: Served) -> int:
    """Once the server has noticed that nobody listens any more."""
    seen, bill = None, served.bill()
    while bill != seen:
        seen, bill = bill, served.bill()
    cost: int = bill["cost_nusd"]
    return cost
