"""Why this model? Every model that could have been asked: chosen, on the ladder, or out with all the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels import draw, words
from app.panels.draw import line
from app.panels.reasons import sentence
from app.screens.page import Page, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content

    from routing.analysis.features import Features
    from routing.decision.model import Advice, Candidate, Decision, Snapshot
    from routing.trace import Trace

_TABLE = 92  # columns from which a candidate takes one line
_MODEL = 30


def lines(trace: Trace | None, width: int) -> list[Content]:
    """The whole decision as lines of at most `width` cells."""
    decision = trace.decision if trace is not None else None
    if trace is None or decision is None:
        return draw.wrap(line(("Nothing was decided yet: send a prompt first.", "muted")), width)
    found = [
        *_choice(decision, width),
        *_personal(trace, width),
        *_ladder(decision, width),
        *_candidates(decision, width),
        *_excluded(decision, width),
        *(_analysis(trace.features, width) if trace.features else ()),
        *(_known(trace.snapshot, trace.advice, width) if trace.snapshot else ()),
    ]
    return [draw.crop(one, width) for one in found]


def _choice(decision: Decision, width: int) -> list[Content]:
    if decision.chosen is None:
        head = line(("! No model may be asked", "strong bad"), ": each is out for the reasons below.")
    else:
        head = line(("✓ ", "strong good"), (decision.chosen, "strong"), " is asked first.")
    manner = (
        "The best is asked first, a quicker one only when time runs out."
        if decision.mode == "premium_first"
        else "The next rung is asked when the answer is not sure enough."
    )
    told = f"The rule “{decision.rule}” took the route “{decision.route}”. {manner}"
    runner = f"Without it: {decision.runner_up}." if decision.runner_up else "There is no runner-up."
    return [head, *draw.wrap(line(told), width), line((runner, "muted"))]


def _personal(trace: Trace, width: int) -> list[Content]:
    """Personal data in the prompt and its chat, and what was done about it."""
    seen = [one for one in trace.findings if one.kind == "personal"]
    rows = [draw.wrap(line(("! ", "warn"), f"{one.what}: {one.action}"), width, indent=2) for one in seen]
    return [*heading("Personal data"), *(told for row in rows for told in row)] if rows else []


def _ladder(decision: Decision, width: int) -> list[Content]:
    rungs = [*decision.ladder, *decision.below]
    if not rungs:
        return []
    found = heading("Ladder", f"an answer below {draw.chance(decision.floor)} is shown as below the floor")
    for n, rung in enumerate(rungs, start=1):
        stays = "any answer stays" if rung.threshold is None else f"stays from {draw.chance(rung.threshold)}"
        last = "  only if the rungs above cannot be reached" if n > len(decision.ladder) else ""
        models = " → ".join(rung.models)
        told = line((f"{n} ", "muted"), (f"{rung.name}  ", "strong"), models, (f"  {stays}; {rung.why}{last}", "muted"))
        found += draw.wrap(told, width, indent=2)
    return found


def _candidates(decision: Decision, width: int) -> list[Content]:
    candidates = words.askable(decision)
    if not candidates:
        return []
    found = heading(f"May be asked: {len(candidates)}", "predicted for this prompt")
    if width >= _TABLE:
        head = f"  {'model':<{_MODEL}} {'part':<20} {'right':>5} {'cost':>14} {'time':>7} {'utility':>9}"
        found.append(line((head, "muted")))
    order = [model for rung in (*decision.ladder, *decision.below) for model in rung.models]
    place = {model: n for n, model in enumerate(order)}
    for candidate in sorted(candidates, key=lambda one: (place.get(one.model, len(place)), one.model)):
        found += _candidate(decision, candidate, width)
        if candidate.valid is not None:
            found.append(line((f"  its JSON is valid with a chance of {draw.chance(candidate.valid)}", "muted")))
    return found


def _candidate(decision: Decision, candidate: Candidate, width: int) -> list[Content]:
    chosen = candidate.model == decision.chosen
    glyph = ("✓ ", "strong good") if chosen else ("· ", "muted")
    cost = ("" if candidate.price_known else "≤ ") + draw.dollars(candidate.cost_nusd, candidate.simulated)
    figures = (draw.chance(candidate.quality), cost, draw.seconds(candidate.latency_s), _utility(candidate))
    part = _part(decision, candidate)
    name = (candidate.model, "strong" if chosen else "")
    if width < _TABLE:
        right, cost, time, utility = figures
        told = f"  right {right} · {cost} · {time} · utility {utility}"
        head = draw.wrap(line(glyph, name, f"  {part}"), width, indent=2)
        return [*head, *draw.wrap(line((told, "muted")), width, indent=2)]
    right, cost, time, utility = figures
    row = line(glyph) + draw.column(line(name), _MODEL) + line(" ") + draw.column(line(part), 20)
    return [row + line(f" {right:>5} {cost:>14} {time:>7} {utility:>9}")]


def _part(decision: Decision, candidate: Candidate) -> str:
    """The part that a candidate plays on the ladder."""
    if candidate.model == decision.chosen:
        return "chosen"
    for n, rung in enumerate((*decision.ladder, *decision.below), start=1):
        if candidate.model in rung.models:
            if n > len(decision.ladder):
                return "if all else is out"
            return f"rung {n}" if candidate.model == rung.models[0] else f"fallback on rung {n}"
    return "may be asked"


def _utility(candidate: Candidate) -> str:
    """Value × quality − cost − seconds, in dollars."""
    return f"{candidate.utility_nusd / 1e9:+.4f}"


def _excluded(decision: Decision, width: int) -> list[Content]:
    if not decision.excluded:
        return []
    found = heading(f"Out: {len(decision.excluded)}", "with every reason")
    for exclusion in decision.excluded:
        found.append(line(("✗ ", "bad"), exclusion.model))
        for reason in exclusion.reasons:
            found += draw.wrap(line(("  " + sentence(reason), "muted")), width, indent=2)
    return found


def _analysis(features: Features, width: int) -> list[Content]:
    found = heading("The prompt", f"about {draw.count(features.input_tokens)} tokens in, {features.output_tokens} out")
    needs = features.needs
    wanted = [
        *([f"{needs.tools} tools"] if needs.tools else []),
        *(["JSON"] if needs.json else []),
        *(["images"] if needs.vision else []),
        *([f"region {needs.region}"] if needs.region else []),
        *(["the same answer twice"] if needs.determinism else []),
        *(["to stay on this machine"] if needs.local_only else []),
    ]
    told = (
        f"{features.task} {draw.chance(features.task_p)} ({features.intent}) · "
        f"complexity {draw.chance(features.complexity)}{', several steps' if features.multi_step else ''}"
        f"{_sure(features.complexity_p)} · risk {features.risk} {draw.chance(features.risk_p)} · "
        f"{features.response_format}{_sure(features.format_p)} · {features.latency}{_sure(features.latency_p)} · "
        f"{features.language}{_sure(features.language_p)} · novelty {draw.chance(features.novelty)}"
    )
    found += draw.wrap(line(told), width)
    if wanted:
        found += draw.wrap(line(("needs ", "muted"), ", ".join(wanted)), width, indent=6)
    for signal in sorted(features.signals, key=lambda one: (one.feature, -abs(one.weight), one.seen)):
        spoke = line((f"  {signal.weight:+.1f}  ", "good" if signal.weight >= 0 else "warn"))
        value = "" if signal.value == f"{signal.weight:+.1f}" else f" {signal.value}"
        found.append(spoke + line(words.kind(signal.feature) + value, (f"  saw {signal.seen}", "muted")))
    return found


def _sure(p: float) -> str:
    """How sure a reading is, where it is not."""
    return "" if round(p, 2) >= 1 else f" ({draw.chance(p)})"


def _known(snapshot: Snapshot, advice: Sequence[Advice], width: int) -> list[Content]:
    found = heading("What was known")
    if snapshot.pin is not None:
        found.append(line("You asked for ", (snapshot.pin, "strong"), "."))
    if snapshot.nudge:
        found.append(line(f"You moved the first rung by {snapshot.nudge:+d}."))
    for word in advice:
        told = line(f"{word.strategy}: start on rung {word.first_rung + 1}", (f"  {word.evidence}", "muted"))
        found += draw.wrap(told, width, indent=2)
    for closed in snapshot.health.closed:
        again = "until the configuration changes" if closed.again_in_s is None else draw.seconds(closed.again_in_s)
        who = closed.model or closed.provider
        found += draw.wrap(line(("✗ ", "bad"), who, (f"  {closed.reason}; {again}", "muted")), width, 2)
    return [*found, *draw.wrap(line(_left(snapshot)), width)]


def _left(snapshot: Snapshot) -> str:
    budget = snapshot.budget
    day = "no daily cap" if budget.day_left_nusd is None else f"{draw.limit(budget.day_left_nusd, False)} left today"
    simulated = budget.simulated_day_left_nusd
    sim = "" if simulated is None else f", {draw.limit(simulated, True)} of simulated money"
    credit = draw.limit(budget.request_credit_nusd, False)
    return f"{day}{sim}; this message may take {credit} and {draw.seconds(budget.time_left_s)}."


class WhyScreen(Page):
    NAME = "why this model"

    def lines(self, width: int) -> list[Content]:
        return lines(self.trace, width)
