"""What tuning found: as a table with its sentences, and as one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from app.cli.profile_lines import ANY
from app.cli.tables import Table, as_text

if TYPE_CHECKING:
    from routing.evaluation.figures import Figure
    from routing.evaluation.rated import Tier
    from routing.evaluation.tuning import Tuned, Tuning

_MUCH = 0.1
"""Above such a share of escalations the weak model is hardly worth asking first."""
_TOO_MANY = "Above 10 % the small model is too weak for this traffic, or the target is too high for it."


@dataclass(frozen=True, slots=True)
class Found:
    """`shown` is for stdout and `said` for stderr; `thresholds` are by tier. Not `told`: there is nothing to tell."""

    document: dict[str, Any]
    shown: str
    said: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    told: bool = True


def of_data(found: Tuning) -> Found:
    setting, rules = found.setting, {"threshold": found.threshold, "gain": found.gain}
    document = {
        "source": setting.data.name,
        "rows": len(setting.data.prompts),
        "weak": setting.weak,
        "strong": setting.strong,
        "costs": setting.costs.how,
        "folds": setting.folds.how,
        "seed": found.seed,
        "target": found.target,
        "probability": found.probability,
        **{name: asdict(rule) for name, rule in rules.items()},
        "cheapest": found.cheapest,
    }
    head = ("", "setting", "quality", "of the strong model's", "spend", "escalated")
    rows = [(name, _setting(name, rule.at), *_figures(rule)) for name, rule in rules.items() if rule.at is not None]
    rows.append(("always strong", "–", f"{float(setting.test.strong.mean()):.3f}", "1.000", "1.000", "–"))
    about = (
        f"{setting.data.name}: {len(setting.data.prompts):,} prompts, {setting.weak} → {setting.strong}; "
        f"{setting.folds.how}; seed {found.seed}; {setting.costs.how}"
    )
    best = rules.get(found.cheapest or "")
    said = []
    if best is not None and (best.escalated.value or 0) > _MUCH:
        said.append(f"{best.escalated.value:.0%} of the weak model's answers would be replaced. {_TOO_MANY}")
    at = found.threshold.at
    return Found(
        document,
        "\n\n".join((about, as_text(Table(head, rows)), _verdict(found, best))),
        tuple(said),
        {} if at is None else {ANY: at},
    )


def _verdict(found: Tuning, best: Tuned | None) -> str:
    strong, held = found.setting.strong, f"{found.target:.4g} of {found.setting.strong}'s quality"
    sure = f"with a probability of at least {found.probability:g}"
    if best is None:
        return f"Nothing cheaper is shown to hold {held} {sure}: ask {strong} for everything."
    spent = f"spends {best.spend.value:.0%} of what {strong} alone would"
    if found.cheapest == "gain":
        how = f"`escalate: gain`, where a right answer is worth {best.at:.3g} calls of {strong},"
    else:
        how = f"A threshold of {best.at:.2f}"
    return (
        f"{how} is the cheapest that holds {held} {sure}; it {spent}. The confidence is the one that these answers "
        "taught; that of a profile is another scale until your ratings have taught it too (--from-history)."
    )


def of_history(tiers: Sequence[Tier], target: float, probability: float) -> Found:
    """Told where any tier has ratings enough."""
    enough = [tier for tier in tiers if not tier.missing]
    document = {
        "source": "history",
        "target": target,
        "probability": probability,
        "tiers": {tier.name: asdict(tier) for tier in tiers},
    }
    said = [
        f"{tier.name}: {tier.rated} rated answers are too few; {tier.missing} more, all of them good, are the least "
        f"that can show {target:.4g} with a probability of {probability:g}."
        for tier in tiers
        if tier.missing
    ]
    said += [
        f"{tier.name}: {tier.escalated:.0%} of its answers would be replaced. {_TOO_MANY}"
        for tier in tiers
        if tier.escalated is not None and tier.escalated > _MUCH
    ]
    head = ("tier", "rated", "threshold", "good of those that stay", "escalated", "spend")
    rows = [
        (
            tier.name,
            f"{tier.rated}{' asked for' if tier.solicited else ''}",
            "none" if tier.threshold is None else f"{tier.threshold:.2f}",
            f"{tier.good} of {tier.stayed}" if tier.stayed else "–",
            "–" if tier.escalated is None else f"{tier.escalated:.0%}",
            "–" if tier.spend is None else f"{tier.spend:.3f}",
        )
        for tier in enough
    ]
    about = (
        f"An answer stays at or above the threshold; the dearest model is held to be always right. Each line holds "
        f"{target:.4g} with a probability of at least {probability:g}. Spend is in answers of the dearest tier."
    )
    none = [
        f"{tier.name}: no threshold is shown to hold it: ask a dearer tier first, or for less."
        for tier in enough
        if tier.threshold is None
    ]
    shown = "\n\n".join((as_text(Table(head, rows)), about, *none)) if enough else ""
    thresholds = {tier.name: tier.threshold for tier in tiers if tier.threshold is not None}
    return Found(document, shown, tuple(said), thresholds, bool(enough))


def _setting(name: str, at: float | None) -> str:
    return f"{at:.2f}" if name == "threshold" else f"value {at:.3g}"


def _figures(rule: Tuned) -> list[str]:
    return [_figure(one) for one in (rule.quality, rule.kept, rule.spend, rule.escalated)]


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
