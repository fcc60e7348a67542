"""The sums that reports share. Simulated money is never added to real money: each kind has sums of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


class Paid(Protocol):
    """A call, or calls of one kind."""

    @property
    def calls(self) -> int: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def spend_nusd(self) -> int | None: ...
    @property
    def held_nusd(self) -> int: ...


P = TypeVar("P", bound=Paid)


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


def slices(calls: Iterable[P], name: Callable[[P], str]) -> tuple[Slice, ...]:
    """One for each name and kind of money: real before simulated, then the dearest first."""
    found: dict[tuple[bool, str], list[P]] = {}
    for call in calls:
        found.setdefault((call.simulated, name(call)), []).append(call)
    made = [_slice(of, simulated, members) for (simulated, of), members in found.items()]
    return tuple(sorted(made, key=lambda one: (one.simulated, -one.spend_nusd, one.name)))


def _slice(name: str, simulated: bool, calls: Sequence[Paid]) -> Slice:
    return Slice(
        name=name,
        simulated=simulated,
        calls=sum(call.calls for call in calls),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        spend_nusd=sum(call.spend_nusd or 0 for call in calls),
        held_nusd=sum(call.held_nusd for call in calls),
    )


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that `share` of all do not exceed. None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-share * len(ordered) // 1)
    return ordered[max(0, int(rank) - 1)]
