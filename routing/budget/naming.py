"""What caps are called in a sentence."""

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


def cap_words(cap: str, name: str) -> str:
    """A cap by its kind, and by which of several it is."""
    named = _NAMED.get(cap)
    return _CAPS.get(cap, cap) if named is None else named.format(name)
