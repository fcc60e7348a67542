"""List prices and context windows from genai-prices, for models whose server does not state its own.

Importing it takes a tenth of a second, so it is loaded when the first list of models is read, in that thread.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from routing.money import parse_usd
from routing.registry.model import Price
from routing.registry.terms import Terms

SOURCE = "genai-prices"


def list_terms(name: str, base_url: str) -> Terms:
    """`price` and `context_window` of a model at the service of a base URL, as far as they are known.

    Where a price depends on the length of the input or on the hour, the dearest counts: a reservation may be too
    large, never too small.
    """
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, info = get_snapshot().find_provider_model(name, None, None, base_url)
    except LookupError:
        return {}
    terms: Terms = {}
    if info.context_window:
        terms["context_window"] = info.context_window
    price = _price(info.prices)
    if price:
        terms["price"] = price
    return terms


def _price(prices: Any) -> Price | None:
    variants = [variant.prices for variant in prices] if isinstance(prices, list) else [prices]
    if not variants:
        return None
    given, taken, cached = (
        [_dearest(getattr(variant, f"{field}_mtok", None)) for variant in variants]
        for field in ("input", "output", "cache_read")
    )
    if None in given or None in taken:
        return None
    cached_nusd = None if None in cached else max(amount for amount in cached if amount is not None)
    return Price(
        max(amount for amount in given if amount is not None),
        max(amount for amount in taken if amount is not None),
        cached_nusd,
        SOURCE,
    )


def _dearest(amount: Any) -> int | None:
    """Nano-dollars per million tokens; of a price in steps, the dearest step."""
    if amount is None:
        return None
    if isinstance(amount, Decimal | int | float):
        return parse_usd(str(amount))
    return max(parse_usd(str(step)) for step in (amount.base, *(tier.price for tier in amount.tiers)))
