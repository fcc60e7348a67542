"""`pointsman check`: is each provider reachable, is its key accepted, does it answer, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.cli.running import Stop
    from app.runtime import Runtime
    from app.settings import Paths
    from app.setup.calling import Called
    from app.sources import Checked, Sources
    from routing.errors import Problem
    from routing.registry.ladders import Proposal
    from routing.registry.loading import Tiers

Calls = Mapping[str, "Called"]


@click.command()
@click.option("--drill", "drills", is_flag=True, help="Call every model on a tier: who can stand in for whom?")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def check(paths: Paths, drills: bool, as_json: bool) -> int:
    """Ask each provider for its models and call its cheapest once; propose tiers; say where a key goes."""
    from app.cli.running import run

    async def main(_: Stop) -> int:
        from app.cli.drilling import drill
        from app.cli.profiles import say_left_out
        from app.runtime import Runtime
        from app.settings import read_settings

        runtime = await Runtime.open(paths, read_settings(paths), program="check")
        try:
            if not drills:
                return await _check(runtime, paths, as_json)
            say_left_out(runtime.profiles)
            return await drill(runtime, as_json)
        finally:
            await runtime.aclose()

    return run(main)


async def _check(runtime: Runtime, paths: Paths, as_json: bool) -> int:
    import asyncio

    from app.setup.calling import call_each
    from app.setup.proposing import propose_tiers
    from app.setup.unmatched import find_unmatched

    sources = runtime.sources
    called = await call_each(runtime.router, sources)
    proposal = propose_tiers(sources, called)
    mistakes = (
        *map(str, await asyncio.to_thread(find_unmatched, paths, sources)),
        *map(str, await asyncio.to_thread(_profile_mistakes, runtime)),
        *await asyncio.to_thread(_file_mistakes, runtime, paths),
    )
    problems = [problem for one in sources.checked if (problem := _problem(one, called)) is not None]
    if as_json:
        tell_json(_document(sources, called, proposal, mistakes))
    else:
        lines = [*_providers(sources, called), *_tiers(proposal, sources.said.tiers, paths)]
        tell("\n".join([*lines, *(_how_to(paths) if problems or sources.simulated else ())]))
    if problems:
        say(f"{_counted(len(problems), len(sources.checked))} cannot be used: {problems[0]}")
    for mistake in mistakes:
        say(mistake)
    return 1 if problems or mistakes else 0


def _profile_mistakes(runtime: Runtime) -> list[Problem]:
    """All that is wrong with profiles: with the files that are left out, and with what the others name."""
    profiles = runtime.profiles
    left_out = [problem for one in profiles.left_out for problem in one.problems]
    return left_out + [problem for name in sorted(profiles.policies) for problem in runtime.absent(name)]


def _file_mistakes(runtime: Runtime, paths: Paths) -> list[str]:
    """What is wrong with the files and the model that strategies go by."""
    from app.remembering import library_of, read_examples
    from app.strategies import load_learned

    _, examples = read_examples(library_of(paths, runtime.settings))
    _, router = load_learned(paths)
    told = (*runtime.noticed(), *(one for one in (examples, router) if one is not None))
    return list(dict.fromkeys(told))


def _counted(failing: int, all_of_them: int) -> str:
    if all_of_them == 1:
        return "The only provider"
    return f"{failing} of {all_of_them} providers"


def _problem(checked: Checked, called: Calls) -> str | None:
    one = called.get(checked.config.name)
    return checked.problem or (one.problem if one is not None else None)


def _document(sources: Sources, called: Calls, proposal: Proposal | None, mistakes: tuple[str, ...]) -> dict[str, Any]:
    providers = [_provider(one, called) for one in sources.checked]
    return {
        "ok": not mistakes and all(provider["ok"] for provider in providers),
        "simulated": sources.simulated,
        "providers": providers,
        "mistakes": mistakes,
        "proposal": None if proposal is None else {"tiers": dict(proposal.tiers), "why": proposal.why},
    }


def _provider(checked: Checked, called: Calls) -> dict[str, Any]:
    from app.cli.models import provider_document

    one = called.get(checked.config.name)
    problem = _problem(checked, called)
    return {
        **provider_document(checked),
        "dialect": checked.config.dialect,
        "key_where": checked.key_where,
        "ok": problem is None,
        "problem": problem,
        "call": None if one is None else {"ok": one.ok, **asdict(one)},
    }


def _providers(sources: Sources, called: Calls) -> Iterator[str]:
    if sources.simulated:
        yield "No key and no local server was found, so simulated providers answer."
    for one in sources.checked:
        count = len(one.models)
        glyph = "✓" if _problem(one, called) is None else "✗"
        found = f"{count} model{'' if count == 1 else 's'}" if one.problem is None else one.problem
        call = _call(called.get(one.config.name))
        yield f"{glyph} {one.config.name}  {one.config.base_url}  ({one.how}): {found}{call}"


def _call(called: Called | None) -> str:
    from app.setup.calling import told

    return "" if called is None else f"; {told(called)}"


def _tiers(proposal: Proposal | None, own: Tiers, paths: Paths) -> Iterator[str]:
    """Those in force where the user chose some, and what is proposed where that differs."""
    if own:
        yield ""
        yield f"Tiers in force, from {paths.config}:"
        yield from _each(own)
    if proposal is None or proposal.tiers == own:
        return
    yield ""
    yield f"Proposed tiers: {proposal.why}"
    yield from _each(proposal.tiers)
    yield f"`w` in /setup of the client writes them to {paths.config}{', over those that it has' if own else ''}."


def _each(tiers: Tiers) -> Iterator[str]:
    return (f"  {tier}: {', '.join(models)}" for tier, models in tiers)


def _how_to(paths: Paths) -> Iterator[str]:
    from routing.providers.keys import FILE_NAME
    from routing.providers.known import LOCAL_SERVERS, SERVICES

    yield ""
    yield "Where a key goes: /setup in the client takes it; or the environment, the system's keyring (“pointsman”),"
    yield f"or a line NAME=value in {paths.config_dir / FILE_NAME} (chmod 600). NAME is one of"
    yield "  " + ", ".join(service.key for service in SERVICES)
    servers = ", ".join(f"{server.title} (port {server.port})" for server in LOCAL_SERVERS)
    yield f"A local server is found by itself: {servers}."
    yield f"Any other goes into {paths.config}:"
    yield "  providers: {NAME: {base_url: http://…/v1, key: NAME_OF_ITS_KEY}}"
