"""What each simulated provider has served: the bill that it would send."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from routing.simulator.models import Offer

_MOST_RECEIPTS = 20_000


@dataclass(slots=True)
class Served:
    """Totals of one model at one provider; a call counts from the moment it is accepted."""

    calls: int = 0
    finished: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nusd: int = 0

    def __add__(self, other: Served) -> Served:
        return Served(
            self.calls + other.calls,
            self.finished + other.finished,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_nusd + other.cost_nusd,
        )


@dataclass(slots=True)
class Receipt:
    """One call that was accepted. `asked` is how the last message began."""

    id: str
    model: str
    asked: str
    fault: str | None
    input_tokens: int
    output_tokens: int = 0
    finished: bool = False


class Bill:
    """Tokens are added as they are handed to the socket, so calls cut or cancelled are in it."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._totals = {(offer.provider, offer.id): Served() for offer in offers}
        self._receipts: dict[str, deque[Receipt]] = {offer.provider: deque(maxlen=_MOST_RECEIPTS) for offer in offers}

    def accept(self, offer: Offer, receipt: Receipt) -> None:
        self._receipts[offer.provider].append(receipt)
        total = self._totals[offer.provider, offer.id]
        total.calls += 1
        total.input_tokens += receipt.input_tokens
        total.cost_nusd += offer.cost_nusd(receipt.input_tokens, 0)

    def sent(self, offer: Offer, receipt: Receipt, output_tokens: int) -> None:
        receipt.output_tokens += output_tokens
        total = self._totals[offer.provider, offer.id]
        total.output_tokens += output_tokens
        total.cost_nusd += offer.cost_nusd(0, output_tokens)

    def finish(self, offer: Offer, receipt: Receipt) -> None:
        receipt.finished = True
        self._totals[offer.provider, offer.id].finished += 1

    def calls_of(self, provider: str) -> list[dict[str, Any]]:
        """The latest accepted calls of a provider, in their order."""
        return [asdict(receipt) for receipt in self._receipts[provider]]

    def of(self, provider: str) -> dict[str, Any]:
        """Totals of a provider (calls, finished, tokens, cost_nusd) and the same for each model."""
        models = {model: total for (name, model), total in self._totals.items() if name == provider}
        whole = sum(models.values(), Served())
        return {
            "provider": provider,
            **asdict(whole),
            "models": {name: asdict(total) for name, total in models.items()},
        }
