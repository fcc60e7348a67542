"""Prices in words, the same on the screen and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.registry.model import Model, Price, Step


def price(model: Model, assumed_nusd_per_mtok: int) -> str:
    """Dollars for a million tokens in and out; what the policy assumes where nobody knows."""
    if model.price is None:
        return f"≤ {per_mtok(assumed_nusd_per_mtok)} price unknown"
    if model.price.free:
        return "free (local)" if model.local else "free"
    return rates(model.price) + (" sim" if model.simulated else "")


def rates(told: Price | Step) -> str:
    """`$2.5 / $10`: in and out."""
    return f"{per_mtok(told.input_nusd_per_mtok)} / {per_mtok(told.output_nusd_per_mtok)}"


def per_mtok(nusd: int) -> str:
    """Without idle zeros: `$0.15`, `$2.5`, `$60`."""
    return f"${nusd / 1e9:g}"
