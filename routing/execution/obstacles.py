"""No model may be asked: what keeps them out, and what would let the nearest of them in, each in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from routing.budget.naming import cap_words
from routing.decision.case import pinned
from routing.decision.model import Reason
from routing.execution.context import TurnContext
from routing.execution.prechecks import handling
from routing.money import format_usd

SEE_PROVIDERS = "F8, or `pointsman check`, shows what each provider says"
TAKE_OFF_PIN = "take off the pin (`/model`; on the command line leave out `--model`)"
SHORTER_CHAT = "begin a new chat (Ctrl-N), shorten the prompt, or ask a model with a larger window"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is wrong, as part of a sentence, and what to do about it, as one."""

    cause: str
    do: str


def obstacle(context: TurnContext) -> Obstacle:
    """Why the decision's ladder is empty."""
    models, pin = context.world.registry.models, context.request.model
    named = pinned(pin, context.world)
    if not models and context.problems:
        cause = "no model is known: no provider gave a list of its models"
        return Obstacle(cause, "mend what is said above; F8, or `pointsman check`, looks again.")
    if not models:
        return Obstacle(
            "no model is known: no provider has been found", f"{SEE_PROVIDERS}; add one there, or in config.yaml."
        )
    if named is not None and not any(map(named, models)):
        return Obstacle(f"no model is called {pin}, which you pinned", f"{TAKE_OFF_PIN}, or pin one that is there.")
    if not context.decision.excluded:
        do = "name them under `tiers` in config.yaml, or pin one (`/model`, or `--model`)."
        return Obstacle("no model that is known is on a tier", do)
    return _kept_out(context)


def _kept_out(context: TurnContext) -> Obstacle:
    """Of a pin, only the models that it names count."""
    reasons = {exclusion.model: _of_the_model(exclusion.reasons) for exclusion in context.decision.excluded}
    named = {model: found for model, found in reasons.items() if all(reason.kind != "pin" for reason in found)}
    nearest = min(named.values(), key=len)
    advice = ", and ".join(dict.fromkeys(_advice(context, reason) for reason in nearest))
    pin = f", or {TAKE_OFF_PIN}" if context.request.model is not None else ""
    return Obstacle("no model may be asked: " + "; ".join(_counted(named)), f"{advice}{pin}.")


def _of_the_model(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons that keep it out whatever the route is."""
    return tuple(reason for reason in reasons if reason.kind != "not_on_route")


def _counted(reasons: dict[str, tuple[Reason, ...]]) -> list[str]:
    """What is wrong with the models, each kind once, with how many it keeps out."""
    against: dict[str, tuple[str, ...]] = {}
    for model, found in reasons.items():
        for reason in found:
            says = _SAYS[reason.kind](reason)
            against[says] = (*against.get(says, ()), model)
    models: dict[tuple[str, ...], list[str]] = {}
    for says, of in against.items():
        models.setdefault(of, []).append(says)
    return [f"{_subject(of, len(reasons))} {', and '.join(says)}" for of, says in models.items()]


def _subject(models: tuple[str, ...], every: int) -> str:
    if len(models) == 1:
        return models[0]
    return f"all {every} models" if len(models) == every else f"{len(models)} of {every} models"


def _can(reason: Reason) -> str:
    able = {"vision": "read images", "tools": "use tools"}.get(reason.needed, "answer in JSON")
    return f"cannot {able}"


def _over(reason: Reason) -> str:
    return f"could take {cap_words(reason.kind.removesuffix('_cap'), reason.name)} beyond its limit"


# Each fits one model as well as many.
_SAYS: dict[str, Callable[[Reason], str]] = {
    "lifecycle": lambda reason: f"would have to be {reason.needed}",
    "capability": _can,
    "context": lambda _: "cannot hold so long a prompt",
    "region": lambda reason: f"cannot be held to run in {reason.needed}",
    "local": lambda _: "would take a private prompt off this machine",
    "determinism": lambda _: "cannot promise the same answer twice",
    "retention": lambda _: "may keep the prompt",
    "gone": lambda _: "can no longer be found at the provider",
    "breaker": lambda reason: f"must rest ({reason.found})",
    "rate_limit": lambda reason: f"would go over a rate limit ({reason.found})",
    "request_credit": lambda reason: f"could cost more than the {format_usd(int(reason.found))} of one message",
    "day_cap": lambda reason: f"could cost more than the {format_usd(int(reason.found))} that are left today",
    **dict.fromkeys(("session_cap", "provider_cap", "premium_cap", "class_cap", "route_cap"), _over),
    "throttle": lambda _: "must wait, as spend grows too fast",
    "pattern": lambda reason: f"is known to get this wrong ({reason.found})",
    "time": lambda reason: f"would take longer than the {reason.found} s that there are",
}

_DO = {
    "lifecycle": "choose another profile, or another model (F7, or `pointsman models`, lists them)",
    "context": "shorten the prompt, or ask a model with a larger window",
    "region": "add a model whose region is known to be right (`region` in config.yaml)",
    "retention": "choose another profile, or a provider that keeps nothing",
    "gone": "choose another model (F7, or `pointsman models`, lists them)",
    "rate_limit": "wait until the limit is free again, or add a provider",
    "request_credit": "raise the request's credit in the profile, or choose another profile",
    "day_cap": "raise today's cap (`/raise`, or `pointsman caps raise`), or wait until the cap resets at midnight",
    **dict.fromkeys(
        ("provider_cap", "premium_cap", "class_cap", "route_cap"),
        "raise the cap in the profile, or wait until it resets at midnight",
    ),
    "session_cap": "raise `caps.session_usd` in the profile, or leave and begin a new session",
    "throttle": "wait until spend is calm again, or use a local model",
    "pattern": "pin the model to ask it all the same (`/model`, or `--model`)",
    "time": "choose a profile with more time",
}


def _advice(context: TurnContext, reason: Reason) -> str:
    match reason.kind:
        case "capability":
            return _advice_on_ability(context, reason)
        case "determinism":
            needs = context.features.needs
            tagged = needs.determinism or needs.seed
            return "take the tag off that asks for the same answer twice" if tagged else "choose another profile"
        case "local":
            return _advice_on_privacy(context)
        case "breaker":
            lasting = "configuration" in reason.found
            return SEE_PROVIDERS if lasting else f"wait until the provider is asked again, or see why: {SEE_PROVIDERS}"
        case _:
            return _DO[reason.kind]


def _advice_on_privacy(context: TurnContext) -> str:
    add = "add a model that runs on this machine (F8, or `pointsman check`, shows what is found)"
    if context.request.kept == "local":
        return f"begin a new chat (Ctrl-N), as this one was kept on this machine, or {add}"
    if handling(context.request, context.world.policy).asks:
        return f"say that it may be sent or masked (`--personal send` or `mask`; the client asks you), or {add}"
    return add


def _advice_on_ability(context: TurnContext, reason: Reason) -> str:
    add = (
        f"add a model that can {_can(reason).removeprefix('cannot ')} (F7, or `pointsman models`, lists what there is)"
    )
    if reason.needed == "vision" and context.request.history:
        return f"begin a new chat without the image (Ctrl-N), or {add}"
    return add
