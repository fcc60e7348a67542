"""What fits on a terminal of a given size: which parts of the screen are shown, and how wide the rail is."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """The four shapes of the screen, from all at once to one line of state."""

    FULL = "full"
    MID = "mid"
    STRIP = "strip"
    TINY = "tiny"


# The smallest width and height in cells that a mode needs, the roomiest first.
_NEEDS = ((Mode.FULL, 120, 36), (Mode.MID, 100, 28), (Mode.STRIP, 72, 18))
_RAIL = {Mode.FULL: 42, Mode.MID: 34}
_PANELS = {Mode.FULL: ("ladder", "confidence", "latency", "spend"), Mode.MID: ("ladder", "confidence", "spend")}
_STATUS_ROWS = {Mode.STRIP: 2, Mode.TINY: 1}

DRAWER_ROWS = 10


def mode(width: int, height: int) -> Mode:
    """The roomiest mode that `width` by `height` cells allow."""
    return next((mode for mode, least_w, least_h in _NEEDS if width >= least_w and height >= least_h), Mode.TINY)


def rail_width(mode: Mode) -> int:
    """Columns of the rail, borders included; 0: there is none."""
    return _RAIL.get(mode, 0)


def rail_panels(mode: Mode) -> tuple[str, ...]:
    """Names of the panels in the rail, from top to bottom."""
    return _PANELS.get(mode, ())


def status_rows(mode: Mode) -> int:
    """Rows of state above the composer where there is no rail."""
    return _STATUS_ROWS.get(mode, 0)


def has_header(height: int) -> bool:
    """A terminal of very few rows keeps its state and its composer."""
    return height >= 8


def drawer_rows(mode: Mode, height: int) -> int:
    """Rows of a panel that is opened by its key, borders included: a drawer at the bottom, or the whole screen."""
    return height if mode is Mode.TINY else min(DRAWER_ROWS, height)
