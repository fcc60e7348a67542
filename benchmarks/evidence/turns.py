"""Whole turns on sets with answers: the prompt alone, the answer's evidence, agreement; what is saved, and when to
escalate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.evidence.cells import Cell, measure, say
from benchmarks.evidence.sets import Source
from benchmarks.evidence.writing import NONE, figure, listed, number, percent, table
from routing.errors import ConfigurationError
from routing.evaluation.figures import Figure
from routing.evaluation.question import Question
from routing.evaluation.tuning import Tuned, tune
from routing.evaluation.worth import Figures

SYSTEMS = ("prompt", "answer", "agree", "all")
TARGET, PROBABILITY = 0.95, 0.9
_CLAIMED = "40–70 %"
_PLAIN = {
    ("gemini-1.5-flash-002", "gemini-1.5-pro-002"): (0.84, 1.25, 1.23),
    ("llama-3.1-8b-instruct", "gemini-1.5-pro-002"): (0.54, 0.55, 0.58),
    ("meta-llama-3.1-8b-instruct", "gpt-4o-2024-08-06"): (0.52, 0.51, 0.60),
}
"""What plain logistic regressions reach on the pair's set: the prompt alone, with the weak answer's text, with
agreement."""
_PLAIN_SETS = ("answers_mmlupro", "answers_crux")
_RULES = ("expected_gain", "fixed_0.8", "fixed_0.7")


def measured(sources: Sequence[Source]) -> list[Cell]:
    """Every pair with a second: taught by its own folds; by a larger set that holds the same prompts, where there is
    one; and with whole tasks left out, where there are several."""
    found = []
    for source in sources:
        if not source.data.has_answers:
            continue
        for pair in source.pairs:
            system = "all" if pair.second else "answer"
            found.append(measure(source, pair, strategy="learned", system=system))
            for larger in sources:
                same = source.shares(larger) and {pair.weak, pair.strong} <= set(larger.data.models)
                if larger is not source and same:
                    found.append(measure(source, pair, train=larger, strategy="learned", system=system))
            if source.tasks > 1:
                found.append(measure(source, pair, group="task", strategy="learned", system=system))
    return found


def overview(cells: Sequence[Cell]) -> str:
    """APGR by spend, system by system."""
    head = ("set, pair", "second", "prior taught by", "prompt", "answer", "agree", "all", "agree − prompt")
    return table(
        head,
        [
            (
                cell.name,
                cell.pair.second or NONE,
                _taught(cell),
                *(figure(cell.of_system(name).get("apgr_spend")) for name in SYSTEMS),
                figure(cell.of_system("agree").get("over_prompt")),
            )
            for cell in cells
        ],
    )


def beside_plain(cells: Sequence[Cell]) -> str:
    """Ours beside plain regressions; "" where no set has them."""
    rows = [
        (cell.name, _taught(cell), name, figure(own), f"{reached:.2f}".removeprefix("0"), _against(own, reached))
        for cell, name, own, reached in _with_plain(cells)
    ]
    return table(("set, pair", "prior taught by", "system", "ours", "plain", "ours is"), rows) if rows else ""


def plain_verdict(cells: Sequence[Cell]) -> str:
    """How often ours is above; "" where no set has such figures."""
    found = list(_with_plain(cells))
    above = [one for one in found if (one[2].value or 0) > one[3]]
    apart = [one for one in above if one[2].low is not None and one[2].low > one[3]]
    below = [
        f"{cell.name}, `{name}`, taught by {_taught(cell)}"
        for cell, name, own, reached in found
        if (own.value or 0) <= reached
    ]
    return (
        (
            f"Of {len(found)} comparisons with plain logistic regressions, whole turns are above in {len(above)}, in "
            f"{len(apart)} of them with the interval apart; not above: {listed(below)}."
        )
        if found
        else ""
    )


def gain_verdict(cells: Sequence[Cell]) -> str:
    """What seeing the answer, and asking a second, is worth at equal spend."""
    told = []
    for name in ("answer", "agree"):
        found = [cell.of_system(name)["over_prompt"] for cell in cells if cell.of_system(name)]
        apart = sum(one.low is not None and one.low > 0 for one in found)
        values = sorted(one.value for one in found if one.value is not None)
        if values:
            told.append(
                f"`{name}` is above it in {sum(value > 0 for value in values)} of {len(found)}, in {apart} with the "
                f"interval apart, by {number(values[len(values) // 2])} in the middle"
            )
    return f"At equal spend, against the prompt alone: {'; '.join(told)}." if told else ""


def _with_plain(cells: Sequence[Cell]) -> Iterator[tuple[Cell, str, Figure, float]]:
    for cell in cells:
        plain = _PLAIN.get((cell.pair.weak, cell.pair.strong))
        if plain and cell.source.name in _PLAIN_SETS and cell.group is None and cell.found is not None:
            for name, reached in zip(SYSTEMS, plain, strict=False):
                if own := cell.of_system(name).get("apgr_spend"):
                    yield cell, name, own, reached


def _against(own: Figure, reached: float) -> str:
    if own.value is None or own.low is None or own.high is None:
        return NONE
    side = "above" if own.value > reached else "below"
    return f"{side}, within the band" if own.low <= reached <= own.high else side


def details(cells: Sequence[Cell]) -> str:
    """The rest of each system's figures."""
    head = ("set, pair", "prior taught by", "system", "over the prompt", "AIQ", "escalated at 95 % quality")
    rows = []
    for cell in cells:
        for name in SYSTEMS:
            own = cell.of_system(name)
            if own:
                told = figure(own["over_prompt"]), figure(own["aiq"]), percent(own["escalation_rate"])
                rows.append((cell.name, _taught(cell), name, *told))
    return table(head, rows)


