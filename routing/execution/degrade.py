"""Nothing answered well enough: say what failed, what was tried, what to do, and when it can work again."""

from __future__ import annotations

from collections.abc import Container

from routing import events as ev
from routing.budget.naming import cap_words, raised_by
from routing.budget.throttle import CALM_S
from routing.clock import lasting, until_midnight_s
from routing.decision.constraints import short_limits
from routing.decision.model import Reason
from routing.errors import HANDLING, BreakerEffect, ErrorKind
from routing.execution.context import TurnContext
from routing.execution.ladder import Ending
from routing.execution.obstacles import SEE_PROVIDERS, SHORTER_CHAT, TAKE_OFF_PIN, obstacle

_CAPS = {
    "day_cap": "day",
    "request_credit": "request",
    "session_cap": "session",
    "provider_cap": "provider",
    "premium_cap": "premium",
    "class_cap": "class",
    "route_cap": "route",
}
_NAMED = {"day": "today's cap", "simulated_day": "today's cap", "request": "the request's credit"}
_LASTING = frozenset({"request", "session"})
"""Caps that no midnight resets."""
_PASSING = frozenset({"breaker", "rate_limit", "throttle"})


def degrade(context: TurnContext, ending: Ending, *, reduced: bool = False) -> ev.Degraded:
    """Note the `Degraded` event that fits how the climb ended, and the cap that kept everything from being asked.
    `reduced`: an extract stands in for an answer."""
    if not (ending.refusals or ending.failures):
        _note_cap(context)
    kept = ending.draft is not None or ending.partial is not None
    return context.recorder.note(
        ev.Degraded,
        level="kept_draft" if kept else "reduced" if reduced else "static",
        cause=_cause(context, ending),
        tried=_tried(context, ending),
        do=_advice(context, ending),
        again_in_s=_again_in_s(context, ending),
    )


def card(degraded: ev.Degraded, text: str) -> str:
    """The degraded card as Markdown; `text` is the profile's own, said first."""
    lines = [text or "No model could answer this.", "", f"**What happened**: {degraded.cause}"]
    if degraded.tried:
        lines += ["", "**What was tried**:", *(f"- {sentence}" for sentence in degraded.tried)]
    if degraded.tried or degraded.again_in_s is not None:
        lines += ["", f"**When it can work**: {_when(degraded.again_in_s)}"]
    return "\n".join([*lines, "", f"**What to do**: {degraded.do}"])


def _when(again_in_s: float | None) -> str:
    if again_in_s is None:
        return "as soon as one of them answers"
    return "now" if again_in_s < 1 else f"in {lasting(again_in_s)}"


def _cause(context: TurnContext, ending: Ending) -> str:
    if ending.draft is not None and ending.draft.fault:
        return f"no answer was the JSON asked for ({ending.draft.fault}); the best one is shown, not vouched for"
    if ending.draft is not None:
        return (
            f"the best answer scores {ending.draft.score:.2f}, below the floor of {context.decision.floor:.2f}; "
            "it is shown, not vouched for"
        )
    if ending.partial is not None:
        return f"the answer of {ending.partial.model.id} broke off before its end; what came of it is shown"
    if ending.failures:
        count = len({failure.model.provider for failure in ending.failures})
        return f"{'every provider' if count > 1 else 'the provider'} that was asked failed"
    if _caps(context, ending) and not _too_long_for(context):
        return "a cap on spend is reached"
    return obstacle(context).cause


def _tried(context: TurnContext, ending: Ending) -> tuple[str, ...]:
    """Where nobody could be asked at all, a provider that gave no list of models may be why."""
    unlisted = () if context.decision.ladder else context.problems
    failed = [f"{failure.model.id}: {failure.sentence}" for failure in ending.failures]
    refused = [f"{one.model.id}: {cap_words(one.cap, one.name)} does not allow it" for one in ending.refusals]
    return (*failed, *refused, *ending.skipped, *unlisted)


def _advice(context: TurnContext, ending: Ending) -> str:
    if ending.draft is not None:
        return _advice_on_draft(context, ending)
    if ending.partial is not None:
        return "ask again (/retry)."
    if ending.failures:
        return _advice_on_failures(context, ending)
    caps = _caps(context, ending)
    shorter = "shorten the prompt, or " if _too_long_for(context) else ""
    return shorter + _advice_on_caps(caps) if caps else obstacle(context).do


def _advice_on_caps(caps: set[str]) -> str:
    raised = ", or ".join(dict.fromkeys(map(_raised, sorted(caps))))
    if caps - _LASTING:
        return f"raise {raised}, use a local model, or wait until the cap resets at midnight."
    otherwise = "leave and begin a new session" if "session" in caps else "choose another profile"
    return f"raise {raised}, {otherwise}, or use a local model."


def _raised(cap: str) -> str:
    return f"{_NAMED[cap]} ({raised_by(cap)})" if cap in _NAMED else raised_by(cap)


def _advice_on_draft(context: TurnContext, ending: Ending) -> str:
    if context.request.model is not None:
        return f"check it, or {TAKE_OFF_PIN} and ask again."
    if ending.failures:
        return f"check it, or ask again once the stronger models answer: {SEE_PROVIDERS}."
    return "check it, ask again with a stronger profile, or pin a larger model (`/model`, or `--model`)."


def _advice_on_failures(context: TurnContext, ending: Ending) -> str:
    kinds = {failure.error.kind for failure in ending.failures}
    pin = f", or {TAKE_OFF_PIN}" if context.request.model is not None else ""
    if kinds == {ErrorKind.CONTEXT_LENGTH}:
        return f"{SHORTER_CHAT}{pin}."
    if all(failure.model.simulated for failure in ending.failures):
        return (
            f"mend the simulated faults (`/fault all:`; on the command line leave out `--fault`), then ask again{pin}."
        )
    again = "" if all(HANDLING[kind].breaker is BreakerEffect.OPEN for kind in kinds) else "ask again, or see why: "
    return f"{again}{SEE_PROVIDERS}{pin}."


def _again_in_s(context: TurnContext, ending: Ending) -> float | None:
    if ending.draft is not None:
        return None
    caps = set() if ending.failures else _caps(context, ending)
    if caps:
        return until_midnight_s(context.clock.wall()) if caps - _LASTING else None
    models = context.world.registry.models
    again = (context.breakers.again_in_s(model.provider, model.id) for model in models)
    waits = [wait for wait in again if wait is not None]
    waiting = {model for model, _ in _kept_out_by(context, _PASSING)}
    limits = context.observed.rate_limits.left(context.world.registry)
    waits += [left.again_in_s for left, _ in short_limits(context.features, limits) if left.model in waiting]
    waits += [CALM_S for _, reason in _kept_out_by(context, _PASSING) if reason.kind == "throttle"]
    return min(waits, default=None)


def _caps(context: TurnContext, ending: Ending) -> set[str]:
    """The caps that stand between the request and an answer."""
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


def _too_long_for(context: TurnContext) -> bool:
    """Whether the prompt alone keeps some of the models out, while a cap keeps out those whose windows hold it."""
    reasons = (why for one in context.decision.excluded for why in one.reasons)
    return not context.decision.ladder and any(why.kind == "context" for why in reasons)


def _note_cap(context: TurnContext) -> None:
    for model_id, reason in _capped(context)[:1]:
        simulated = reason.kind == "day_cap" and context.model(model_id).simulated
        context.recorder.note(
            ev.CapReached,
            cap="simulated_day" if simulated else _CAPS[reason.kind],
            model=model_id,
            needed_nusd=int(reason.needed),
            left_nusd=int(reason.found),
            name=reason.name,
        )
