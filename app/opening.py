"""What the client loads after its first paint."""

from __future__ import annotations

from app.controls.base import Launch
from app.runtime import Runtime
from app.settings import Paths, Settings
from app.sources import Wanted


async def open_runtime(paths: Paths, settings: Settings, launch: Launch) -> Runtime:
    """The runtime as the client was started. Raises what `Runtime.open` raises."""
    wanted = Wanted(faults=launch.faults, offline=launch.offline, speed=launch.speed, seed=launch.seed)
    return await Runtime.open(paths, settings, program="client", wanted=wanted, profile=launch.profile)