@dataclass(frozen=True)
class Held:
    """What `policy tune` finds on a cell's own folds; None where it could not be measured."""

    cell: Cell
    best: Tuned | None


def held(cells: Sequence[Cell]) -> list[Held]:
    """For the cells that their own folds taught."""
    found = []
    for cell in cells:
        if cell.group is None and cell.train is None and cell.found is not None:
            say(f"{cell.name}: tuned")
            question = Question(cell.source.path, weak=cell.pair.weak, strong=cell.pair.strong, system="answer")
            try:
                tuned = tune(question, TARGET, PROBABILITY)
            except ConfigurationError:
                found.append(Held(cell, None))
                continue
            rules = {"threshold": tuned.threshold, "gain": tuned.gain}
            found.append(Held(cell, rules.get(tuned.cheapest or "")))
    return found


def savings(routed: Sequence[Cell], turns: Sequence[Cell], tuned: Sequence[Held]) -> str:
    """Against always asking the strong model, by what reads the prompt alone and by whole turns."""
    rows = [
        (cell.name, "prompt alone", *_saved(cell.of("learned")), NONE)
        for cell in routed
        if cell.group is None and cell.found is not None
    ]
    by_name = {one.cell.name: one.best for one in tuned}
    for cell in turns:
        if cell.group is None and cell.train is None and cell.found is not None:
            for name in SYSTEMS[1:]:
                if cell.of_system(name):
                    sure = _held_saving(by_name.get(cell.name)) if name == "answer" else NONE
                    rows.append((cell.name, name, *_saved(cell.of_system(name)), sure))
    head = ("set, pair", "what decides", "at no measured loss", "at 95 % of the quality", "held with probability .9")
    return table(head, rows)


def savings_verdict(routed: Sequence[Cell], turns: Sequence[Cell]) -> str:
    """Against what the field claims."""
    own = [cell.of("learned") for cell in routed if cell.group is None and cell.found is not None]
    own += [
        cell.of_system("agree") or cell.of_system("answer")
        for cell in turns
        if cell.group is None and cell.train is None and cell.found is not None
    ]
    none, most = ([one[name].value or 0.0 for one in own] for name in ("saving_no_loss", "saving_95"))
    return (
        f"The field claims {_CLAIMED}. Here, over {len(own)} pairs and systems, at no measured loss "
        f"{_among(none)}, and at 95 % of the quality {_among(most)}."
    )


def _among(values: Sequence[float]) -> str:
    reach = sum(value >= 0.4 for value in values)
    ordered = sorted(values)
    if not ordered:
        return "nothing was measured"
    middle = ordered[len(ordered) // 2]
    return (
        f"{100 * ordered[0]:.0f} to {100 * ordered[-1]:.0f} % is saved, {100 * middle:.0f} % in the middle, "
        f"and {reach} reach 40 %"
    )


def escalation(cells: Sequence[Cell]) -> str:
    """Expected gain beside the fixed cuts, after the same weak answer."""
    head = (
        "set, pair",
        "a right answer is worth",
        "rule",
        "utility",
        "escalated",
        "spend",
        "quality",
        "utility of the gain less the rule's",
    )
    return table(head, [row for cell in cells if cell.group is None and cell.train is None for row in _rules(cell)])


def escalation_verdict(cells: Sequence[Cell]) -> str:
    """How often the gain's utility is above a cut's."""
    margins = [
        rules["over"][cut]
        for cell in cells
        if cell.group is None and cell.train is None and cell.found is not None
        for rules in cell.found.escalation.values()
        for cut in _RULES[1:]
    ]
    above = sum(one.low is not None and one.low > 0 for one in margins)
    below = sum(one.high is not None and one.high < 0 for one in margins)
    return (
        f"Of {len(margins)} comparisons at three values of a right answer, the expected gain has more utility than the "
        f"cut with the interval apart in {above}, less in {below}; the others are not told apart."
    )


def _rules(cell: Cell) -> Iterator[tuple[str, ...]]:
    if cell.found is None:
        return
    for value, rules in cell.found.escalation.items():
        for name in _RULES:
            own = rules[name]
            yield (
                cell.name,
                f"{value:g} strong calls",
                name.replace("_", " ").replace("0.", "."),
                figure(own["utility"]),
                percent(own["rate"]),
                figure(own["spend"], bare=True),
                figure(own["quality"], bare=True),
                figure(rules["over"].get(name)),
            )


def _taught(cell: Cell) -> str:
    if cell.train is not None:
        return cell.train.name
    return "its own folds" if cell.group is None else "its other tasks"


def _saved(figures: Figures) -> tuple[str, str]:
    return percent(figures.get("saving_no_loss")), percent(figures.get("saving_95"))


def _held_saving(best: Tuned | None) -> str:
    return "nothing" if best is None or best.spend.value is None else f"{100 * (1 - best.spend.value):.0f} %"
