"""What the providers list, under what the user says of it, to one registry with a hash.

The user's file is `models.yaml` in the config folder: globs over model ids, and the fields that they change.

    models:
      openai/gpt-4o-mini: {tier: mid}
      "ollama/*": {context_window: 32768, capabilities: [json, tools]}
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from routing.errors import ConfigurationError, Problem
from routing.policy.lines import Tree, read_tree
from routing.policy.mistakes import Path as Place
from routing.policy.mistakes import nearest, quoted
from routing.registry.model import UNRANKED, Model, Registry
from routing.registry.terms import Terms, layered, read_terms
from routing.small_files import read_small

Overrides = tuple[tuple[str, Terms], ...]
"""Globs over model ids with the fields that they set, in the order of the file; later ones win. `sources` among the
fields names the file for each of them."""

Tiers = tuple[tuple[str, tuple[str, ...]], ...]
"""The tiers that the user filled, each with model ids, bare names or globs; the first that names a model counts. An id
names that one model, also where a hub lists another under it as its bare name."""


def load_registry(listed: Iterable[Model], overrides: Path | None = None, tiers: Tiers = ()) -> Registry:
    """Raises ConfigurationError with every mistake in the user's file; a file that is not there changes nothing."""
    return build_registry(listed, read_overrides(overrides) if overrides else (), tiers)


def build_registry(listed: Iterable[Model], overrides: Overrides = (), tiers: Tiers = ()) -> Registry:
    """The models by id, each once, and the first twelve hex digits of the SHA-256 of it all. The order of `listed`
    changes nothing. With `tiers`, a model that none of them names is unranked; what the user's file says of a single
    model's tier counts more."""
    ordered = sorted(listed, key=_content)
    ids = frozenset(model.id for model in ordered)
    unique = {model.id: _overridden(_placed(model, tiers, ids), overrides) for model in ordered}
    models = tuple(unique[model_id] for model_id in sorted(unique))
    digest = hashlib.sha256("\n".join(map(_content, models)).encode()).hexdigest()
    return Registry(models, digest[:12])


def read_overrides(path: Path) -> Overrides:
    """The user's file. Raises ConfigurationError with every mistake in it."""
    try:
        text = read_small(path)
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(path), None, f"cannot be read: {reason}"),)) from None
    tree = read_tree(text, str(path))
    problems = [
        Problem(str(path), tree.line(mistake.at), f"{mistake.what};", mistake.instead) for mistake in tree.mistakes
    ]
    found = parse_overrides(_models_of(tree, path, problems), tree, str(path), ("models",), problems)
    if problems:
        raise ConfigurationError(tuple(problems))
    return found


def parse_overrides(
    models: Mapping[str, object], tree: Tree, file: str, at: Place, problems: list[Problem]
) -> Overrides:
    """The mapping that stands at a place of a file; mistakes are added to `problems`."""
    found: list[tuple[str, Terms]] = []
    for pattern, fields in models.items():
        place = (*at, pattern)
        if not isinstance(fields, Mapping):
            what = f"{quoted(pattern)} must hold fields, such as {{tier: mid}}"
            problems.append(Problem(file, tree.line(place), what))
            continue
        source = Path(file).name
        terms, bad = read_terms(fields, source)
        problems += [Problem(file, tree.line((*place, *term.at)), f"{term.what};", term.instead) for term in bad]
        found.append((pattern, layered((source, terms))))
    return tuple(found)


def _models_of(tree: Tree, path: Path, problems: list[Problem]) -> Mapping[str, object]:
    if tree.data is None:
        return {}
    if not isinstance(tree.data, dict):
        problems.append(Problem(str(path), 1, "must begin with the key 'models'"))
        return {}
    for key in tree.data:
        if key != "models":
            what = f"the key {quoted(key)} is not known;"
            problems.append(Problem(str(path), tree.line((key,)), what, nearest(key, ("models",))))
    models = tree.data.get("models") or {}
    if not isinstance(models, dict):
        problems.append(Problem(str(path), tree.line(("models",)), "'models' must hold model ids with their fields"))
        return {}
    return models


def _placed(model: Model, tiers: Tiers, ids: Container[str]) -> Model:
    if not tiers:
        return model

    def named(pattern: str) -> bool:
        return model.id == pattern if pattern in ids else model.is_named(pattern)

    on = (tier for tier, patterns in tiers if any(map(named, patterns)))
    return model.stated("config.yaml", tier=next(on, UNRANKED))


def _overridden(model: Model, overrides: Overrides) -> Model:
    for pattern, terms in overrides:
        if fnmatchcase(model.id, pattern):
            sources = dict(model.sources) | dict(terms["sources"])
            model = dataclasses.replace(model, **terms | {"sources": tuple(sorted(sources.items()))})
    return model


def _content(model: Model) -> str:
    """One line that says everything of a model, the same on every machine."""
    fields: dict[str, Any] = dataclasses.asdict(model)
    fields["capabilities"] = sorted(model.capabilities)
    return json.dumps(fields, sort_keys=True, ensure_ascii=True)
