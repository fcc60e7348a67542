"""The document: every part in its place, with what it was made from."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.evidence import confidence, dollars, planted, routers, turns
from benchmarks.evidence.cells import RATIO, Cell
from benchmarks.evidence.sets import Source, missing, sources
from benchmarks.evidence.writing import listed, table
from routing.errors import ConfigurationError
from routing.evaluation.figures import DRAWS, SEED

_PACKAGES = ("numpy", "scipy", "scikit-learn")
_ABOUT = f"""\
# Evidence

What the router and its confidence are worth on recorded outcomes of real models, as they fall. `make evidence
DATA=FOLDER` writes this page from the sets in a folder (`routing_*` and `answers_*`, `.jsonl` or `.jsonl.gz`, in the
schemas of [evaluation](evaluation.md)); the repository carries none of them. It calls no model, takes about 12 minutes
of one core, and gives the same page for the same files and versions.

Each figure stands with its interval of 95 %: {DRAWS:,} bootstrap draws of prompts, or of whole tasks where these were
left out; seed {SEED}. Models are not fitted anew on each draw, so intervals are a little too narrow. Nothing is tested
by what taught it. Figures and routers are explained in [evaluation](evaluation.md); `neighbours` is the
k-nearest-neighbours router, always-weak and always-strong are the cheap and the dear model alone. A weak or a second
call costs {RATIO:g} of a strong one where the data does not say.
"""
_ROUTERS = """\
APGR: the share of the gap between the two models that is recovered, on average over all shares of strong calls; chance
gets .5, always-weak 0. A difference is paired, on the same draws. A router that reads only the prompt mostly learns
where the prompt comes from; what is left of it when whole tasks are left out is what it knows of unlike prompts.
"""
_TRANSFER = """\
Taught by one set and tested on another. A set that knows other models teaches with its own pair of the largest gap.
"""
_TURNS = """\
APGR by spend counts all calls: the weak answer, the second's, the strong one's. `prompt` asks one model alone; `answer`
sees the weak answer first; `agree` may ask a second model whether it agrees; `all` may keep the second's answer, so it
has three models to choose from where the others have two.
"""
_SAVINGS = """\
The share of always-strong's spend that is saved. The first two columns are what a sweep shows: the setting is chosen on
the prompts that it is measured on, so they flatter. The last is what `pointsman policy tune --target quality=0.95`
tells of the weak answer's evidence: held with a probability of at least .9, whatever the data are like.
"""
_ESCALATION = """\
After the same weak answer: escalate where the expected gain pays for the strong call, or below a fixed cut. Utility is
value × quality − spend, in strong calls.
"""
_PLANTED = """\
Wrong answers with planted logprobs: each token at −0.01, the runner-up at −6, as if the model had been sure of every
word. The score is the one that the client begins with, before any rating.
"""


def page(folder: Path) -> str:
    """Raises ConfigurationError where the folder has no set."""
    left_out: dict[str, str] = {}
    found = []
    for source in sources(folder):
        try:
            _ = source.pairs
            found.append(source)
        except ConfigurationError as error:
            left_out[source.name] = str(error)
    if not found:
        told = "".join(f" {why}" for why in left_out.values())
        raise ConfigurationError(f"{folder}: holds no usable routing_*.jsonl or answers_*.jsonl, or .gz of them.{told}")
    return "\n\n".join(part.strip() for part in _parts(folder, found, left_out) if part) + "\n"


def _parts(folder: Path, found: Sequence[Source], left_out: Mapping[str, str]) -> Iterator[str]:
    cells, moved, whole = routers.measured(found), routers.transferred(found), turns.measured(found)
    known, scores = confidence.measured(found), planted.measured(found)
    yield _ABOUT
    yield "## In short"
    yield "\n".join(_in_short(cells, whole, known))
    yield "## Data"
    yield _data(found)
    for name, why in left_out.items():
        yield f"Left out: {name}, as {why}."
    yield "## Routers that read the prompt"
    yield _ROUTERS
    yield routers.overview(cells)
    yield from routers.verdicts(cells)
    yield "### On a set that they were not trained on"
    yield _TRANSFER
    yield routers.transfer_table(moved) if moved else "There are no two sets of unlike prompts."
    yield routers.transfer_verdict(moved)
    if whole:
        yield from _of_turns(whole)
    yield "## What is saved"
    yield _SAVINGS
    yield turns.savings(cells, whole, turns.held(whole))
    yield turns.savings_verdict(cells, whole)
    if known:
        yield "## Confidence in answers"
        yield confidence.by_model_table(known)
        yield confidence.verdict(known)
        yield confidence.permuted(found)
        yield "### Planted surety"
        yield _PLANTED
        yield planted.planted_table(scores)
        yield planted.verdict(scores)
    in_dollars = dollars.in_dollars(found, dollars.read_prices(folder))
    if in_dollars:
        yield "## In dollars"
        yield dollars.ABOUT
        yield in_dollars
    yield "## Every figure"
    for cell in cells:
        yield f"### {cell.name}, {cell.split}"
        yield routers.details(cell)


def _of_turns(whole: Sequence[Cell]) -> Iterator[str]:
    yield "## Whole turns"
    yield _TURNS
    yield turns.overview(whole)
    yield turns.gain_verdict(whole)
    yield "Beside plain logistic regressions on the same sets:"
    yield turns.beside_plain(whole) or "None of these sets has such figures."
    yield turns.plain_verdict(whole)
    yield turns.details(whole)
    yield "## Expected gain and fixed cuts"
    yield _ESCALATION
    yield turns.escalation(whole)
    yield turns.escalation_verdict(whole)


def _in_short(cells: Sequence[Cell], whole: Sequence[Cell], known: Sequence[confidence.Known]) -> Iterator[str]:
    yield from routers.in_short(cells)
    told = [turns.savings_verdict(cells, whole)]
    if whole:
        told = [turns.gain_verdict(whole), turns.plain_verdict(whole), *told, turns.escalation_verdict(whole)]
    if known:
        told.append(confidence.verdict(known))
    yield from (f"- {one}" for one in told if one)


def _data(found: Sequence[Source]) -> str:
    rows = [
        (source.name, source.digest, f"{len(source.data.prompts):,}", str(len(source.data.models)), str(source.tasks))
        for source in found
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return "\n\n".join(
        (
            table(("set", "SHA-256 begins with", "prompts", "models", "tasks"), rows),
            f"Missing: {listed(missing(found))}. Python {platform.python_version()}, {versions}.",
        )
    )
