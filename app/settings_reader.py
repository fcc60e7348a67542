"""`config.yaml` as a tree to `Settings`, collecting every mistake with its line and what to write instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from app.settings import DEFAULT_CAP_NUSD, DEFAULT_PROFILE, DEFAULT_THEME, Settings
from routing.errors import Problem
from routing.money import parse_usd
from routing.policy.lines import Tree
from routing.policy.mistakes import nearest, quoted

Place = tuple[str | int, ...]

_KEYS = ("profile", "theme", "caps", "embeddings", "history", "neighbours", "providers", "ratings", "tiers")
_LONGEST_KEPT = 36_500


def read_document(tree: Tree, file: str, profiles: tuple[str, ...] | None = None) -> tuple[Settings, list[Problem]]:
    """What the tree says, and what is wrong with it; with problems the settings are not to be used."""
    from app.provider_reader import read_providers

    reader = Reader(tree, file)
    top = reader.mapping({} if tree.data is None else tree.data, (), _KEYS)
    caps = reader.mapping(top.get("caps") or {}, ("caps",), ("day_usd", "simulated_day_usd"))
    settings = Settings(
        profile=_profile(reader, top, profiles),
        theme=reader.word(top, (), "theme") or DEFAULT_THEME,
        day_nusd=_cap(reader, caps, "day_usd"),
        simulated_day_nusd=_cap(reader, caps, "simulated_day_usd"),
        providers=read_providers(reader, top.get("providers")),
        tiers=_tiers(reader, top.get("tiers")),
        keep_days=_keep_days(reader, top.get("history")),
        ask_ratings=_ask_ratings(reader, top.get("ratings")),
        library=_library(reader, top.get("neighbours")),
        embedder=_embedder(reader, top),
        embedder_at=f"{file}:{tree.line(('embeddings', 'model')) or 1}",
    )
    return settings, reader.problems


class Reader:
    """Reads values out of one file and keeps what is wrong with them."""

    def __init__(self, tree: Tree, file: str) -> None:
        self.tree = tree
        self.file = file
        self.problems = [
            Problem(file, tree.line(mistake.at), f"{mistake.what};", mistake.instead) for mistake in tree.mistakes
        ]

    def wrong(self, at: Place, what: str, instead: str = "") -> None:
        self.problems.append(Problem(self.file, self.tree.line(at), f"{what};" if instead else what, instead))

    def word(self, found: Mapping[str, Any], at: Place, name: str) -> str | None:
        """Text that is not empty; None when it is not there or cannot be used."""
        value = found.get(name)
        if value is None:
            return None
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        self.wrong((*at, name), f"{name} must be a word, not {quoted(value)}")
        return None

    def seconds(self, found: Mapping[str, Any], at: Place, name: str) -> float | None:
        """A time above 0."""
        value = found[name]
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        self.wrong(
            (*at, name), f"{name} must be seconds, more than 0, not {quoted(value)}", "write a number such as 20"
        )
        return None

    def mapping(self, data: object, at: Place, known: tuple[str, ...]) -> Mapping[str, Any]:
        """The known keys of a mapping."""
        if not isinstance(data, Mapping):
            name = f"'{at[-1]}'" if at else "the file"
            self.wrong(at, f"{name} must hold keys with values", f"such as {known[0]}: …")
            return {}
        for key in data:
            if key not in known:
                self._unknown(at, str(key), known)
        return {str(key): value for key, value in data.items() if key in known}

    def _unknown(self, at: Place, key: str, known: tuple[str, ...]) -> None:
        """What a profile has at the same place is not unknown, but belongs there."""
        from routing.policy.schema import CapsDocument, PolicyDocument

        documents: dict[Place, type[CapsDocument] | type[PolicyDocument]] = {
            (): PolicyDocument,
            ("caps",): CapsDocument,
        }
        document = documents.get(at)
        if document is not None and key in document.model_fields:
            under = f"under `{at[0]}` " if at else ""
            what, instead = f"the key {quoted(key)} belongs into a profile", f"write it {under}into a file in profiles/"
            self.wrong((*at, key), what, instead)
        else:
            self.wrong((*at, key), f"the key {quoted(key)} is not known", nearest(key, known))


def _profile(reader: Reader, top: Mapping[str, Any], profiles: tuple[str, ...] | None) -> str:
    name = reader.word(top, (), "profile") or DEFAULT_PROFILE
    if "profile" in top and profiles is not None and name not in profiles:
        reader.wrong(("profile",), f"there is no profile {quoted(name)}", nearest(name, profiles))
    return name


def _cap(reader: Reader, caps: Mapping[str, Any], name: str) -> int | None:
    if name not in caps:
        return DEFAULT_CAP_NUSD
    value = caps[name]
    if value is None:
        return None
    try:
        nusd = parse_usd(value) if isinstance(value, str | int | float) else -1
    except ValueError:
        nusd = -1
    if nusd < 0 or isinstance(value, bool):
        reader.wrong(("caps", name), f"{name} must be dollars, 0 or more, not {quoted(value)}", "write 2.00, or null")
        return None
    return nusd


def _keep_days(reader: Reader, data: object) -> int | None:
    value = reader.mapping(data or {}, ("history",), ("keep_days",)).get("keep_days")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LONGEST_KEPT):
        return value
    instead = "write 90, or leave it out to keep all"
    reader.wrong(("history", "keep_days"), f"keep_days must be days, 1 or more, not {quoted(value)}", instead)
    return None


def _ask_ratings(reader: Reader, data: object) -> bool:
    value = reader.mapping({} if data is None else data, ("ratings",), ("ask",)).get("ask", True)
    if isinstance(value, bool):
        return value
    reader.wrong(("ratings", "ask"), f"ask must be true or false, not {quoted(value)}", "write false to be left alone")
    return True


def _library(reader: Reader, data: object) -> str | None:
    at = ("neighbours",)
    return reader.word(reader.mapping({} if data is None else data, at, ("library",)), at, "library")


def _embedder(reader: Reader, top: Mapping[str, Any]) -> str | None:
    """`provider/name`; where providers are listed, of one of them."""
    at = ("embeddings",)
    named = reader.word(reader.mapping(top.get("embeddings", {}) or {}, at, ("model",)), at, "model")
    provider, _, name = (named or "").partition("/")
    providers = top.get("providers")
    listed = tuple(map(str, providers)) if isinstance(providers, Mapping) else ()
    if named is None:
        return None
    if not provider or not name:
        reader.wrong((*at, "model"), f"{quoted(named)} is not a model", "write its provider, / and its name")
    elif listed and provider not in listed:
        reader.wrong((*at, "model"), f"there is no provider {quoted(provider)}", nearest(provider, listed))
    return named


def _tiers(reader: Reader, data: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    from routing.registry.terms import TIERS

    if data is None:
        return ()
    found = []
    seen: dict[str, str] = {}
    for tier, patterns in reader.mapping(data, ("tiers",), TIERS).items():
        if not isinstance(patterns, list):
            reader.wrong(("tiers", tier), f"'{tier}' must list models", f"write {tier}: [openai/gpt-4o-mini]")
            continue
        found.append((tier, tuple(_patterns(reader, tier, patterns, seen))))
    return tuple(found)


def _patterns(reader: Reader, tier: str, patterns: list[object], seen: dict[str, str]) -> list[str]:
    kept = []
    for index, pattern in enumerate(patterns):
        at = ("tiers", tier, index)
        if not isinstance(pattern, str) or not pattern.strip():
            reader.wrong(at, f"{quoted(pattern)} is not a model", 'write its id, or a glob such as "ollama/*"')
        elif pattern in seen:
            reader.wrong(at, f"{quoted(pattern)} stands in '{seen[pattern]}' already", "leave one of them")
        else:
            seen[pattern] = tier
            kept.append(pattern)
    return kept
