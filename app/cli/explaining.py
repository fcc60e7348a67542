"""A decision in words, as a row of a table, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.cli.figures import chance, dollars, seconds
from app.cli.tables import Table, as_text
from app.panels.reasons import sentence
from routing.narration import stand_in

if TYPE_CHECKING:
    from routing.decision.model import Candidate, Decision, PlannedRung
    from routing.execution.prechecks import Handling
    from routing.router import Explanation


NO_MODELS = "There are no models to choose from: `pointsman check` says what each provider lacks."


def as_document(profile: str, explanation: Explanation) -> dict[str, Any]:
    """Everything of the decision; `ladder` and `excluded` are what scripts read."""
    decision = explanation.decision
    document = {"profile": profile, "chosen": decision.chosen, **asdict(decision)}
    document["excluded"] = [
        {
            "model": exclusion.model,
            "reasons": [{**asdict(reason), "sentence": sentence(reason)} for reason in exclusion.reasons],
        }
        for exclusion in decision.excluded
    ]
    personal = asdict(explanation.personal)
    return {**document, "features": asdict(explanation.features), "personal": personal, "advice": _advice(explanation)}


def as_table(found: Mapping[str, Explanation]) -> Table:
    """One row for each profile."""
    head = ("profile", "route", "first", "then", "cost", "time", "right")
    rows = [_row(name, explanation.decision) for name, explanation in found.items()]
    if not any(explanation.personal.kinds for explanation in found.values()):
        return Table(head, tuple(rows))
    done = [_done(explanation.personal) for explanation in found.values()]
    return Table((*head, "personal data"), tuple((*row, does) for row, does in zip(rows, done, strict=True)))


def by_strategy(found: Mapping[str, Explanation]) -> Table:
    """One row for each strategy: where it would begin."""
    head = ("strategy", "rung", "first", "then", "cost", "time", "right")
    return Table(head, [_strategy(name, one) for name, one in found.items()])


def reasons(found: Mapping[str, Explanation]) -> Iterator[str]:
    """What each of them goes by."""
    for name, explanation in found.items():
        (advice,) = explanation.snapshot.advice
        yield f"{name}: {advice.evidence}"


def _strategy(name: str, explanation: Explanation) -> tuple[str, ...]:
    (advice,) = explanation.snapshot.advice
    decision, chances = explanation.decision, dict(advice.quality)
    _, _, *rest = _row(name, decision)
    if decision.chosen in chances:
        rest[-1] = chance(chances[decision.chosen])
    return name, str(advice.first_rung + 1), *rest


def as_lines(profile: str, explanation: Explanation) -> Iterator[str]:
    """The decision for a person."""
    decision, features = explanation.decision, explanation.features
    if not decision.candidates:
        yield NO_MODELS
        return
    yield from _personal(explanation.personal)
    yield f"{decision.chosen} is asked first." if decision.chosen else "No model may be asked: all are out."
    if said := stand_in(decision):
        yield f"{said[0].upper()}{said[1:]}."
    yield f"{profile}: the rule “{decision.rule}” took the route “{decision.route}” ({_MODES[decision.mode]})."
    yield (
        f"The prompt: {features.task} {chance(features.task_p)} · complexity {chance(features.complexity)}"
        f"{_sure(features.complexity_p)} · risk {features.risk}{_sure(features.risk_p)} · "
        f"{features.response_format}{_sure(features.format_p)} · {features.language}{_sure(features.language_p)} · "
        f"novelty {chance(features.novelty)} · "
        f"{features.input_tokens} tokens"
    )
    for n, rung in enumerate((*decision.ladder, *decision.below)):
        yield from _rung(n, rung, below=n >= len(decision.ladder))
    yield f"Runner-up: {decision.runner_up or 'none'}."
    for advice in explanation.snapshot.advice:
        yield f"{advice.strategy}: rung {advice.first_rung + 1} first; {advice.evidence}"
    yield ""
    yield as_text(_candidates(decision))
    if decision.excluded:
        yield ""
        yield f"Out: {len(decision.excluded)}"
    for exclusion in decision.excluded:
        yield f"  ✗ {exclusion.model}: " + " ".join(sentence(reason) for reason in exclusion.reasons)


def _sure(p: float) -> str:
    """How sure a reading is, where it is not: ` (.71)`."""
    return "" if round(p, 2) >= 1 else f" ({chance(p)})"


_MODES = {
    "cascade": "climb while the answer is not sure enough",
    "premium_first": "the best first, a quicker one only when time runs out",
}


_DONE = {"show": "sent", "send": "sent", "mask": "masked", "local": "kept here", "ask": "asks first"}


def _done(personal: Handling) -> str:
    return "stays here" if personal.stays else _DONE[personal.does]


def _personal(personal: Handling) -> Iterator[str]:
    """What comes before anything is sent."""
    if personal.asks:
        yield f"{personal.sentence[:-1]} (`--personal send`, `mask` or `local`). Once it may go out:"
    elif personal.kinds:
        yield personal.sentence


def _rung(n: int, rung: PlannedRung, *, below: bool) -> Iterator[str]:
    stays = "any answer stays" if rung.threshold is None else f"an answer stays from {chance(rung.threshold)}"
    last = "; only when those above cannot be reached" if below else ""
    yield f"  {n + 1} {rung.name}: {' → '.join(rung.models)}  ({stays}; {rung.why}{last})"


def _candidates(decision: Decision) -> Table:
    out = {exclusion.model for exclusion in decision.excluded}
    order = [model for rung in (*decision.ladder, *decision.below) for model in rung.models]
    rows = [
        (candidate.model, candidate.tier, *_figures(candidate), *_valid(candidate))
        for candidate in sorted(decision.candidates, key=lambda one: _place(order, one.model))
        if candidate.model not in out
    ]
    head = ("may be asked", "tier", "right", "cost", "time", "utility")
    return Table((*head, "valid JSON") if any(map(_valid, decision.candidates)) else head, rows)


def _valid(candidate: Candidate) -> tuple[str, ...]:
    """The chance that its JSON is valid, where JSON is asked for."""
    return () if candidate.valid is None else (chance(candidate.valid),)


def _figures(candidate: Candidate) -> tuple[str, str, str, str]:
    bound = "" if candidate.price_known else "≤ "
    cost = bound + dollars(candidate.cost_nusd, candidate.simulated)
    return chance(candidate.quality), cost, seconds(candidate.latency_s), f"{candidate.utility_nusd / 1e9:+.4f}"


def _row(profile: str, decision: Decision) -> tuple[str, ...]:
    if decision.chosen is None:
        return profile, decision.route, "none may be asked", "–", "–", "–", "–"
    right, cost, time, _ = _figures(decision.candidate(decision.chosen))
    following = " → ".join(rung.models[0] for rung in decision.ladder[1:]) or "–"
    return profile, decision.route, decision.chosen, following, cost, time, right


def _place(order: list[str], model: str) -> int:
    return order.index(model) if model in order else len(order)


def _advice(explanation: Explanation) -> list[dict[str, Any]]:
    return [asdict(advice) for advice in explanation.snapshot.advice]
