"""An evaluation as tables, and as the chart that is drawn of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.cli.tables import Table
from routing.evaluation.chart import Chart
from routing.evaluation.figures import SEED, Figure
from routing.evaluation.report import Evaluation
from routing.evaluation.worth import Figures

_ROUTERS = {
    "apgr": "APGR",
    "apgr_spend": "by spend",
    "cpt50": "CPT 50",
    "cpt80": "CPT 80",
    "saving_no_loss": "saved, no loss",
    "saving_95": "at 95 %",
    "minus_length": "− length",
    "minus_tfidf": "− tf-idf",
    "deferral_area": "deferral",
}
_CONFIDENCE = {
    "auroc": "AUROC",
    "brier_skill": "Brier skill",
    "brier": "Brier",
    "aurc": "AURC",
    "augrc": "AUGRC",
    "ece": "ECE",
    "ece_floor": "ECE by chance",
}
_SYSTEMS = {
    "apgr_spend": "APGR by spend",
    "over_prompt": "over the prompt alone",
    "aiq": "AIQ",
    "saving_no_loss": "saved, no loss",
    "saving_95": "at 95 %",
    "escalation_rate": "escalated there",
}
_RULES = {"utility": "utility", "rate": "escalated", "spend": "spend", "quality": "quality"}
_NO_ROUTER = {"quality": "quality", "cost": "cost"}


_BARE = {"cpt50", "cpt80", "saving_no_loss", "saving_95", "deferral_area", "brier", "aurc", "augrc", "aiq", "spend"}
"""Figures whose intervals are left to the JSON: there is no room for all of them."""


def tables(found: Evaluation) -> Iterator[Table]:
    strategies = {name: one.figures for name, one in found.strategies.items()}
    yield _table("Routers that read the prompt", "", strategies, _ROUTERS)
    yield _table("Without a router", "", {_spaced(name): one for name, one in found.bounds.items()}, _NO_ROUTER)
    yield _table("Confidence that the weak model is right, from the prompt", "", strategies, _CONFIDENCE)
    if found.answers.by_model:
        confidence = dict(found.answers.by_model)
        if found.answers.agreed:
            confidence[f"{found.setting.weak}, with the second's"] = found.answers.agreed
        yield _table("Confidence in answers, from their text", "answers of", confidence, _CONFIDENCE)
    if found.systems.by_name:
        systems = {name: one.figures for name, one in found.systems.by_name.items()}
        yield _table("Whole turns", "", systems, _SYSTEMS)
    for worth, rules in found.systems.escalation.items():
        shown = {_spaced(name): one for name, one in rules.items() if "utility" in one}
        yield _table(f"Escalation, where a right answer is worth {worth:g} strong calls", "", shown, _RULES)


def chart_of(found: Evaluation) -> Chart:
    """Of the systems where there are any, else of the routers."""
    measured = found.systems.by_name or {name: one for name, one in found.strategies.items() if name != "random"}
    test, costs = found.setting.test, found.setting.costs
    weak = float(costs.weak.mean()), float(test.weak.mean())
    strong = float(costs.strong.mean()), float(test.strong.mean())
    title = f"{found.setting.data.name}: {found.setting.weak} → {found.setting.strong}"
    return Chart(title, {name: one.curve for name, one in measured.items()}, (weak, strong))


def about(found: Evaluation) -> str:
    """What was measured on what, in lines."""
    setting = found.setting
    rows = [
        ("data", f"{setting.data.name}, {len(setting.data.prompts):,} prompts"),
        ("weak", setting.weak),
        ("strong", setting.strong + (" (the pair with the largest gap)" if setting.chosen else "")),
    ]
    if setting.question.second:
        rows.append(("second", f"{setting.question.second}, at {setting.costs.second_ratio:.3g} of a strong call"))
    if setting.question.train:
        rows.append(("taught by", f"{setting.source.name}: {' → '.join(setting.taught_pair)}"))
    rows += [("tested on", f"{setting.folds.how}; seed {SEED}"), ("costs", setting.costs.how)]
    return "\n".join(f"{name:9}  {value}" for name, value in rows)


def _table(title: str, first: str, named: Mapping[str, Figures], columns: Mapping[str, str]) -> Table:
    """Only the columns that say anything."""
    known = [name for name in columns if any(_is_known(figures.get(name)) for figures in named.values())]
    head = (first, *(columns[name] for name in known))
    rows = [(row, *(_figure(figures.get(name), name in _BARE) for name in known)) for row, figures in named.items()]
    return Table(head, rows, title)


def _is_known(figure: Figure | None) -> bool:
    return figure is not None and figure.value is not None


def _figure(figure: Figure | None, bare: bool) -> str:
    """``.698 [.675, .719]``; a dash for what is undefined."""
    if figure is None or figure.value is None:
        return "–"
    if bare or figure.low is None or figure.high is None:
        return _number(figure.value)
    return f"{_number(figure.value)} [{_number(figure.low)}, {_number(figure.high)}]"


def _number(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")
