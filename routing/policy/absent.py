"""Models that a ladder names by their id and that nobody has: mistakes that only show once the models are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path as File
from typing import TYPE_CHECKING

from routing.errors import ConfigurationError, Problem
from routing.policy.ladders import is_glob
from routing.policy.lines import read_tree
from routing.policy.loading import text_of
from routing.policy.mistakes import Path, quoted

if TYPE_CHECKING:
    from routing.policy.model import Policy
    from routing.registry.model import Registry

_NEAREST = 3


def absent_models(
    file: File, policy: Policy, registry: Registry, unlisted: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Each with its line in the profile's file, and the nearest ids there are; in the order of the file. Tiers and
    globs name no model. Of the providers `unlisted`, whose models are not known now, nothing is said."""
    named = {model for model in _named(policy) if model.partition("/")[0] not in unlisted}
    absent = {model for model in named if not any(known.is_named(model) for known in registry.models)}
    if not absent:
        return ()
    places = _places(file, dict(policy.aliases))
    problems = [_problem(file, places.get(model), model, registry) for model in sorted(absent)]
    return tuple(sorted(problems, key=lambda problem: problem.line or 0))


def _named(policy: Policy) -> Iterator[str]:
    """Models that are meant by their id, those that an alias stands for among them."""
    for route in policy.routes:
        for rung in route.ladder:
            yield from (one.model for one in rung.selectors if one.model is not None and not is_glob(one.model))


def _places(file: File, aliases: Mapping[str, str]) -> dict[str, int | None]:
    """The line on which each model is named first; none where the file cannot be read any more."""
    try:
        tree = read_tree(text_of(file), str(file))
    except ConfigurationError:
        return {}
    found: dict[str, int | None] = {}
    for at, rung in _rungs(tree.data):
        word = rung.get("model") if isinstance(rung, dict) else rung
        if isinstance(word, str):
            place: Path = ("aliases", word) if word in aliases else at
            found.setdefault(aliases.get(word, word), tree.line(place))
    return found


def _rungs(data: object) -> Iterator[tuple[Path, object]]:
    routes = data.get("routes") if isinstance(data, dict) else None
    for name, route in routes.items() if isinstance(routes, dict) else ():
        ladder = route.get("ladder") if isinstance(route, dict) else None
        for index, rung in enumerate(ladder if isinstance(ladder, list) else ()):
            yield ("routes", name, "ladder", index), rung


def _problem(file: File, line: int | None, model: str, registry: Registry) -> Problem:
    provider = model.partition("/")[0]
    known = [one.id for one in registry.models]
    own = [one.id for one in registry.models if one.provider == provider]
    why = f"{provider} has no such model" if own else f"no model of {quoted(provider)} is known"
    near = get_close_matches(model, own or known, n=_NEAREST)
    lists = f"`pointsman models {provider}/*` lists them" if own else "add that provider, or name a model that is there"
    instead = f"write {' or '.join(map(quoted, near))}" if near else lists
    return Problem(str(file), line, f"a ladder names {quoted(model)}, but {why};", instead)
