"""python -m tests.soak.hour [--minutes 60] [--json]: an hour of a fast typist's steady use, and what it took.

The real client in a pseudo-terminal, on simulated providers in its own process. Ends with 1 when its memory or its
file handles grow, or when it does not live to the end. A run of less than ten minutes tells no verdict.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.soak.meter import MIB, Meter, Sample, outcomes, parts
from tests.soak.person import Person
from tests.soak.trend import handles_flat, memory_flat, memory_limit, theil_sen
from tests.soak.typist import EndedError, Window

EVERY_S = 10.0
LEAST_SAMPLES = 4
"""Fewer have no slope."""


def run(home: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Use the client for so long; returns the report."""
    meter = Meter(home / "data" / "ledger.db", EVERY_S)
    window = Window(home, meter.tick)
    person = Person(window, meter, random.Random(seed))
    try:
        code = use(person, meter, minutes)
        last_words = window.text
    except EndedError:
        code, last_words = window.process.poll(), window.text
    finally:
        window.close()
    if len(meter.samples) < LEAST_SAMPLES:
        sys.exit(f"It ended before it could be measured. The last that it showed:\n{last_words}")
    lived = code == 0 and meter.passed_s >= 60 * minutes
    return {
        "minutes": round(meter.passed_s / 60, 1),
        "seed": seed,
        "exit_code": code,
        "lived": lived,
        **({} if lived else {"last_words": last_words}),
        "fault": read(home / "data" / "fault.txt"),
        "did": dict(sorted(person.did.items())),
        "turns": outcomes(meter.ledger),
        **taken(meter.samples),
        "database": database(meter),
        "key_echo_ms": echo(window),
    }


def use(person: Person, meter: Meter, minutes: float) -> int | None:
    """The exit code of the client."""
    person.arrive()
    minute = 0
    while meter.passed_s < 60 * minutes:
        person.step()
        if meter.passed_s // 60 > minute:
            minute = int(meter.passed_s // 60)
            print(f"{minute:3} min  {meter.samples[-1]}", file=sys.stderr, flush=True)
    return person.leave()


def taken(samples: list[Sample]) -> dict[str, Any]:
    """Memory, handles, threads and processor, with the verdicts."""
    half = samples[len(samples) // 2 :]
    hours = (half[-1].at_s - half[0].at_s) / 3600
    text_mib_per_hour = (half[-1].text - half[0].text) / MIB / hours
    slope = theil_sen([(one.at_s / 3600, one.rss_mib) for one in half])
    rss = [one.rss_mib for one in samples]
    last, first = samples[-1], samples[0]
    return {
        "rss_mib": {
            "at_10_percent": round(rss[len(rss) // 10], 1),
            "at_100_percent": round(rss[-1], 1),
            "most": round(max(rss), 1),
            "by_tenth": [round(median(part), 1) for part in tenths(rss)],
        },
        "rss_slope_mib_per_hour": {
            **{name: round(value, 2) for name, value in asdict(slope).items()},
            "limit": round(memory_limit(text_mib_per_hour), 2),
        },
        "handles": spread([one.handles for one in samples]),
        "threads": spread([one.threads for one in samples]),
        "cpu_share": round((last.cpu_s - first.cpu_s) / (last.at_s - first.at_s), 3),
        "memory_flat": memory_flat(slope, len(half), text_mib_per_hour),
        "handles_flat": handles_flat([one.handles for one in samples]),
    }


def tenths(values: list[float]) -> list[list[float]]:
    count = len(values)
    return [part for n in range(10) if (part := values[n * count // 10 : (n + 1) * count // 10])]


def spread(counts: list[int]) -> dict[str, Any]:
    return {
        "begin": counts[0],
        "end": counts[-1],
        "most": max(counts),
        "by_tenth": [median(part) for part in tenths([*map(float, counts)])],
    }


def database(meter: Meter) -> dict[str, Any]:
    """Of the file that the client left behind, with nothing in its log any more. The tables' first pages count, too."""
    turns = max(1, meter.turns().begun)
    size = sum(meter.sizes())
    return {
        "bytes": size,
        "bytes_per_turn": round(size / turns),
        "parts_per_turn": {name: round(part / turns) for name, part in parts(meter.ledger).items()},
        "most_wal_bytes": max(one.wal for one in meter.samples),
    }


def echo(window: Window) -> dict[str, Any]:
    """From the key sent until it can be read in the composer."""
    took_ms = [1000 * took_s for took_s in window.echoes.took_s]
    by_percent = quantiles(took_ms, n=100)
    return {
        "keys": window.keys,
        "unseen": window.echoes.unseen,
        "p50": round(by_percent[49], 1),
        "p95": round(by_percent[94], 1),
        "most": round(max(took_ms), 1),
    }


def read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def summary(report: dict[str, Any]) -> str:
    """A few lines for a person."""
    rss, slope, key = report["rss_mib"], report["rss_slope_mib_per_hour"], report["key_echo_ms"]
    verdict = {True: "flat", False: "NOT FLAT", None: "too short to tell"}
    slope_said = f"{slope['slope']:+} MiB an hour [{slope['low']:+}, {slope['high']:+}], at most {slope['limit']}"
    memory = f"{rss['at_10_percent']} MiB after a tenth, {rss['at_100_percent']} at the end"
    lines = [
        f"{report['minutes']} minutes, exit code {report['exit_code']}; turns: {report['turns']}",
        f"memory {verdict[report['memory_flat']]}: {memory}; in the second half {slope_said}",
        f"file handles {verdict[report['handles_flat']]}: {told(report['handles'])}",
        f"threads: {told(report['threads'])}",
        f"database: {report['database']['bytes_per_turn']} bytes a turn",
        f"processor: {report['cpu_share']:.1%} of a core",
        f"a key is seen after {key['p50']} ms (median), {key['p95']} ms (p95)",
    ]
    if not report["lived"]:
        lines.append(f"It did not live to the end. The last that it showed:\n{report['last_words']}")
    if report["fault"] is not None:
        lines.append(f"A fault of its own:\n{report['fault']}")
    return "\n".join(lines)


def told(counts: dict[str, Any]) -> str:
    return f"{counts['begin']} at the beginning, {counts['end']} at the end, {counts['most']} at most"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.hour", description="Steady use of the client.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1, help="fixes what is done and typed")
    parser.add_argument("--json", action="store_true", help="the whole report")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pointsman-soak-") as home:
        report = run(Path(home), args.minutes, args.seed)
    print(json.dumps(report, indent=2) if args.json else summary(report))
    flat = False not in (report["memory_flat"], report["handles_flat"])
    return 0 if report["lived"] and flat and report["fault"] is None else 1


if __name__ == "__main__":
    sys.exit(main())
