"""Raising the cap of a day: what may be asked for. Pure.

A raise counts for one local day and one kind of money, and needs a reason in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.errors import ConfigurationError
from routing.money import format_usd, parse_usd

SHORTEST_REASON = 10
"""Characters."""
_MOST_TIMES = 10


@dataclass(frozen=True, slots=True)
class Raise:
    """By how much the cap of a local day was raised, of which kind of money, when and why."""

    day: str
    simulated: bool
    amount_nusd: int
    reason: str
    wall_s: float
    session: str


def read_raise(amount: str, reason: str, cap_nusd: int | None, *, simulated: bool) -> tuple[int, str]:
    """The nano-dollars and the reason that were typed. Raises ConfigurationError, in one sentence, for an amount that
    is none or cannot be meant, for too short a reason, and where no cap stands; `cap_nusd` is the day's cap on real or
    on `simulated` money."""
    if cap_nusd is None:
        raise ConfigurationError("There is no cap on the day, so there is nothing to raise.")
    try:
        nusd = parse_usd(amount)
    except ValueError:
        raise ConfigurationError(f"{amount!r} is not an amount: write dollars, such as 1.50.") from None
    if nusd <= 0:
        raise ConfigurationError(f"A cap is raised by more than $0.00, not by {amount}: write dollars, such as 1.50.")
    if nusd > _MOST_TIMES * cap_nusd:
        most = f"at most {_MOST_TIMES} times the cap of {format_usd(cap_nusd)}"
        key = "caps.simulated_day_usd" if simulated else "caps.day_usd"
        place = f"`{key}` in config.yaml, and `caps.day_usd` of the profile where it has one"
        raise ConfigurationError(f"A raise is {most}: for more, set {place}.")
    words = " ".join(reason.split())
    if len(words) < SHORTEST_REASON:
        raise ConfigurationError(f"Say why in at least {SHORTEST_REASON} characters: the reason is kept in the ledger.")
    return nusd, words
