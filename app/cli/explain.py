"""`pointsman explain`: the decision only. Nothing is asked of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved
from app.cli.prompt import Tags, asking, read_request, say_unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.profiles import Profiles
    from app.settings import Paths, Settings
    from routing.budget.accounts import Accounts
    from routing.ledger.store import Store
    from routing.registry.model import Registry
    from routing.router import Explanation, Router

STRATEGIES = ("rules", "classifier", "neighbours", "learned", "all")
_LOOK_BACK_S = 0.5
OFFERS = "Nothing was looked for yet: these are the simulated models. `pointsman check` looks for others."


@click.command()
@asking
@click.option("--profile", metavar="NAME", help="The profile that decides.")
@click.option("--all-profiles", is_flag=True, help="Every profile's decision, one row each.")
@click.option("--strategy", type=click.Choice(STRATEGIES), help="Who says which rung comes first; all, side by side.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def explain(
    paths: Paths,
    prompt: str | None,
    attach: tuple[str, ...],
    schema: Any,
    tags: Tags,
    *,
    as_json: bool,
    **whose: Any,
) -> int:
    """Say where PROMPT (or what is piped in) would go, and why; nothing is sent.

    What there is to choose from is read from the last time that providers were asked.
    """
    profile, all_profiles, strategy = (whose[key] for key in ("profile", "all_profiles", "strategy"))
    if profile and all_profiles:
        raise click.UsageError("Choose one of --profile and --all-profiles.")
    if strategy == "all" and all_profiles:
        raise click.UsageError("Choose one of --all-profiles and --strategy all.")
    request = read_request(prompt, attach, schema, tags)
    from dataclasses import replace

    from app.cli.explaining import as_document, as_lines, as_table
    from app.cli.ledgers import open_ledger
    from app.cli.profiles import profiles_with, say_absent
    from app.cli.tables import as_text
    from app.settings import read_settings

    registry, age_s = _known(paths)
    with open_ledger(paths) as store:
        settings = read_settings(paths)
        profiles = profiles_with(paths, profile or settings.profile)
        router = _router(paths, settings, profiles, registry, store)
        names = sorted(profiles.policies) if all_profiles else [router.policy(profile).id]
        say_absent(problem for name in names for problem in profiles.absent(name, registry))
        say_unread(request, [router.policy(name) for name in names])
        accounts = _accounts(store)
        if strategy == "all":
            request = replace(request, profile=names[0])
            compared = {one: router.foresee(request, accounts, one) for one in STRATEGIES[:-1]}
            return _tell_compared(compared, names[0], age_s, registry, as_json=as_json)
        found = {name: router.foresee(replace(request, profile=name), accounts, strategy) for name in names}
    documents = [{"discovered_s": age_s, **as_document(name, one)} for name, one in found.items()]
    if as_json:
        tell_json({"discovered_s": age_s, "profiles": documents} if all_profiles else documents[0])
        return _code(registry)
    _say_age(age_s)
    tell(as_text(as_table(found)) if all_profiles else "\n".join(as_lines(*next(iter(found.items())))))
    return _code(registry)


def _code(registry: Registry) -> int:
    return 0 if registry.models else 1


def _known(paths: Paths) -> tuple[Registry, float | None]:
    """The models of the last discovery and its age in seconds; None when there was none."""
    from app.saved import load_saved_registry, offered_registry
    from routing.clock import SystemClock

    saved = load_saved_registry(paths.discovery)
    if saved is None:
        return offered_registry(), None
    return saved.registry, max(0.0, round(SystemClock().wall() - saved.saved_s, 3))


def _tell_compared(
    compared: Mapping[str, Explanation], profile: str, age_s: float | None, registry: Registry, *, as_json: bool
) -> int:
    from app.cli.explaining import as_document, by_strategy, reasons
    from app.cli.tables import as_text

    if as_json:
        documents = {name: as_document(profile, one) for name, one in compared.items()}
        tell_json({"discovered_s": age_s, "profile": profile, "strategies": documents})
    else:
        _say_age(age_s)
        tell("\n".join([as_text(by_strategy(compared)), "", *reasons(compared)]))
    return _code(registry)


def _router(paths: Paths, settings: Settings, profiles: Profiles, registry: Registry, store: Store) -> Router:
    """The strategies look at as many past requests as can be read in a moment."""
    import random

    from app.advisers import advisers
    from app.remembering import library_of, read_examples
    from routing.budget.caps import Caps
    from routing.clock import SystemClock
    from routing.ledger.acceptance import read_acceptance
    from routing.ledger.journal import Journal
    from routing.router import Router
    from routing.setup import Setup
    from routing.strategies.neighbours.memory import Memory

    clock, memory = SystemClock(), Memory()
    until_s = clock.monotonic() + _LOOK_BACK_S
    memory.fill(store, 0.0, lambda: clock.monotonic() < until_s)
    examples, problem = read_examples(library_of(paths, settings))
    memory.add_examples(examples, registry.models)
    if problem is not None:
        say(problem)
    setup = Setup(
        profiles=profiles.policies,
        registry=registry,
        providers={},
        caps=Caps(settings.day_nusd, settings.simulated_day_nusd),
        explain_error=lambda error, model: str(error),
        acceptance=read_acceptance(store),
        default_profile=settings.profile,
        strategies=advisers(paths, clock, memory, say),
        novelty=memory.novelty,
    )
    return Router(Journal(store, "explain"), setup, clock, random.Random(0))


def _accounts(store: Store) -> Accounts:
    """How the money stands today."""
    import asyncio

    from routing.clock import SystemClock, local_day
    from routing.ledger.journal import Journal

    return asyncio.run(Journal(store, "explain").accounts(local_day(SystemClock().wall())))


def _say_age(age_s: float | None) -> None:
    from app.cli.figures import age

    say(OFFERS if age_s is None else f"Providers were asked what they have {age(age_s)}.")
