"""What may be said of a model, field by field: read from YAML or from a server, checked, and merged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from routing.money import parse_usd
from routing.policy.mistakes import nearest, quoted
from routing.registry.model import Price

TIERS = ("small", "mid", "large")
CAPABILITIES = (
    "tools",
    "json",
    "json_schema",
    "vision",
    "logprobs",
    "reasoning",
    "fixed_temperature",
)
_PRICE_FIELDS = {
    "input_usd_per_mtok": "input_nusd_per_mtok",
    "output_usd_per_mtok": "output_nusd_per_mtok",
    "cached_usd_per_mtok": "cached_nusd_per_mtok",
}

Terms = dict[str, Any]
"""Fields of `Model` by name: those that somebody stated."""


@dataclass(frozen=True, slots=True)
class BadTerm:
    """A field that cannot be used; `at` leads to it inside the model's mapping."""

    at: tuple[str, ...]
    what: str
    instead: str = ""


def read_terms(raw: Mapping[str, object], source: str) -> tuple[Terms, list[BadTerm]]:
    """The fields that make sense, and what is wrong with the others. `source` names where a price was read."""
    terms: Terms = {}
    bad: list[BadTerm] = []
    for name, value in raw.items():
        if name not in FIELDS:
            bad.append(BadTerm((name,), f"the key {quoted(name)} is not known", nearest(name, FIELDS)))
            continue
        try:
            terms[name] = _price(value, source) if name == "price" else FIELDS[name](value)
        except _WrongError as wrong:
            bad.append(BadTerm((name, *wrong.at), wrong.what, wrong.instead))
    return terms, bad


def merge(*layers: Mapping[str, Any]) -> Terms:
    """Later layers win, field by field."""
    merged: Terms = {}
    for layer in layers:
        merged |= layer
    return merged


class _WrongError(ValueError):
    def __init__(self, what: str, instead: str = "", at: tuple[str, ...] = ()) -> None:
        self.what, self.instead, self.at = what, instead, at
        super().__init__(what)


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise _WrongError(f"{quoted(value)} is not allowed here", nearest(str(value), words))
        return str(value)

    return read


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _WrongError(f"{quoted(value)} is not a number of tokens", "write a whole number above 0")
    return value


def _between(low: float, high: float) -> Callable[[object], float]:
    """A finite number in the closed range."""

    def read(value: object) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= float(value) <= high or not math.isfinite(value):  # type: ignore[arg-type]
            limits = f"between {low:g} and {high:g}" if math.isfinite(high) else f"from {low:g} up"
            raise _WrongError(f"{quoted(value)} is not allowed here", f"write a number {limits}")
        return float(value)  # type: ignore[arg-type]

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(f"{quoted(value)} is neither true nor false", "write true or false")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongError(f"{quoted(value)} is not a word", "write a word")
    return value


def _capabilities(value: object) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise _WrongError(f"{quoted(value)} is not a list", "write a list, such as [tools, json]")
    for item in value:
        if item not in CAPABILITIES:
            raise _WrongError(f"the capability {quoted(item)} is not known", nearest(str(item), CAPABILITIES))
    return frozenset(value)


def _price(value: object, source: str) -> Price:
    if not isinstance(value, Mapping):
        raise _WrongError(
            f"{quoted(value)} is not a price", "write {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.5}"
        )
    amounts = dict(_amounts(value))
    for name in ("input_usd_per_mtok", "output_usd_per_mtok"):
        if _PRICE_FIELDS[name] not in amounts:
            raise _WrongError(f"a price needs {name}", "write dollars for a million tokens")
    return Price(**amounts, source=source)


def _amounts(value: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    for name, amount in value.items():
        if name not in _PRICE_FIELDS:
            raise _WrongError(f"the key {quoted(name)} is not known", nearest(name, _PRICE_FIELDS), (name,))
        try:
            nusd = parse_usd(amount) if isinstance(amount, str | int | float) else -1
        except ValueError:
            nusd = -1
        if nusd < 0 or isinstance(amount, bool):
            raise _WrongError(f"{quoted(amount)} is not a price", "write dollars, 0 or more", (name,))
        yield _PRICE_FIELDS[name], nusd


FIELDS: dict[str, Callable[[object], Any]] = {
    "tier": _one_of(TIERS),
    "capabilities": _capabilities,
    "context_window": _whole,
    "max_output": _whole,
    "price": lambda value: _price(value, ""),
    "region": _word,
    "determinism": _one_of(("none", "seed", "strong")),
    "retention": _one_of(("none", "days", "unknown")),
    "lifecycle": _one_of(("experimental", "managed", "deprecated")),
    "local": _flag,
    "quality": _between(0, 1),
    "first_token_s": _between(0, math.inf),
    "tokens_per_s": _between(0.001, math.inf),
}
"""Every field that a person may state of a model, with what reads it."""
