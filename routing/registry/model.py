"""What each model can do, costs and promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.money import cost


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-dollars per million tokens. `source` says where it was read."""

    input_nusd_per_mtok: int
    output_nusd_per_mtok: int
    cached_nusd_per_mtok: int | None = None
    source: str = ""

    def of(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """Nano-dollars of one call; cached tokens are inside the input tokens."""
        fresh = cost(input_tokens - cached_tokens, self.input_nusd_per_mtok)
        written = cost(output_tokens, self.output_nusd_per_mtok)
        if not cached_tokens:
            return fresh + written
        cached_price = self.input_nusd_per_mtok if self.cached_nusd_per_mtok is None else self.cached_nusd_per_mtok
        return fresh + cost(cached_tokens, cached_price) + written


FREE = Price(0, 0, 0, "local")


@dataclass(frozen=True, slots=True)
class Model:
    """One model at one provider; `id` is `provider/name`. Tokens for sizes, seconds for expectations.

    `price` None: not known, so a call is reserved at the policy's assumed price. `quality` is the prior chance that
    its answer is right, before anything was measured here. Models with the same `deployment_of` are one model at
    several places, chosen among in proportion to `weight`. `sources` says of each field that somebody stated who it
    was: server, genai-prices, family, or the user's file.
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


@dataclass(frozen=True, slots=True)
class Registry:
    """Every model that could be asked, by id, and the hash of it all."""

    models: tuple[Model, ...]
    hash: str

    def get(self, model_id: str) -> Model | None:
        return next((model for model in self.models if model.id == model_id), None)
