"""What the client takes, looked at from outside: memory, handles, threads, processor, and the ledger's file."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.soak.world import rows

MIB = 1024 * 1024
_PARTS = {
    "events": "SELECT SUM(LENGTH(CAST(body AS BLOB))) FROM event",
    "streamed_text": "SELECT SUM(LENGTH(CAST(text AS BLOB)) + LENGTH(marks)) FROM piece",
    "prompts_and_replies": "SELECT SUM(LENGTH(CAST(prompt AS BLOB)) + LENGTH(CAST(reply AS BLOB))) FROM turn",
    "kept_once": "SELECT SUM(LENGTH(CAST(body AS BLOB))) FROM blob",
    "search_index": "SELECT SUM(LENGTH(block)) FROM search_data",
    "search_text": "SELECT SUM(LENGTH(CAST(c0 AS BLOB)) + LENGTH(CAST(c1 AS BLOB))) FROM search_content",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`database` and `wal` in bytes; `text` is how many characters all prompts and replies have."""

    at_s: float
    rss_mib: float
    handles: int
    threads: int
    cpu_s: float
    turns: int
    text: int
    database: int
    wal: int


@dataclass(frozen=True, slots=True)
class Turns:
    begun: int
    ended: int
    text: int


class Meter:
    """Takes a sample every `every_s` when `tick` is called often enough."""

    def __init__(self, ledger: Path, every_s: float) -> None:
        self.ledger = ledger
        self.samples: list[Sample] = []
        self._every_s = every_s
        self._started_s = time.monotonic()
        self._due_s = 0.0
        self._process: psutil.Process | None = None

    @property
    def ready(self) -> bool:
        """Whether the client has made its tables."""
        made = "SELECT 1 FROM sqlite_master WHERE name = 'summary'"
        return self.ledger.exists() and rows(self.ledger, made) != []

    def watch(self, process: psutil.Process) -> None:
        """Begin, once `ready`."""
        self._process = process
        self._started_s = time.monotonic()

    @property
    def passed_s(self) -> float:
        return time.monotonic() - self._started_s

    def tick(self) -> None:
        if self._process is not None and self.passed_s >= self._due_s:
            self._due_s = self.passed_s + self._every_s
            self.samples.append(self._sample(self._process))

    def turns(self) -> Turns:
        """As another program sees them."""
        ((begun, ended, text),) = rows(
            self.ledger, "SELECT COUNT(*), COUNT(status), SUM(LENGTH(prompt) + LENGTH(reply)) FROM turn"
        )
        return Turns(begun, ended, text or 0)

    def _sample(self, process: psutil.Process) -> Sample:
        turns = self.turns()
        with process.oneshot():
            times = process.cpu_times()
            return Sample(
                self.passed_s,
                process.memory_info().rss / MIB,
                process.num_fds(),
                process.num_threads(),
                times.user + times.system,
                turns.begun,
                turns.text,
                *self.sizes(),
            )

    def sizes(self) -> tuple[int, int]:
        """Bytes of the file and of its write-ahead log, which a client that ended well leaves empty."""
        wal = self.ledger.with_name(self.ledger.name + "-wal")
        return self.ledger.stat().st_size, wal.stat().st_size if wal.exists() else 0


def parts(ledger: Path) -> dict[str, int]:
    """Bytes of what the ledger holds, by kind; the rest of the file is keys, indexes and room in pages."""
    return {name: rows(ledger, query)[0][0] or 0 for name, query in _PARTS.items()}


def outcomes(ledger: Path) -> dict[str, int]:
    """How many turns ended how, and how many climbed or went to another provider."""
    found = rows(ledger, "SELECT COALESCE(status, 'open'), escalations > 0, failovers > 0 FROM turn")
    statuses = Counter(status for status, _, _ in found)
    more = {"escalated": sum(climbed for _, climbed, _ in found), "failed_over": sum(failed for _, _, failed in found)}
    return {**dict(sorted(statuses.items())), **more}
