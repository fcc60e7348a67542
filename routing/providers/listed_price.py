"""The price that a service states in its list of models: OpenRouter's dollars for one token, as text, with others for
long prompts; Together's for a million tokens, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from routing.money import TOKENS_PER_PRICE, parse_usd
from routing.registry.price import Price, Step
from routing.registry.price_terms import step

_RATES = {
    "prompt": "input_nusd_per_mtok",
    "completion": "output_nusd_per_mtok",
    "input_cache_read": "cached_nusd_per_mtok",
    "input_cache_write": "cache_write_nusd_per_mtok",
}
_BEYOND_SENSE = 10**18


def listed_price(pricing: object, source: str) -> Price | None:
    """None where it cannot be told: OpenRouter writes -1 for what is only known afterwards, Together zeros for what is
    rented by the hour."""
    if not isinstance(pricing, Mapping):
        return None
    try:
        if "prompt" in pricing:
            price = Price(**_rates(pricing), source=source)
            return replace(price, steps=_steps(pricing.get("overrides"), price))
        given, taken = parse_usd(pricing["input"]), parse_usd(pricing["output"])
    except (KeyError, TypeError, ValueError):
        return None
    sensible = min(given, taken) >= 0 and 0 < max(given, taken) < _BEYOND_SENSE
    return Price(given, taken, None, source) if sensible else None


def _steps(overrides: object, price: Price) -> tuple[Step, ...]:
    """OpenRouter's overrides, which begin at a number of tokens, as steps, which begin above one."""
    entries = [one for one in overrides if isinstance(one, Mapping)] if isinstance(overrides, list) else []
    starts = {entry.get("min_prompt_tokens"): entry for entry in entries}
    known = {start: entry for start, entry in starts.items() if isinstance(start, int) and start > 0}
    return tuple(step(price, start - 1, **_rates(known[start])) for start in sorted(known))


def _rates(pricing: Mapping[str, Any]) -> dict[str, Any]:
    return {rate: _per_token(pricing[name]) for name, rate in _RATES.items() if pricing.get(name) is not None}


def _per_token(amount: object) -> int:
    """Nano-dollars for a million of them. Raises ValueError for what cannot be one."""
    exponent = "e" in str(amount).lower()
    nusd = parse_usd(float(str(amount)) * TOKENS_PER_PRICE if exponent else f"{amount}e6")
    if not 0 <= nusd < _BEYOND_SENSE:
        raise ValueError(amount)
    return nusd
