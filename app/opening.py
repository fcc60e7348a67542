"""What the client loads after its first paint."""

from __future__ import annotations

from app.controls.base import Launch
from app.runtime import Runtime
from app.settings import Paths, Settings
from app.sources import Wanted

_PATIENCE_S = 0.8
"""For this long the first prompt waits for lists of models; those that take longer come while it is answered."""


async def open_runtime(paths: Paths, settings: Settings, launch: Launch) -> Runtime:
    """The runtime as the client was started. Raises what `Runtime.open` raises."""
    wanted = Wanted(
        faults=launch.faults, offline=launch.offline, speed=launch.speed, seed=launch.seed, patience_s=_PATIENCE_S
    )
    return await Runtime.open(paths, settings, program="client", wanted=wanted, profile=launch.profile)
