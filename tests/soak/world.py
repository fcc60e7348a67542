"""What the long tests share: the simulated providers as a process of their own, and a ledger to look into."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running `pointsman simulate`: its providers' addresses by name."""

    urls: dict[str, str]

    def config(self, cap_usd: str = "null") -> str:
        """A `config.yaml` with these providers and a cap on simulated dollars a day."""
        providers = "".join(f"  {name}: {{base_url: {url}}}\n" for name, url in self.urls.items())
        return f"providers:\n{providers}caps: {{simulated_day_usd: {cap_usd}}}\n"

    def bill(self) -> dict[str, Any]:
        """What all providers say that they served: `calls`, `finished`, `cost_nusd`, tokens."""
        bills = [httpx.get(f"{url}/served").raise_for_status().json() for url in self.urls.values()]
        return {name: sum(bill[name] for bill in bills) for name in ("calls", "finished", "output_tokens", "cost_nusd")}


@contextmanager
def simulate(speed: float) -> Iterator[Served]:
    server = start(("pointsman", "simulate", "--speed", str(speed)))
    assert server.stdout is not None
    try:
        yield Served(dict(line.split() for line in iter(server.stdout.readline, "\n")))
    finally:
        server.terminate()
        server.communicate()


def start(module: Sequence[str]) -> subprocess.Popen[str]:
    """Run a module in the checkout."""
    return subprocess.Popen(
        [sys.executable, "-m", *module], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )


def rows(ledger: Path, query: str) -> list[tuple[Any, ...]]:
    """What a reader of the file sees now, as another program would."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(query).fetchall()
