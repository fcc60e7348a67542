"""A request and a decision, as the one call that a provider is asked to make."""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.analysis.features import Features
from routing.analysis.tokens import history_tokens
from routing.decision.case import determinism
from routing.decision.model import Decision
from routing.decision.prediction import room
from routing.messages import Message, Request, TextPart
from routing.policy.model import Route, Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.registry.model import Model

_SHORT, _LEAST_TOKENS = 0.5, 256
"""Of the room for an answer, what a model has that only stands in; and the least."""

_GO_ON = (
    "Your answer above was cut off. Go on with it exactly where it stops, in the middle of a word if need be: repeat "
    "nothing, and say nothing about the interruption."
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An answer that broke off, for the next call to go on with."""

    attempt: str
    text: str

    @property
    def messages(self) -> tuple[Message, ...]:
        return (Message("assistant", (TextPart(self.text),)), Message("user", (TextPart(_GO_ON),)))

    @property
    def tokens(self) -> int:
        """What it adds to the input."""
        return history_tokens(self.messages)


def build_call(
    request: Request, decision: Decision, model: Model, unfinished: Unfinished | None = None, wish: str = ""
) -> Call:
    """System message, the chat so far, the prompt with a `wish` for its answer's length, and an answer to go on with.
    What changes from turn to turn comes last, so that providers find the beginning in their caches. Temperature 0 asks
    for a fixed seed as well."""
    most, asked = room(model, _answer_tokens(request, decision, model)), request.limits.max_output_tokens
    system = (Message("system", (TextPart(request.system),)),) if request.system else ()
    going_on = () if unfinished is None else unfinished.messages
    prompt = Message("user", (*request.content, TextPart(wish)) if wish else request.content)
    return Call(
        messages=(*system, *request.history, prompt, *going_on),
        max_output_tokens=most if asked is None else min(most, asked),
        response_format=request.response_format,
        schema=request.schema,
        tools=request.tools,
        temperature=decision.temperature,
        seed=0 if decision.temperature == 0 else None,
    )


def _answer_tokens(request: Request, decision: Decision, model: Model) -> int:
    """The most tokens of the answer. A model from outside the ladder that is climbed is constrained to a short one;
    JSON, of which half is nothing, is not."""
    most = decision.max_output_tokens
    if request.response_format != "text" or not any(model.id in rung.models for rung in decision.below):
        return most
    return max(min(_LEAST_TOKENS, most), int(_SHORT * most))


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
