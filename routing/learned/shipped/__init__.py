"""The router that ships: a prior of the tiers small, mid and large, trained on public outcomes; see its card."""

from __future__ import annotations

from pathlib import Path

from routing.learned.files import read_prior
from routing.learned.prior import Prior

FILE = Path(__file__).with_name("router.json")


def load_shipped() -> Prior:
    """Takes tens of milliseconds. Raises ModelFileError where the installed file is damaged."""
    return read_prior(FILE)
