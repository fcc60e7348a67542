"""Caps in words, and the raise of one: what the command line and the client have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.budget.naming import cap_words
from routing.money import format_usd

if TYPE_CHECKING:
    from routing.budget.caps import Caps
    from routing.budget.raising import Raise
    from routing.budget.standing import Standing
    from routing.ledger.store import Store
    from routing.policy.model import Policy

_THEN = {
    "day": "nothing paid is asked until midnight; raise it for today",
    "simulated_day": "no simulated model with a price is asked until midnight; raise it for today",
    "session": "nothing paid is asked in this session",
    "provider": "other providers answer",
    "premium": "middle and small models answer",
    "class": "what it does not name answers",
    "route": "free models answer on this route",
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A cap that each message or answer has for itself, so that nothing is summed up against it."""

    name: str
    limit: str
    then: str


def called(one: Standing) -> str:
    """``today's cap on openai``."""
    return cap_words(one.cap, one.name)


def then(one: Standing) -> str:
    """What happens at the limit."""
    return _THEN[one.cap]


def told(one: Standing) -> str:
    """``$0.40 + $0.02 held of $2.00``."""
    held = f" + {format_usd(one.held_nusd)} held" if one.held_nusd else ""
    return f"{format_usd(one.spent_nusd)}{held} of {format_usd(one.hard_nusd)}"


def fixed_caps(policy: Policy) -> list[Fixed]:
    """The caps of each message, and of routes on theirs."""
    found = [
        Fixed("a message", format_usd(policy.request_credit_nusd), "no further call; the best draft stays"),
        Fixed("a message, time", f"{policy.request_s:g} s", "no further call; the best draft stays"),
        Fixed("a message, calls", str(policy.caps.attempts), "no further call; the best draft stays"),
    ]
    for route in policy.routes:
        if route.credit_nusd is not None:
            credit = format_usd(min(route.credit_nusd, policy.request_credit_nusd))
            found.append(Fixed(f"a message on route {route.name}", credit, "no further call; the best draft stays"))
        if route.success_nusd is not None:
            ceiling = format_usd(route.success_nusd)
            found.append(Fixed(f"a success on route {route.name}", ceiling, "held against it: it climbs no more"))
    return found


def raise_today(
    store: Store, policy: Policy, caps: Caps, amount: str, reason: str, *, simulated: bool, wall_s: float, session: str
) -> Raise:
    """Raise the day's cap until midnight and keep the reason. Raises ConfigurationError, in one sentence, for what
    cannot be meant, StorageError when the ledger cannot be written."""
    from routing.budget.caps import day_cap_nusd
    from routing.budget.raising import Raise, read_raise
    from routing.clock import local_day
    from routing.ledger.raising import write_raise
    from routing.messages import clean_text

    cap_nusd = day_cap_nusd(caps, policy, simulated)
    nusd, words = read_raise(clean_text(amount), clean_text(reason), cap_nusd, simulated=simulated)
    one = Raise(local_day(wall_s), simulated, nusd, words, wall_s, session)
    store.write_now(lambda db: write_raise(db, one))
    return one


def raised_words(one: Raise) -> str:
    """The sentence that follows a raise."""
    kind = "simulated spend" if one.simulated else "spend"
    return f"The cap on today's {kind} is {format_usd(one.amount_nusd)} higher until midnight."
