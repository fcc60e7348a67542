"""Two programs, one ledger, one cap on the day: looked at from a third while they run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from routing.money import parse_usd
from tests.soak.world import rows, simulate, start

TURNS = 50
FITS = 60
PROMPT = (
    "Summarise in one sentence: The railway came to the valley in 1871, after ten years of argument between the mill "
    "owners, who wanted it along the river, and the farmers, who feared for their meadows. In the end the line was "
    "built on the hillside, at twice the price, and the station stood a mile from the town. When the mills closed, the "
    "line was given up, and today a path for walkers follows its bed as far as the old viaduct."
)
"""The small model is not sure of it and the middle one answers: two paid calls a turn."""


def run(folder: Path, turns: int) -> subprocess.Popen[str]:
    return start(("tests.soak.program", str(folder), str(turns), PROMPT))


def told(process: subprocess.Popen[str]) -> list[dict[str, int]]:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


def cost_of_a_turn(folder: Path) -> int:
    """Nano-dollars, on a ledger of its own."""
    (turn,) = told(run(folder, 1))
    return turn["spend_nusd"]


@pytest.mark.soak
def test_two_processes_together_never_pass_the_cap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    with simulate(speed=0) as served:
        for folder in (alone, shared):
            folder.mkdir()
        (alone / "config.yaml").write_text(served.config(), "utf-8")
        turn_nusd = cost_of_a_turn(alone)
        before = served.bill()
        cap_nusd = FITS * turn_nusd
        (shared / "config.yaml").write_text(served.config(f"{cap_nusd / parse_usd(1):.9f}"), "utf-8")

        ledger = shared / "data" / "ledger.db"
        both = [run(shared, TURNS) for _ in range(2)]
        samples = list(sampled(ledger, both))
        turns = [turn for process in both for turn in told(process)]
        after = served.bill()

    most = max(spent + held for spent, held in samples)
    ((spent, held),) = rows(ledger, DAY)
    ((attempts, paid),) = rows(ledger, "SELECT COUNT(*), SUM(spend_nusd) FROM attempt")
    billed = after["cost_nusd"] - before["cost_nusd"]
    capped = sum(turn["capped"] > 0 for turn in turns)
    with capsys.disabled():
        print(
            f"\n{len(turns)} turns of two processes, {attempts} calls; a turn costs {turn_nusd}, cap {cap_nusd}: "
            f"{len(samples)} looks saw at most {most} spent or held ({max(held for _, held in samples)} held); "
            f"spent {spent} = paid {paid} = billed {billed}; {capped} turns met the cap"
        )
    assert len(turns) == 2 * TURNS
    assert most <= cap_nusd
    assert any(held for _, held in samples), "somebody looked while money was held"
    assert held == 0
    assert spent == paid == billed == sum(turn["spend_nusd"] for turn in turns)
    assert capped > 0
    assert spent > cap_nusd / 2, "the cap is used, not only kept"


def sampled(ledger: Path, programs: list[subprocess.Popen[str]]) -> list[tuple[int, int]]:
    """Spent and held of the day, as often as can be while any of the programs runs."""
    found: list[tuple[int, int]] = []
    while any(program.poll() is None for program in programs):
        if ledger.exists():
            found += rows(ledger, DAY) if rows(ledger, TABLE) else []
    return found


DAY = """
SELECT spent_nusd, held_nusd FROM tally WHERE scope = 'all' AND period GLOB '????-??-??' AND simulated = 1
"""
TABLE = "SELECT 1 FROM sqlite_master WHERE name = 'tally'"
