"""`pointsman models`: the registry, as the providers tell it now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.settings import Paths
    from app.sources import Checked, Sources
    from routing.registry.model import Model, Price


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def models(paths: Paths, as_json: bool) -> None:
    """List every model: what it can do, what it costs, and whether its provider answers."""
    import asyncio

    from app.cli.looking import look

    sources = asyncio.run(look(paths))
    problems = [one for one in sources.checked if one.problem is not None]
    if as_json:
        tell_json(_document(sources))
        return
    tell(_table(sources.registry.models))
    for one in problems:
        say(f"{one.config.name}: {one.problem}")


def _document(sources: Sources) -> dict[str, Any]:
    return {
        "models": [_model(model) for model in sources.registry.models],
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
    return {**asdict(model), "capabilities": sorted(model.capabilities)}


def _table(registry: tuple[Model, ...]) -> str:
    from app.cli.tables import Table, as_text

    head = ("model", "tier", "window", "$/M in", "$/M out", "where", "can do")
    return as_text(Table(head, tuple(_row(model) for model in registry))) if registry else "There are no models."


def _row(model: Model) -> tuple[str, ...]:
    where = "this machine" if model.local else model.region or "not told"
    price = _price(model.price)
    able = ", ".join(sorted(model.capabilities)) or "text only"
    return model.id, model.tier, f"{model.context_window:,}", *price, where, able


def _price(price: Price | None) -> tuple[str, str]:
    if price is None:
        return "–", "–"
    return f"{price.input_nusd_per_mtok / 1e9:g}", f"{price.output_nusd_per_mtok / 1e9:g}"
