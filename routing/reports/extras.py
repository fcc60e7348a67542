"""What made an answer dearer than its model's plain price: a long input, or a stand-in that charges more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from routing.ledger.costs import CostRow, least_step, read_prices, read_usage
from routing.ledger.store import Store
from routing.messages import Usage
from routing.registry.price import Price


@dataclass(frozen=True, slots=True)
class Extras:
    """Nano-dollars by call: above what the first model of the turn would have charged, and above the price of short
    input."""

    hedge_nusd: dict[str, int] = field(default_factory=dict)
    long_nusd: dict[str, int] = field(default_factory=dict)


def find_extras(store: Store, turns: Sequence[Sequence[CostRow]]) -> Extras:
    """Of answers, by the prices that were in force when their turn was decided."""
    least = least_step(store)
    dearer = [
        (turn, call) for turn in turns for call in turn if _hedged(call) or (least is not None and _long(call, least))
    ]
    ids = sorted({call.turn for _, call in dearer})
    prices, usages, extras = read_prices(store, ids), read_usage(store, ids), Extras()
    for turn, call in dearer:
        known, usage, spend = prices.get(call.turn, {}), usages.get(call.id), call.spend_nusd or 0
        if usage is None:
            continue
        first, own = known.get(turn[0].model), known.get(call.model)
        if _hedged(call) and first is not None:
            extras.hedge_nusd[call.id] = max(0, spend - _bill(first, usage))
        if own is not None and own.steps:
            extras.long_nusd[call.id] = max(0, spend - _bill(replace(own, steps=()), usage))
    return extras


def _hedged(call: CostRow) -> bool:
    return call.role == "hedge" and call.outcome == "finished" and bool(call.spend_nusd)


def _long(call: CostRow, least: int) -> bool:
    answered = call.purpose == "answer" and call.outcome in ("finished", "superseded")
    return answered and bool(call.spend_nusd) and call.input_tokens > least


def _bill(price: Price, usage: Usage) -> int:
    return price.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_tokens)
