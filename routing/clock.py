"""The one source of time: everything that waits or stamps is handed a clock."""

from __future__ import annotations

import asyncio
import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds for durations, wall seconds (Unix epoch, UTC) for what a person reads."""

    def monotonic(self) -> float: ...

    def wall(self) -> float: ...

    async def sleep(self, s: float) -> None: ...


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    async def sleep(self, s: float) -> None:
        await asyncio.sleep(s)


def local_day(wall_s: float) -> str:
    """The local calendar day (``2026-11-20``) that a cap counts a call to."""
    return datetime.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d")  # noqa: DTZ006 - the user's own day


def until_midnight_s(wall_s: float) -> float:
    """Seconds until the local day ends, and with it what a daily cap counts."""
    now = datetime.datetime.fromtimestamp(wall_s)  # noqa: DTZ006 - the user's own day
    midnight = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time())
    return (midnight - now).total_seconds()
