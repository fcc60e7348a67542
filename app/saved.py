"""The last discovery, kept so that `explain` and `models` can answer without asking anybody."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from routing.files import replace_file
from routing.registry.model import Registry

_REGISTRY: TypeAdapter[Any] = TypeAdapter(Registry)
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class SavedRegistry:
    registry: Registry
    saved_s: float


def save_registry(path: Path, registry: Registry, wall_s: float) -> None:
    """In place of the one before. A folder that cannot be written loses only this."""
    with contextlib.suppress(OSError):
        body = json.dumps({"saved_s": wall_s, "registry": json.loads(_REGISTRY.dump_json(registry))})
        replace_file(path, body.encode(), _MODE)


def load_saved_registry(path: Path) -> SavedRegistry | None:
    """None when there is none, or none that this version can read."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return SavedRegistry(_REGISTRY.validate_python(saved["registry"]), float(saved["saved_s"]))
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None


def offered_registry() -> Registry:
    """What the simulated providers offer, for as long as nothing was ever looked for."""
    from routing.providers.contract import ProviderConfig
    from routing.providers.listing import read_listing
    from routing.registry.loading import build_registry
    from routing.simulator import load_offers

    return build_registry(
        model
        for offer in load_offers()
        for model in read_listing(
            [{"id": offer.id, "pointsman": offer.card(thinks=False)}],
            ProviderConfig(offer.provider, "http://127.0.0.1", simulated=True),
        )
    )
