"""What the simulated providers offer, read from models.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

TIERS = ("small", "mid", "large")


@dataclass(frozen=True, slots=True)
class Offer:
    """One model as one provider serves it; prices are nano-dollars for one token."""

    provider: str
    id: str
    tier: str
    local: bool
    first_token_s: float
    tokens_per_s: float
    context_window: int
    max_output: int
    capabilities: tuple[str, ...]
    failure_rate: float
    region: str
    determinism: str
    retention: str
    input_nusd: int
    output_nusd: int

    def cost_nusd(self, input_tokens: int, output_tokens: int) -> int:
        return input_tokens * self.input_nusd + output_tokens * self.output_nusd

    def card(self, *, thinks: bool) -> dict[str, Any]:
        """The terms of this offer as lists of models state them, under the key `pointsman`. `thinks`: whether clients
        of the dialect have it think without being told to."""
        told = [one for one in self.capabilities if thinks or one != "reasoning"]
        return {
            "tier": self.tier,
            "context_window": self.context_window,
            "max_output": self.max_output,
            "price": {
                "input_usd_per_mtok": self.input_nusd / 1000,
                "output_usd_per_mtok": self.output_nusd / 1000,
            },
            "capabilities": told,
            "local": self.local,
            "region": self.region,
            "determinism": self.determinism,
            "retention": self.retention,
            "lifecycle": "managed",
            "first_token_s": self.first_token_s,
            "tokens_per_s": self.tokens_per_s,
            "simulated": True,
        }


@cache
def load_offers() -> tuple[Offer, ...]:
    """Every offer of models.yaml, in the order of the file."""
    data = _data()
    offers = []
    for model_id, model in data["models"].items():
        common = {key: value for key, value in model.items() if key != "offers"}
        for provider, terms in model["offers"].items():
            offers.append(_offer(provider, model_id, common | terms))
    return tuple(offers)


@cache
def provider_names() -> tuple[str, ...]:
    """The simulated providers, in the order of models.yaml."""
    return tuple(_data()["providers"])


@cache
def _data() -> Any:
    import yaml

    return yaml.safe_load(Path(__file__).with_name("models.yaml").read_text("utf-8"))


def _offer(provider: str, model_id: str, terms: dict[str, Any]) -> Offer:
    price_in, price_out = (int(Decimal(str(price)) * 1000) for price in terms.pop("price"))
    terms["capabilities"] = tuple(terms["capabilities"])
    return Offer(provider=provider, id=model_id, input_nusd=price_in, output_nusd=price_out, **terms)
