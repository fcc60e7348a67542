"""`pointsman policy tune`: the cheapest thresholds that hold a share of the dearest model's quality."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.cli.tuning_tables import Found
    from app.settings import Paths


@click.command()
@click.option("--target", required=True, metavar="quality=Q", help="The share of the dearest model's quality to keep.")
@click.option("--data", type=click.Path(path_type=Path), metavar="FILE", help="Answers, and whether they were right.")
@click.option("--weak", metavar="MODEL", help="The cheap model in it (else the pair with the largest gap).")
@click.option("--strong", metavar="MODEL", help="The dear one.")
@click.option("--from-history", "own", is_flag=True, help="What you said of answers, in place of a file.")
@click.option("--probability", type=float, default=0.9, metavar="P", help="How sure it must be (0.9).")
@click.option("--profile", metavar="NAME", help="The profile whose thresholds they are to be.")
@click.option("--write", is_flag=True, help="Print the lines of the profile to change; its file stays as it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def tune(
    paths: Paths,
    *,
    target: str,
    probability: float,
    data: Path | None,
    own: bool,
    profile: str | None,
    write: bool,
    as_json: bool,
    **pair: str | None,
) -> int:
    """Find the cheapest thresholds that keep a share of the dearest model's quality.

    Told from answers that are known to be right or wrong (--data), or from your own ratings (--from-history). No file
    is changed.
    """
    if own == (data is not None) or (own and any(pair.values())):
        raise click.UsageError("Choose one of --from-history and --data FILE, with --weak and --strong.")
    share = _share(target)
    if not 0.5 <= probability < 1:
        raise click.UsageError(f"--probability: {probability:g} is not at least 0.5 and below 1.")
    found = _of_history(paths, share, probability) if data is None else _of_data(data, pair, share, probability)
    changes = _changes(paths, profile, found) if write else None
    if as_json:
        tell_json({**found.document, **({"yaml": changes} if write else {})})
    elif found.shown:
        tell("\n\n".join(filter(None, (found.shown, changes))))
    for line in found.said:
        say(line)
    return 0 if found.told else 1


def _share(target: str) -> float:
    """Raises UsageError, and ConfigurationError for a share that nothing can hold."""
    from routing.errors import ConfigurationError

    name, _, value = target.partition("=")
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if name != "quality" or not share > 0:
        raise click.UsageError("--target is a share of the dearest model's quality: write --target quality=0.95.")
    if share > 1:
        raise ConfigurationError(f"Nothing can hold {share:.4g} of the dearest model's quality: ask for 1 at most.")
    return share


def _of_data(data: Path, pair: dict[str, str | None], target: float, probability: float) -> Found:
    from app.cli.policy import need_extra

    need_extra()
    from app.cli.tuning_tables import of_data
    from routing.evaluation.question import Question
    from routing.evaluation.tuning import tune as find

    question = Question(data, weak=pair["weak"], strong=pair["strong"], system="answer")
    return of_data(find(question, target, probability))


def _of_history(paths: Paths, target: float, probability: float) -> Found:
    from app.cli.ledgers import open_ledger
    from app.cli.tuning_tables import of_history
    from routing.errors import ConfigurationError
    from routing.evaluation.rated import tune_tier
    from routing.ledger.scored import read_scored
    from routing.registry.terms import TIERS

    if target == 1:
        raise ConfigurationError("No number of ratings shows that every answer will be good: ask for less than 1.")
    *below, dearest = TIERS
    with open_ledger(paths) as store:
        answers = read_scored(store)
    tiers = [tune_tier(tier, answers, dearest, target, probability) for tier in below]
    return of_history(tiers, target, probability)


def _changes(paths: Paths, profile: str | None, found: Found) -> str | None:
    from app.cli.profile_lines import with_thresholds
    from app.cli.profiles import profiles_with
    from app.settings import read_settings

    name = profile or read_settings(paths).profile
    return with_thresholds(profiles_with(paths, name).files[name], found.thresholds)
