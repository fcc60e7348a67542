"""What a model's name says of it: the shipped families, its size, and the words that vendors use for sizes; and what
the service that offers it promises for every model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from routing.registry.terms import TIERS, Terms, layered, read_terms

_FILE = Path(__file__).with_name("models.yaml")
_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?e?(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])")
_BILLION = 1_000_000_000
_SMALL_MAX_B, _MID_MAX_B = 9.0, 40.0
_SMALL_WORDS = frozenset(("nano", "mini", "haiku", "flash", "small", "lite", "tiny", "instant", "micro", "fast"))
_LARGE_WORDS = frozenset(("large", "opus", "pro", "max", "ultra", "premier", "reasoner", "405b"))
# A prior of quality and speed for each tier, until something better is stated or measured.
_LINES = {
    "o": "gpt",
    "davinci": "gpt",
    "mixtral": "mistral",
    "ministral": "mistral",
    "codestral": "mistral",
    "magistral": "mistral",
    "devstral": "mistral",
    "pixtral": "mistral",
    "gemma": "gemini",
    "codegemma": "gemini",
    "codellama": "llama",
    "qwq": "qwen",
    "command": "cohere",
    "c": "cohere",
}
_OF_TIER: dict[str, Terms] = {
    "small": {"quality": 0.62, "first_token_s": 0.4, "tokens_per_s": 120.0},
    "mid": {"quality": 0.75, "first_token_s": 0.7, "tokens_per_s": 80.0},
    "large": {"quality": 0.85, "first_token_s": 1.2, "tokens_per_s": 50.0},
}


@dataclass(frozen=True, slots=True)
class Family:
    """Globs over names, and what holds for the models that they match."""

    match: tuple[str, ...]
    chat: bool
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shipped:
    """What ships of families of models, in order, and of services, by globs over their hosts."""

    families: tuple[Family, ...]
    services: tuple[tuple[tuple[str, ...], Terms], ...]


@cache
def load_shipped() -> Shipped:
    """A mistake in the file is a ValueError."""
    document = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    families = []
    for entry in document["families"]:
        match, chat = tuple(entry.pop("match")), entry.pop("chat", True)
        families.append(Family(match, chat, _terms(entry, match)))
    services = []
    for entry in document["services"]:
        match = tuple(entry.pop("match"))
        services.append((match, _terms(entry, match)))
    return Shipped(tuple(families), tuple(services))


def _terms(entry: dict[str, Any], match: tuple[str, ...]) -> Terms:
    terms, bad = read_terms(entry, "shipped")
    if bad:
        raise ValueError(f"{_FILE.name}: {match}: {bad}")
    return terms


def own_name(name: str) -> str:
    """The name by which families know a model: lower case, without folders (`models/`, `vendor/`)."""
    return name.lower().rstrip("/").rpartition("/")[2]


def family_of(name: str) -> Family | None:
    """The first family that matches."""
    own = own_name(name)
    return next(
        (family for family in load_shipped().families if any(fnmatchcase(own, glob) for glob in family.match)), None
    )


def line_of(name: str) -> str:
    """Whose line of models a name belongs to, as far as its first word tells: models of one line make like mistakes."""
    first = re.match(r"[a-z]+", own_name(name).removeprefix("meta-").removeprefix("chat"))
    word = first[0] if first else own_name(name)
    return _LINES.get(word, word)


def tier_of(name: str, parameters: float | None = None) -> str:
    """The tier of a model that nothing else is known of: by its number of parameters, or else by the words in its
    name (whole words: `gemini` is not `mini`), or else mid."""
    own = own_name(name)
    billions = parameters / _BILLION if parameters else _billions(own)
    if billions is not None:
        return "small" if billions <= _SMALL_MAX_B else "mid" if billions <= _MID_MAX_B else "large"
    words = frozenset(re.split(r"[-_.:\s]+", own))
    if words & _SMALL_WORDS:
        return "small"
    return "large" if words & _LARGE_WORDS else "mid"


def complete(name: str, listed: Terms, stated: Terms, parameters: float | None = None, host: str = "") -> Terms:
    """What its server states of a model, over what price lists say, over what its family and its service say, over
    what its tier suggests. `sources` among the terms says whose each of them is."""
    family = family_of(name)
    known = layered(
        ("service", _service_terms(host)),
        ("family", family.terms if family else {}),
        ("genai-prices", listed),
        ("server", stated),
    )
    guessed = tier_of(name, parameters)
    tier = known.get("tier", guessed)
    prior = _OF_TIER[tier if tier in TIERS else guessed]
    return layered(("worked out", {**prior, "tier": tier}), ("", known))


def _service_terms(host: str) -> Terms:
    services = load_shipped().services
    return next((terms for match, terms in services if any(fnmatchcase(host, glob) for glob in match)), {})


def _billions(own: str) -> float | None:
    """The size in a name: `qwen2.5:7b`, `mixtral-8x7b`, `smollm-135m`."""
    found = _SIZE.search(own)
    if not found:
        return None
    times, size, unit = found.groups()
    return int(times or 1) * float(size) / (1000 if unit == "m" else 1)
