"""Nothing answered well enough: say what failed, what was tried, what to do, and when it can work again."""

from __future__ import annotations

from collections.abc import Container

from routing import events as ev
from routing.clock import until_midnight_s
from routing.decision.constraints import short_limits
from routing.decision.model import Reason
from routing.execution.context import TurnContext
from routing.execution.ladder import Ending

_CAPS = {"day_cap": "day", "request_credit": "request"}
_PASSING = frozenset({"breaker", "rate_limit"})


def degrade(context: TurnContext, ending: Ending) -> ev.Degraded:
    """Note the `Degraded` event that fits how the climb ended, and the cap that kept everything from being asked."""
    if not (ending.refusals or ending.failures):
        _note_cap(context)
    kept = ending.draft is not None or ending.partial is not None
    return context.recorder.note(
        ev.Degraded,
        level="kept_draft" if kept else "static",
        cause=_cause(context, ending),
        tried=_tried(ending),
        do=_advice(context, ending),
        again_in_s=_again_in_s(context, ending),
    )


def card(degraded: ev.Degraded, text: str) -> str:
    """The degraded card as Markdown; `text` is the profile's own, said first."""
    lines = [text or "No model could answer this.", "", f"**What happened**: {degraded.cause}"]
    if degraded.tried:
        lines += ["", "**What was tried**:", *(f"- {sentence}" for sentence in degraded.tried)]
    when = "as soon as one of them answers again" if degraded.again_in_s is None else _when(degraded.again_in_s)
    lines += ["", f"**When it can work**: {when}"]
    return "\n".join([*lines, "", f"**What to do**: {degraded.do}"])


def _when(again_in_s: float) -> str:
    if again_in_s < 1:
        return "now"
    if again_in_s < 90:
        return f"in {again_in_s:.0f} s"
    if again_in_s < 5400:
        return f"in {again_in_s / 60:.0f} min"
    return f"in {again_in_s / 3600:.0f} h"


def _cause(context: TurnContext, ending: Ending) -> str:
    if ending.draft is not None and ending.draft.fault:
        return f"no answer was the JSON asked for ({ending.draft.fault}); the best one is shown, not vouched for"
    if ending.draft is not None:
        return (
            f"the best answer scores {ending.draft.score:.2f}, below the floor of {context.decision.floor:.2f}; "
            "it is shown, not vouched for"
        )
    if ending.partial is not None:
        return f"the stream broke off: {ending.partial.sentence}"
    if ending.failures:
        count = len({failure.model.provider for failure in ending.failures})
        return f"{'every provider' if count > 1 else 'the provider'} that was asked failed"
    if _caps(context, ending):
        return "a cap on spend is reached"
    if not context.decision.candidates:
        return "no model is known: no provider has been found"
    return "no model may be asked: " + "; ".join(_reasons(context))


def _tried(ending: Ending) -> tuple[str, ...]:
    failed = [f"{failure.model.id}: {failure.sentence}" for failure in ending.failures]
    refused = [f"{refusal.model.id}: the {refusal.cap.replace('_', ' ')} cap" for refusal in ending.refusals]
    return (*failed, *refused, *ending.skipped)


def _advice(context: TurnContext, ending: Ending) -> str:
    if ending.draft is not None:
        return "ask again with a stronger profile, or pin a larger model."
    if ending.failures:
        return "try again, switch the profile, or run `pointsman check`."
    caps = _caps(context, ending)
    if caps == {"request"}:
        return "raise the request's credit in the profile, choose another profile, or use a local model."
    if caps:
        return "raise `caps` in config.yaml, use a local model, or wait until the cap resets at midnight."
    return "run `pointsman check`, or choose another profile."


def _again_in_s(context: TurnContext, ending: Ending) -> float | None:
    if ending.draft is not None:
        return None
    caps = set() if ending.failures else _caps(context, ending)
    if caps:
        return None if caps == {"request"} else until_midnight_s(context.clock.wall())
    providers = {model.provider for model in context.world.registry.models}
    waits = [wait for name in providers if (wait := context.breakers.again_in_s(name)) is not None]
    waiting = {model for model, _ in _kept_out_by(context, _PASSING)}
    limits = context.observed.rate_limits.left(context.world.registry)
    waits += [left.again_in_s for left, _ in short_limits(context.features, limits) if left.model in waiting]
    return min(waits, default=None)


def _caps(context: TurnContext, ending: Ending) -> set[str]:
    """The caps that stand between the request and an answer: `request`, `day`, `simulated_day`."""
    refused = {refusal.cap for refusal in ending.refusals}
    return refused or {_CAPS[reason.kind] for _, reason in _capped(context)}


def _capped(context: TurnContext) -> list[tuple[str, Reason]]:
    """Models that nothing but a cap keeps from being asked, with the reason of each, the cheapest first."""
    return sorted(_kept_out_by(context, _CAPS), key=lambda one: (int(one[1].needed), one[0], one[1].kind))


def _kept_out_by(context: TurnContext, kinds: Container[str]) -> list[tuple[str, Reason]]:
    """Models that have no other reasons against them than these, with each reason."""
    found = []
    for exclusion in context.decision.excluded:
        reasons = [reason for reason in exclusion.reasons if reason.kind != "not_on_route"]
        if all(reason.kind in kinds for reason in reasons):
            found += [(exclusion.model, reason) for reason in reasons]
    return found


def _note_cap(context: TurnContext) -> None:
    for model_id, reason in _capped(context)[:1]:
        simulated = reason.kind == "day_cap" and context.model(model_id).simulated
        context.recorder.note(
            ev.CapReached,
            cap="simulated_day" if simulated else _CAPS[reason.kind],
            model=model_id,
            needed_nusd=int(reason.needed),
            left_nusd=int(reason.found),
        )


def _reasons(context: TurnContext) -> list[str]:
    """Each kind of reason once, with how many models it rules out."""
    counts: dict[str, int] = {}
    for exclusion in context.decision.excluded:
        for reason in exclusion.reasons:
            counts[reason.kind] = counts.get(reason.kind, 0) + 1
    return [f"{count} × {kind.replace('_', ' ')}" for kind, count in sorted(counts.items())]
