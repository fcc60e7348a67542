"""The sums that reports share. Simulated money is never added to real money: each kind has sums of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from routing.ledger.costs import CostRow


@dataclass(frozen=True, slots=True)
class Slice:
    """What went to one model, tier, purpose or day."""

    name: str
    simulated: bool
    calls: int
    input_tokens: int
    output_tokens: int
    spend_nusd: int
    held_nusd: int


def slices(calls: Iterable[CostRow], name: Callable[[CostRow], str]) -> tuple[Slice, ...]:
    """One for each name and kind of money: real before simulated, then the dearest first."""
    sums: dict[tuple[bool, str], list[int]] = {}
    for call in calls:
        own = sums.setdefault((call.simulated, name(call)), [0, 0, 0, 0, 0])
        own[0] += 1
        own[1] += call.input_tokens
        own[2] += call.output_tokens
        own[3] += call.spend_nusd or 0
        own[4] += call.held_nusd
    made = [Slice(of, simulated, *own) for (simulated, of), own in sums.items()]
    return tuple(sorted(made, key=lambda one: (one.simulated, -one.spend_nusd, one.name)))


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that `share` of all do not exceed. None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-share * len(ordered) // 1)
    return ordered[max(0, int(rank) - 1)]
