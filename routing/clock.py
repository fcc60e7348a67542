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


def local_quarter(wall_s: float) -> int:
    """The quarter of an hour, 0 to 95, that it is in the local day."""
    now = datetime.datetime.fromtimestamp(wall_s)  # noqa: DTZ006 - the user's own day
    return now.hour * 4 + now.minute // 15


def until_midnight_s(wall_s: float) -> float:
    """Seconds until the local day ends, and with it what a daily cap counts."""
    now = datetime.datetime.fromtimestamp(wall_s)  # noqa: DTZ006 - the user's own day
    midnight = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time())
    return (midnight - now).total_seconds()


def lasting(s: float) -> str:
    """``41 s``, ``12 min``, ``5 h``."""
    if s < 90:
        return f"{s:.0f} s"
    return f"{s / 60:.0f} min" if s < 5400 else f"{s / 3600:.0f} h"
