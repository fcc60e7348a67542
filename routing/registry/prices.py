"""List prices and context windows from genai-prices, for models whose server does not state its own.

Importing it takes a tenth of a second, so it is loaded when the first list of models is read, in that thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import ceil
from typing import Any

from routing.clock import Clock, SystemClock
from routing.money import NANO
from routing.registry.price import Price, Step
from routing.registry.terms import Terms

SOURCE = "genai-prices"
_BATCH = {"processing": "batch"}
_RATES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


def list_terms(name: str, base_url: str, clock: Clock | None = None) -> Terms:
    """`price`, `context_window` and `lifecycle` of a model at the service of a base URL, as far as they are known.

    Prices are today's. Where one depends on the hour, the dearest counts: a reservation may be too large, never too
    small.
    """
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, info = get_snapshot().find_provider_model(name, None, None, base_url)
    except LookupError:
        return {}
    terms: Terms = {}
    if info.context_window:
        terms["context_window"] = info.context_window
    if info.deprecated:
        terms["lifecycle"] = "deprecated"
    price = _price(info, datetime.fromtimestamp((clock or SystemClock()).wall(), UTC))
    if price:
        terms["price"] = price
    return terms


def _price(info: Any, now: datetime) -> Price | None:
    lists = list(_in_force(info.prices, now))
    batch = info.get_prices(now, _BATCH) if len(lists) == 1 else None
    return _of_lists(lists, None if batch is None or batch in lists else _of_lists([batch]))


def _in_force(prices: Any, now: datetime) -> Iterator[Any]:
    """The price lists of one day: later ones replace earlier ones from their date on, or for some hours of each day."""
    from genai_prices.types import TimeOfDateConstraint

    if not isinstance(prices, list):
        yield prices
        return
    for entry in reversed(prices):
        hours = isinstance(entry.constraint, TimeOfDateConstraint)
        if hours or entry.constraint is None or entry.constraint.active(now):
            yield entry.prices
            if not hours:
                return


def _of_lists(lists: Iterable[Any], batch: Price | None = None) -> Price | None:
    """The dearest of each rate, at every length of input at which one of them changes; None without input or output."""
    columns = [[getattr(prices, rate, None) for prices in lists] for rate in _RATES]
    starts = sorted({tier.start for column in columns for rate in column for tier in getattr(rate, "tiers", ())})
    base = [_dearest(column, 0) for column in columns]
    if base[0] is None or base[1] is None:
        return None
    steps = []
    for start in starts:
        read, written, *cache = (_dearest(column, start + 1) for column in columns)
        steps.append(Step(start, read or 0, written or 0, *cache))
    return Price(base[0], base[1], base[2], SOURCE, base[3], tuple(steps), batch)


def _dearest(column: list[Any], input_tokens: int) -> int | None:
    """Nano-dollars per million tokens at a length of input; None where any list leaves the rate out."""
    rates = [_at(rate, input_tokens) for rate in column]
    known = [rate for rate in rates if rate is not None]
    return max(known) if known and len(known) == len(rates) else None


def _at(rate: Any, input_tokens: int) -> int | None:
    if rate is None:
        return None
    tiers = [tier for tier in getattr(rate, "tiers", ()) if input_tokens > tier.start]
    usd_per_mtok = tiers[-1].price if tiers else getattr(rate, "base", rate)
    nusd_per_mtok: int = ceil(usd_per_mtok * NANO)
    return nusd_per_mtok
