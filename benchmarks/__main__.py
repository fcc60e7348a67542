"""`python -m benchmarks [--quick] [--json]`: every benchmark in turn, each against its floor."""

from __future__ import annotations

from typing import Any

from benchmarks import command, decide, neighbours, overhead, startup, streaming

BENCHMARKS: dict[str, Any] = {
    "startup": startup,
    "overhead": overhead,
    "decide": decide,
    "neighbours": neighbours,
    "streaming": streaming,
}


def measure_all(quick: bool) -> dict[str, Any]:
    return {name: benchmark.measure_all(quick=quick) for name, benchmark in BENCHMARKS.items()}


def report(found: dict[str, Any]) -> str:
    return "\n\n".join(f"{name}\n{BENCHMARKS[name].report(one)}" for name, one in found.items())


if __name__ == "__main__":
    command.run(__doc__, measure_all, report)
