"""A request and a decision, as the one call that a provider is asked to make."""

from __future__ import annotations

from dataclasses import replace

from routing.analysis.features import Features
from routing.decision.constraints import determinism
from routing.decision.model import Decision
from routing.decision.prediction import room
from routing.messages import Message, Request, TextPart
from routing.policy.model import Route, Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.registry.model import Model


def build_call(request: Request, decision: Decision, model: Model) -> Call:
    """System message, the chat so far, and the prompt. Temperature 0 asks for a fixed seed as well."""
    most, asked = room(model, decision.max_output_tokens), request.limits.max_output_tokens
    system = (Message("system", (TextPart(request.system),)),) if request.system else ()
    return Call(
        messages=(*system, *request.history, Message("user", request.content)),
        max_output_tokens=most if asked is None else min(most, asked),
        response_format=request.response_format,
        schema=request.schema,
        tools=request.tools,
        temperature=decision.temperature,
        seed=0 if decision.temperature == 0 else None,
    )


def needed_of(features: Features, route: Route) -> frozenset[str]:
    """What a call must not be made without: else it would not be what the request or its route asks for."""
    needs, repeats = features.needs, determinism(features, route) != "none"
    needed = (
        ("tools", needs.tools > 0),
        ("json", needs.json),
        ("vision", needs.vision),
        ("temperature", repeats),
        ("seed", repeats),
    )
    return frozenset(capability for capability, is_needed in needed if is_needed)


def for_provider(timeouts: Timeouts, config: ProviderConfig) -> Timeouts:
    """The route's timeouts, but for those that the provider's configuration states."""
    return replace(timeouts, **dict(config.timeouts)) if config.timeouts else timeouts


def within(timeouts: Timeouts, left_s: float) -> Timeouts:
    """The timeouts of an attempt that has only so much time."""
    left_s = max(left_s, 0.05)
    return replace(
        timeouts,
        connect_s=min(timeouts.connect_s, left_s),
        first_token_s=min(timeouts.first_token_s, left_s),
        total_s=min(timeouts.total_s, left_s),
    )
