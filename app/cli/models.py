"""`pointsman models`: the registry, as the providers tell it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.settings import Paths
    from app.sources import Checked, Sources
    from routing.registry.model import Model


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def models(paths: Paths, name: str | None, as_json: bool) -> int:
    """List every model: what it can do, what it costs, and whether its provider answers.

    With NAME (an id, a bare name or a glob), everything that is known of those models, and who says so.
    """
    import asyncio

    from app.cli.looking import look
    from app.setup.unmatched import find_unmatched

    sources = asyncio.run(look(paths))
    found = _named(sources, name)
    assumed = _assumed_nusd(paths)
    if as_json:
        tell_json(_document(sources, found, assumed))
        return _code(found)
    health = dict(_healths(paths, sources, found))
    tell(_table(found, health, assumed) if name is None else _facts(found, health, assumed))
    for one in sources.checked:
        if one.problem is not None:
            say(f"{one.config.name}: {one.problem}")
    for mistake in find_unmatched(paths, sources):
        say(str(mistake))
    return _code(found)


def _code(found: tuple[Model, ...]) -> int:
    return 0 if found else 1


def _named(sources: Sources, name: str | None) -> tuple[Model, ...]:
    """Raises UsageError where there is no such model."""
    everything = sources.registry.models
    if name is None:
        return everything
    found = tuple(model for model in everything if model.is_named(name) or model.is_named(f"*/{name}"))
    if not found:
        from routing.policy.mistakes import nearest

        known = [model.id for model in everything] + [model.name for model in everything]
        raise click.UsageError(f"No model is called {name!r}: {_shortly(nearest(name, known), len(known))}.")
    return found


def _shortly(advice: str, known: int) -> str:
    return advice if advice and advice.count(",") < known - 1 else "`pointsman models` lists them"


def _document(sources: Sources, found: tuple[Model, ...], assumed_nusd: int) -> dict[str, Any]:
    return {
        "assumed_nusd_per_mtok": assumed_nusd,
        "models": [_model(model) for model in found],
        "providers": [provider_document(one) for one in sources.checked],
    }


def provider_document(one: Checked) -> dict[str, Any]:
    """What is known of a provider, as JSON."""
    return {
        "name": one.config.name,
        "base_url": one.config.base_url,
        "how": one.how,
        "simulated": one.config.simulated,
        "models": len(one.models),
        "ok": one.problem is None,
        "problem": one.problem,
    }


def _model(model: Model) -> dict[str, Any]:
    return {**asdict(model), "capabilities": sorted(model.capabilities), "sources": dict(model.sources)}


def _table(found: tuple[Model, ...], health: Mapping[str, str], assumed_nusd: int) -> str:
    """The models that stand on a tier; of the others only how many there are."""
    from app.cli.model_facts import HEAD, row
    from app.cli.tables import Table, as_text
    from routing.registry.model import UNRANKED

    if not found:
        return "There are no models."
    ranked = [model for model in found if model.tier != UNRANKED]
    rows = tuple(row(model, health[model.id], assumed_nusd) for model in ranked)
    lines = [as_text(Table(HEAD, rows))] if rows else []
    for provider in sorted({model.provider for model in found}):
        count = sum(model.provider == provider for model in found if model.tier == UNRANKED)
        if count:
            lines.append(f"and {count:,} of {provider} on no tier: pointsman models '{provider}/*'")
    return "\n".join(lines)


def _facts(found: tuple[Model, ...], health: Mapping[str, str], assumed_nusd: int) -> str:
    from app.cli.model_facts import facts
    from app.cli.tables import as_text

    return "\n\n".join(as_text(facts(model, health[model.id], assumed_nusd)) for model in found)


def _healths(paths: Paths, sources: Sources, found: tuple[Model, ...]) -> Iterator[tuple[str, str]]:
    """Of each model: whether its provider answered just now, and whether its latest call, whenever that was, failed."""
    listed = {one.config.name for one in sources.checked if one.problem is None}
    failed = _failed(paths)
    for model in found:
        if model.provider not in listed:
            yield model.id, "no answer"
        else:
            yield model.id, "last call failed" if model.id in failed else "answers"


def _failed(paths: Paths) -> frozenset[str]:
    from app.cli.ledgers import open_ledger
    from routing.errors import StorageError
    from routing.ledger.latest import failed_lately

    if not paths.ledger.exists():
        return frozenset()
    try:
        with open_ledger(paths) as store:
            return failed_lately(store)
    except StorageError:
        return frozenset()  # what there is to ask can be told without it


def _assumed_nusd(paths: Paths) -> int:
    """What the user's profile assumes of a price that nobody knows, for a million tokens."""
    from app.cli.profiles import profiles_with
    from app.settings import read_settings

    name = read_settings(paths).profile
    return profiles_with(paths, name).policies[name].assumed_nusd_per_mtok
