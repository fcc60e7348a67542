"""What caps are called in a sentence, and what raises them."""

from __future__ import annotations

_CAPS = {
    "day": "today's cap",
    "simulated_day": "today's simulated cap",
    "session": "the session's cap",
    "request": "the cap of one message",
    "attempts": "the limit of calls for one message",
    "seconds": "the time for one message",
}
_NAMED = {
    "provider": "today's cap on {}",
    "premium": "the {} tier's share of today",
    "class": "today's cap on {}",
    "route": "today's quota of route {}",
}
_RAISED_BY = {
    "day": "`/raise`, or `pointsman caps raise`",
    "simulated_day": "`/raise`, or `pointsman caps raise --simulated`",
    "request": "`caps.request_usd` in the profile",
    "session": "`caps.session_usd` in the profile",
    "provider": "`caps.providers` in the profile",
    "premium": "`caps.premium_share` in the profile",
    "class": "`caps.classes` in the profile",
    "route": "the route's `day_usd` in the profile",
}


def cap_words(cap: str, name: str) -> str:
    """A cap by its kind, and by which of several it is."""
    named = _NAMED.get(cap)
    return _CAPS.get(cap, cap) if named is None else named.format(name)


def raised_by(cap: str) -> str:
    """The command or the key that raises a cap on spend."""
    return _RAISED_BY[cap]


def on_spend(cap: str) -> bool:
    """Whether the cap is one on money: others count calls, or seconds."""
    return cap in _RAISED_BY
