"""What each model can do, costs and promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal

from routing.registry.price import FREE, Price, Step

__all__ = ["FREE", "UNRANKED", "Model", "Price", "Registry", "Step"]

UNRANKED = "unranked"
"""The tier of a model that no tier was chosen for: it can be asked for by name and stands on no rung."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model at one provider; `id` is `provider/name`. Tokens for sizes, seconds for expectations.

    `price` None: not known, so a call is reserved at the policy's assumed price. `quality` is the prior chance that
    its answer is right, before anything was measured here. Models with the same `deployment_of` are one model at
    several places, chosen among in proportion to `weight`. `sources` says of each field that somebody stated who it
    was: server, genai-prices, family, service, worked out, or the user's file.
    """

    id: str
    provider: str
    name: str
    tier: str
    capabilities: frozenset[str] = frozenset()
    context_window: int = 8192
    max_output: int = 2048
    price: Price | None = None
    region: str | None = None
    determinism: Literal["none", "seed", "strong"] = "none"
    retention: Literal["none", "days", "unknown"] = "unknown"
    moderation: Literal["none", "provider", "unknown"] = "unknown"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    lifecycle: Literal["experimental", "managed", "deprecated"] = "managed"
    local: bool = False
    simulated: bool = False
    quality: float = 0.7
    first_token_s: float = 1.0
    tokens_per_s: float = 50.0
    deployment_of: str | None = None
    weight: float = 1.0
    sources: tuple[tuple[str, str], ...] = ()

    def is_named(self, pattern: str) -> bool:
        """Whether an id, a bare name or a glob over either names this model."""
        return fnmatchcase(self.id, pattern) or fnmatchcase(self.name, pattern)

    def stated(self, source: str, **fields: Any) -> Model:
        """The same model with fields as somebody states them."""
        sources = dict(self.sources) | dict.fromkeys(fields, source)
        return replace(self, **fields, sources=tuple(sorted(sources.items())))

    def source_of(self, field: str) -> str | None:
        """Who stated a field; None when nobody did."""
        return dict(self.sources).get(field)


@dataclass(frozen=True)
class Registry:
    """Every model that could be asked, by id, and the hash of it all."""

    models: tuple[Model, ...]
    hash: str

    def get(self, model_id: str) -> Model | None:
        return self._by_id.get(model_id)

    @cached_property
    def _by_id(self) -> dict[str, Model]:
        return {model.id: model for model in self.models}
