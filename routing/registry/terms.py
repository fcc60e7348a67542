"""What may be said of a model, field by field: read from YAML or from a server, checked, and merged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.policy.mistakes import nearest, quoted
from routing.registry.model import UNRANKED
from routing.registry.price_terms import read_price
from routing.registry.readers import WrongValueError, between, flag, one_of, some_of, whole, word

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
            bad.append(BadTerm((str(name),), f"the key {quoted(name)} is not known", nearest(str(name), FIELDS)))
            continue
        try:
            terms[name] = read_price(value, source) if name == "price" else FIELDS[name](value)
        except WrongValueError as wrong:
            bad.append(BadTerm((name, *wrong.at), wrong.what, wrong.instead))
    return terms, bad


def merge(*layers: Mapping[str, Any]) -> Terms:
    """Later layers win, field by field."""
    merged: Terms = {}
    for layer in layers:
        merged |= layer
    return merged


def layered(*layers: tuple[str, Mapping[str, Any]]) -> Terms:
    """Layers with the names of who stated them, merged; `sources` says for each field whose it is. A layer that knows
    the sources of its own fields keeps them."""
    merged: Terms = {}
    sources: dict[str, str] = {}
    for name, layer in layers:
        own = dict(layer.get("sources", ()))
        stated = {field: value for field, value in layer.items() if field != "sources"}
        merged |= stated
        sources |= {field: own.get(field, name) for field in stated}
    return merged | {"sources": tuple(sorted(sources.items()))}


FIELDS: dict[str, Callable[[object], Any]] = {
    "tier": one_of((*TIERS, UNRANKED)),
    "capabilities": some_of(CAPABILITIES, "capability"),
    "context_window": whole("tokens"),
    "max_output": whole("tokens"),
    "price": lambda value: read_price(value, ""),
    "region": word,
    "determinism": one_of(("none", "seed", "strong")),
    "retention": one_of(("none", "days", "unknown")),
    "moderation": one_of(("none", "provider", "unknown")),
    "requests_per_minute": whole("requests"),
    "tokens_per_minute": whole("tokens"),
    "lifecycle": one_of(("experimental", "managed", "deprecated")),
    "local": flag,
    "quality": between(0, 1),
    "first_token_s": between(0, math.inf),
    "tokens_per_s": between(0.001, math.inf),
    "deployment_of": word,
    "weight": between(0.001, math.inf),
}
"""Every field that a person may state of a model, with what reads it."""
