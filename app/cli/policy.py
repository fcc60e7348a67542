"""`pointsman policy`: what routing is worth on recorded outcomes, and models that are trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, tell, tell_json, well_behaved
from app.cli.policy_new import new
from app.cli.policy_tune import tune

if TYPE_CHECKING:
    from app.settings import Paths
    from routing.learned.evidence import Evidence
    from routing.learned.prior import Prior

_STRATEGIES = ("learned", "neighbours", "length", "tfidf", "random", "all")
_SYSTEMS = ("prompt", "answer", "agree", "all")
_EXTRA = ("numpy", "scipy", "sklearn")

_FILE = click.Path(path_type=Path)
_DATA = click.option("--data", type=_FILE, required=True, metavar="FILE", help="Outcomes: .jsonl or .jsonl.gz.")
_GROUP = click.option("--group", metavar="FIELD", help="Leave out whole groups by this column, not folds.")


@click.group()
def policy() -> None:
    """What routing is worth on recorded outcomes (`eval`), and models trained on them (`train`)."""


policy.add_command(new)
policy.add_command(tune)


@policy.command(name="eval")
@_DATA
@click.option("--train", type=_FILE, metavar="FILE", help="Learn from these outcomes, not from folds of the data.")
@click.option("--strategy", type=click.Choice(_STRATEGIES), default="all", help="Which router; all, side by side.")
@click.option("--weak", metavar="MODEL", help="The cheap model (else the pair with the largest gap).")
@click.option("--strong", metavar="MODEL", help="The dear one.")
@click.option("--second", metavar="MODEL", help="The model that is asked whether it agrees.")
@_GROUP
@click.option("--system", type=click.Choice(_SYSTEMS), help="Whole turns too: the prompt, the answer, an agreement.")
@click.option("--ratio", type=float, metavar="R", help="A weak call's cost, in strong calls.")
@click.option("--second-ratio", type=float, metavar="R", help="A second call's cost, in strong calls.")
@click.option("--svg", type=_FILE, metavar="FILE", help="Draw the cost-quality curve.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@well_behaved
def evaluate(_: Paths, svg: Path | None, as_json: bool, **options: Any) -> None:
    """Measure routers, and whole systems, on outcomes that are known: cross-validated, each figure with its interval.

    A row is a prompt and how good each model's answer to it was; docs/evaluation.md has the columns.
    """
    need_extra()
    from app.cli.policy_tables import about, chart_of, tables
    from app.cli.tables import as_text
    from routing.evaluation.chart import drawn
    from routing.evaluation.chart import svg as picture
    from routing.evaluation.document import document
    from routing.evaluation.question import Question
    from routing.evaluation.report import evaluate as measure

    found = measure(Question(**options))
    if svg is not None:
        _write(svg, picture(chart_of(found)))
    if as_json:
        tell_json(document(found))
    else:
        tell("\n\n".join([about(found), *map(as_text, tables(found)), drawn(chart_of(found))]))


@policy.command()
@click.option("--data", type=_FILE, required=True, multiple=True, metavar="FILE", help="Outcomes; several for a prior.")
@click.option("--out", type=_FILE, metavar="FILE", help="Where it is written; else a prior becomes your own router.")
@click.option("--kind", type=click.Choice(("prior", "evidence")), default="prior", help="Of prompts, or of answers.")
@click.option("--tiers", type=_FILE, metavar="FILE", help="YAML, tier: [MODEL, …]: learn of tiers, not of models.")
@_GROUP
@click.option("--licence", default="not stated", metavar="TEXT", help="The data's, for the card.")
@well_behaved
def train(
    paths: Paths,
    data: Sequence[Path],
    out: Path | None,
    kind: str,
    tiers: Path | None,
    group: str | None,
    licence: str,
) -> None:
    """Train a model file on all rows; its card says what that was worth on rows left out.

    Without --out a prior is written to learned/router.json in the data folder, where the strategy `learned` reads it.
    """
    need_extra()
    from app.strategies import router_file
    from routing.errors import ConfigurationError
    from routing.evaluation.teach import teach_evidence, teach_prior
    from routing.learned.files import write_model

    model: Evidence | Prior
    if kind == "prior":
        model, place = teach_prior(data, group, licence, tiers), out or router_file(paths)
    elif out is None or tiers is not None or len(data) > 1:
        raise ConfigurationError("--kind evidence needs --out, takes one --data, and knows no --tiers")
    else:
        model, place = teach_evidence(data[0], group, licence), out
    write_model(place, model)
    say(f"Wrote {place}: {kind} of {len(model.models)} models.")


def need_extra() -> None:
    """Raises ConfigurationError where what calculates is not installed."""
    from routing.errors import ConfigurationError

    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"This needs {', '.join(missing)}, not installed here: pip install 'pointsman[train]'")


def _write(path: Path, text: str) -> None:
    """Raises ConfigurationError."""
    from routing.errors import ConfigurationError
    from routing.files import replace_file

    try:
        replace_file(path, text.encode(), 0o644)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror or error}; name another file") from error
