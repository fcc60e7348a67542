"""`pointsman check`: is each provider reachable, is its key accepted, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.settings import Paths
    from app.sources import Sources


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def check(paths: Paths, as_json: bool) -> int:
    """Ask each provider for its models; say what answers, what does not, and where a key goes."""
    import asyncio

    from app.cli.looking import look
    from app.cli.models import provider_document

    sources = asyncio.run(look(paths))
    failing = [one for one in sources.checked if one.problem is not None]
    if as_json:
        providers = [provider_document(one) for one in sources.checked]
        tell_json({"ok": not failing, "simulated": sources.simulated, "providers": providers})
    else:
        tell("\n".join([*_providers(sources), *(_how_to(paths) if sources.simulated or failing else ())]))
    if failing:
        say(f"{len(failing)} of {len(sources.checked)} providers cannot be used: {failing[0].problem}")
    return 1 if failing else 0


def _providers(sources: Sources) -> Iterator[str]:
    if sources.simulated:
        yield "No key and no local server was found, so simulated providers answer."
    for one in sources.checked:
        count = len(one.models)
        state = f"{count} model{'' if count == 1 else 's'}" if one.problem is None else one.problem
        yield f"{'✓' if one.problem is None else '✗'} {one.config.name}  {one.config.base_url}  ({one.how}): {state}"


def _how_to(paths: Paths) -> Iterator[str]:
    from routing.providers.keys import FILE_NAME
    from routing.providers.known import LOCAL_SERVERS, SERVICES

    yield ""
    yield "Where a key goes: in the environment, in the system's keyring (service “pointsman”), or as a line"
    yield f"NAME=value in {paths.config_dir / FILE_NAME} (chmod 600). Its NAME is one of"
    yield "  " + ", ".join(service.key for service in SERVICES)
    servers = ", ".join(f"{server.title} (port {server.port})" for server in LOCAL_SERVERS)
    yield f"A local server is found by itself: {servers}."
    yield f"Any other goes into {paths.config}:"
    yield "  providers: {NAME: {base_url: http://…/v1, key: NAME_OF_ITS_KEY}}"
