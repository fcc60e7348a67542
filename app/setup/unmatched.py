"""Names under `tiers:` that no model has: mistakes that only show once the models are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.errors import ConfigurationError, Problem
from routing.policy.lines import read_tree
from routing.policy.mistakes import nearest, quoted

if TYPE_CHECKING:
    from app.settings import Paths
    from app.sources import Sources

_MOST = 6
"""Models that fit into one sentence."""


def find_unmatched(paths: Paths, sources: Sources) -> tuple[Problem, ...]:
    """Each with its line in `config.yaml`. Of a provider whose models are not known now, nothing is said. Reads the
    file: call it in a thread. Raises ConfigurationError when the file cannot be read any more."""
    if sources.simulated or not sources.said.tiers:
        return ()
    known = [model.id for model in sources.registry.models]
    unknown = {one.config.name for one in sources.checked if one.waiting or one.problem is not None}
    tree = read_tree(_text(paths), str(paths.config))
    problems = []
    for tier, patterns in sources.said.tiers:
        for at, pattern in enumerate(patterns):
            named = pattern in known or any(model.is_named(pattern) for model in sources.registry.models)
            if not named and not _may_come(pattern, unknown):
                what = f"tier {tier} names {quoted(pattern)}, but no model is called so;"
                place = tree.line(("tiers", tier, at))
                problems.append(Problem(str(paths.config), place, what, _there_is(pattern, known)))
    return tuple(problems)


def _text(paths: Paths) -> str:
    try:
        return paths.config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(paths.config), None, f"cannot be read: {reason}."),)) from None


def _may_come(pattern: str, unknown: set[str]) -> bool:
    """Whether it may name a model of a provider whose list did not come."""
    provider, slash, _ = pattern.partition("/")
    return provider in unknown or (bool(unknown) and (not slash or any(sign in provider for sign in "*?[")))


def _there_is(pattern: str, known: list[str]) -> str:
    """The nearest name; without one, what its provider has."""
    provider = pattern.partition("/")[0]
    own = [model for model in known if model.startswith(f"{provider}/")] or known
    advice = nearest(pattern, own)
    return advice if own and advice.count(",") < _MOST else "`pointsman models` lists them"
