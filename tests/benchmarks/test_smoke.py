"""Every benchmark runs, and gives the keys that are read elsewhere. How fast anything was is not asked here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPREAD = {"p50_ms", "p99_ms"}
FOUND = {"p50_ms", "p95_ms", "built_s", "memory_mib"}
KEYS = {
    "startup": {
        "floor": {"echo_ms", "leaves_ms", "memory_mib"},
        "ours": {"echo_ms", "leaves_ms", "memory_mib"},
        "ratio": {"echo", "leaves", "memory"},
    },
    "overhead": {"floor": SPREAD, "ours": SPREAD, "added": SPREAD, "ratio": {"p50"}},
    "decide": {"decide": SPREAD, "analyse": SPREAD, "analyse_paste": SPREAD},
    "neighbours": {"floor": FOUND, "ours": FOUND, "ratio": {"p50", "p95"}},
}


def run(module: str, *options: str, **environ: str) -> Any:
    """What a benchmark prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_runs_and_gives_its_keys(name: str) -> None:
    found = run(name, "--quick", "--json")
    assert {side: set(figures) for side, figures in found.items()} == KEYS[name]
    assert all(isinstance(figure, float | int) for figures in found.values() for figure in figures.values())


def test_the_router_alone_is_measured_against_a_given_server() -> None:
    from benchmarks.loopback import serving

    with serving() as root:
        found = run("overhead", BENCH_URL=f"{root}/v1", BENCH_N="5", BENCH_WARMUP="2")
    assert found.keys() == {*SPREAD, "kind", "stream"}
    assert (found["kind"], found["stream"]) == ("call", True)
