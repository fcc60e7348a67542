"""Looking for providers, for the commands that tell what there is."""

from __future__ import annotations

from app.saved import save_registry
from app.settings import Paths, read_settings
from app.sources import Sources, Wanted, find_sources
from routing.clock import SystemClock


async def look(paths: Paths) -> Sources:
    """Ask every provider what it has, and keep it for `explain`. What is returned is closed: it only tells."""
    sources = await find_sources(paths, read_settings(paths), Wanted())
    save_registry(paths.discovery, sources.registry, SystemClock().wall())
    await sources.aclose()
    return sources
