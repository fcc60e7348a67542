"""`pointsman policy new`: what your prompts are and need, what they would cost, and a profile drafted for them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.settings import Paths
    from routing.evaluation.traffic.asked import Asked
    from routing.registry.model import Registry

_UNNAMED = "drafted"
_ENDINGS = (".yaml", ".yml")
_MANY, _PROMPTS_PER_S = 5_000, 500
"""So many take so long that it is told before."""


@click.command()
@click.option("--from-history", "own", is_flag=True, help="The prompts that the ledger keeps.")
@click.option(
    "--import",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Those of an export, of this or another program, or of lines of JSON.",
)
@click.option("--profile", "name", metavar="NAME", help="What the drafted profile is called.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the profile there; a file that is there already stays.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def new(paths: Paths, *, own: bool, file: Path | None, name: str | None, out: Path | None, as_json: bool) -> None:
    """Classify your traffic and draft a profile for it.

    Tells what your prompts are, in which share, which tier each kind needs, which dear answers a cheaper model could
    have given, and what all of it would cost under each profile. Nothing is sent.
    """
    if own == (file is not None):
        raise click.UsageError("Choose one of --from-history and --import FILE.")
    name = _name(name, out)
    from app.cli.profiles import say_left_out
    from app.cli.tables import as_text
    from app.cli.traffic_tables import notes, traffic_tables
    from app.profiles import load_profiles
    from routing.decision.model import World
    from routing.evaluation.traffic.drafting import draft
    from routing.evaluation.traffic.needs import needs
    from routing.evaluation.traffic.pricing import bill
    from routing.evaluation.traffic.report import BASIS, report
    from routing.policy.folders import shipped_folder
    from routing.policy.loading import load_policy

    prompts, source = (_of_ledger(paths), "your history") if file is None else (_of_file(file), file.name)
    if len(prompts) > _MANY:
        say(f"{len(prompts):,} prompts: that takes about {len(prompts) / _PROMPTS_PER_S / 60:.1f} min.")
    basis, registry = load_policy(shipped_folder() / f"{BASIS}.yaml"), _registry(paths)
    profiles = load_profiles(paths)
    say_left_out(profiles)
    found = needs(prompts, basis)
    traffic = report(found, profiles.policies, registry, basis)
    text = draft(traffic, basis, name, source)
    drafted = bill(found, World(load_policy(text, file=name), registry))
    if out is not None:
        _write(out, text)
    if as_json:
        in_full = {"id": name, "file": out and str(out), "yaml": text, "bill": asdict(drafted)}
        tell_json({"source": source, "basis": BASIS, **asdict(traffic), "draft": in_full})
        return
    tell("\n\n".join(map(as_text, traffic_tables(traffic, drafted))))
    tell("\n" + "\n".join(notes(traffic)))
    if out is None:
        tell(f"\n{text.rstrip()}")
        return
    say(f"Drafted the profile {name!r}: {out}.")
    if out.resolve().parent != paths.profiles.resolve():
        say(f"Put it into {paths.profiles} to choose it.")


def _name(name: str | None, place: Path | None) -> str:
    """What the profile is called: as its file. Raises UsageError where that cannot be."""
    if place is None:
        return name or _UNNAMED
    if place.suffix not in _ENDINGS:
        raise click.UsageError("A profile's file ends in .yaml: write --out NAME.yaml.")
    if name is not None and name != place.stem:
        raise click.UsageError(f"A profile is called as its file: write --out {name}.yaml, or leave --profile out.")
    return place.stem


def _of_ledger(paths: Paths) -> list[Asked]:
    """Raises ConfigurationError where nothing was asked yet."""
    from app.cli.ledgers import open_ledger
    from routing.errors import ConfigurationError
    from routing.evaluation.traffic.turns import asked_in_ledger

    with open_ledger(paths) as store:
        prompts = asked_in_ledger(store)
    if not prompts:
        raise ConfigurationError("The history holds no prompt yet: ask something, or name an export with --import.")
    return prompts


def _of_file(file: Path) -> list[Asked]:
    from routing.evaluation.traffic.importing import read_prompts

    return read_prompts(file)


def _registry(paths: Paths) -> Registry:
    """The models of the last time that providers were asked what they have, or else the simulated ones."""
    from app.cli.explain import OFFERS
    from app.saved import load_saved_registry, offered_registry

    saved = load_saved_registry(paths.discovery)
    if saved is not None and saved.registry.models:
        return saved.registry
    say(OFFERS)
    return offered_registry()


def _write(place: Path, text: str) -> None:
    """Raises ConfigurationError where the file is there already, or cannot be written."""
    from routing.errors import ConfigurationError, Problem

    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError((Problem(str(place), None, "is there already;", "name another file."),)) from None
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}."
        raise ConfigurationError((Problem(str(place), None, what),)) from None
