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


def local_time(wall_s: float) -> datetime.datetime:
    """A moment as this machine's clock on the wall shows it."""
    return datetime.datetime.fromtimestamp(wall_s, datetime.UTC).astimezone()


def local_day(wall_s: float) -> str:
    """The local calendar day (``2026-11-20``) that a cap counts a call to."""
    return local_time(wall_s).strftime("%Y-%m-%d")


def local_quarter(wall_s: float) -> int:
    """The quarter of an hour, 0 to 95, that it is in the local day."""
    now = local_time(wall_s)
    return now.hour * 4 + now.minute // 15


def until_midnight_s(wall_s: float) -> float:
    """Seconds until the local day ends, and with it what a daily cap counts."""
    now = local_time(wall_s)
    midnight = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time(), now.tzinfo)
    return (midnight - now).total_seconds()


def lasting(s: float) -> str:
    """``41 s``, ``12 min``, ``5 h``."""
    if s < 90:
        return f"{s:.0f} s"
    return f"{s / 60:.0f} min" if s < 5400 else f"{s / 3600:.0f} h"
