"""One run from an empty folder to its report."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.chaos.audit import CAPS, REQUEST_CAP, Findings, audit
from tests.chaos.driver import drive, settle
from tests.chaos.schedule import PROVIDERS, Schedule, chaos, one_down
from tests.chaos.witness import install
from tests.chaos.world import furnish, simulate


async def run_chaos(seed: int, turns: int, concurrency: int) -> dict[str, Any]:
    """Everything at random. The ledger of a run that broke something is kept, and named."""
    began = time.monotonic()
    findings, folder = await _carry_out(chaos(seed, turns), seed, concurrency)
    return _told(findings, folder, seed, began)


async def run_one_down(seed: int, turns: int, concurrency: int) -> dict[str, Any]:
    """One half of the turns with each provider down: every turn of a process that was not killed is answered."""
    began = time.monotonic()
    halves: dict[str, Any] = {}
    broken = []
    for name in PROVIDERS:
        findings, folder = await _carry_out(one_down(seed, turns // len(PROVIDERS), name), seed, concurrency)
        if findings.report["availability"] != 1.0:
            findings.broken.append(f"not every turn was answered: {findings.report['not_answered']}")
        halves[f"{name} down"] = _told(findings, folder, seed, began)
        broken += findings.broken
    return {"seed": seed, "broken": broken, **halves}


async def _carry_out(schedule: Schedule, seed: int, concurrency: int) -> tuple[Findings, Path]:
    folder = Path(tempfile.mkdtemp(prefix="pointsman-chaos-"))
    ledger = folder / "data" / "ledger.db"
    async with simulate(seed) as providers:
        furnish(folder, providers.config(), CAPS if schedule.capped else REQUEST_CAP)
        await settle(folder)
        install(ledger)
        diary = await drive(schedule, providers, folder, concurrency)
        receipts = await providers.receipts()
    return audit(schedule, diary, ledger, receipts), folder


def _told(findings: Findings, folder: Path, seed: int, began: float) -> dict[str, Any]:
    """A folder that proves nothing is removed."""
    kept = str(folder) if findings.broken else None
    if not findings.broken:
        shutil.rmtree(folder)
    return {
        "seed": seed,
        "took_s": round(time.monotonic() - began, 1),
        **findings.report,
        "broken": findings.broken,
        **({"kept": kept} if kept else {}),
    }
