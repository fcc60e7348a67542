"""Simulated models behind a real HTTP server on loopback. Names load when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routing.simulator.faults import FAULTS, Fault, parse_fault
    from routing.simulator.limits import Limits
    from routing.simulator.models import Offer, load_offers, provider_names
    from routing.simulator.routes import DIALECTS
    from routing.simulator.simulator import Simulator, serve

_HOMES = {
    "DIALECTS": "routes",
    "FAULTS": "faults",
    "Fault": "faults",
    "parse_fault": "faults",
    "Limits": "limits",
    "Offer": "models",
    "load_offers": "models",
    "provider_names": "models",
    "Simulator": "simulator",
    "serve": "simulator",
}
__all__ = [
    "DIALECTS",
    "FAULTS",
    "Fault",
    "Limits",
    "Offer",
    "Simulator",
    "load_offers",
    "parse_fault",
    "provider_names",
    "serve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
