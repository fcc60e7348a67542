"""Reasons as sentences: why a model may not be asked, in words for the person at the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.budget.naming import cap_words
from routing.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.decision.model import Reason


def sentence(reason: Reason) -> str:
    """One sentence; for a kind that is not known here, its own words."""
    if reason.kind in _PROFILE_CAPS:
        return _capped(reason)
    tell = _SENTENCES.get(reason.kind)
    if tell is None:
        return f"{reason.kind.replace('_', ' ').capitalize()}: {reason.needed} is needed, {reason.found} was found."
    return tell(reason.needed, reason.found)


def _capped(reason: Reason) -> str:
    cap = cap_words(reason.kind.removesuffix("_cap"), reason.name)
    return f"One call may cost up to {_amount(reason.needed)}; {cap} leaves {_amount(reason.found)}."


def _amount(text: str) -> str:
    return format_usd(int(text)) if text.isdecimal() else text


def _tokens(text: str) -> str:
    return f"{int(text):,}".replace(",", " ") if text.isdecimal() else text


def _region(needed: str, found: str) -> str:
    where = "It is not known where it runs" if found == "unknown" else f"It runs in {found}"
    return f"{where}; only {needed} is allowed."


_PROFILE_CAPS = ("session_cap", "provider_cap", "premium_cap", "class_cap", "route_cap")
_WRONG = {
    "format": "the form that was asked for",
    "language": "the language",
    "length": "the length",
    "refusal": "what it may answer",
}
_SENTENCES: dict[str, Callable[[str, str], str]] = {
    "pin": lambda needed, _: f"You asked for {needed}.",
    "lifecycle": lambda needed, found: f"It is {found}; the route takes {needed}.",
    "capability": lambda needed, found: f"It lacks {needed} (it has: {found}).",
    "context": lambda needed, found: f"{_tokens(needed)} tokens are needed, its window holds {_tokens(found)}.",
    "region": _region,
    "local": lambda _, found: f"The prompt may not leave this machine, and {found} is not on it.",
    "determinism": lambda needed, found: f"Its answers repeat to the degree “{found}”; “{needed}” is needed.",
    "retention": lambda _, found: f"Its provider keeps prompts ({found}); nothing may be kept.",
    "gone": lambda _needed, _found: "Its provider no longer has it.",
    "rate_limit": lambda _, found: f"Its provider leaves too little of a rate limit: {found}.",
    "breaker": lambda needed, found: (
        f"{'It' if needed.startswith('a model') else 'Its provider'} is not asked now: {found}."
    ),
    "request_credit": lambda needed, found: (
        f"One call may cost up to {_amount(needed)}, one message up to {_amount(found)}."
    ),
    "day_cap": lambda needed, found: f"One call may cost up to {_amount(needed)}; today {_amount(found)} is left.",
    "pattern": lambda needed, found: f"It got {_WRONG.get(needed, needed)} wrong before: {found}.",
    "throttle": lambda needed, found: f"Spend is slowed: {needed} is wanted, and it is {found}.",
    "time": lambda needed, found: f"It takes about {needed} s; there are {found} s.",
    "not_on_route": lambda needed, found: f"No rung of the route takes it: it is {found}, the rungs are {needed}.",
}
