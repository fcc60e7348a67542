"""What a call of a model would cost, take and be worth, before it is made."""

from __future__ import annotations

from routing.analysis.features import Features
from routing.decision.model import Candidate, FormatRecord, Record
from routing.messages import Usage
from routing.money import cost
from routing.policy.model import Policy
from routing.registry.model import Model

PRIOR_TURNS = 20
"""A model's prior quality weighs as much as this many turns of its record."""

NATIVE_SCHEMA, JSON_MODE, WORDS_ONLY = 0.98, 0.95, 0.8
"""How often JSON that was asked for is valid, before anything was measured: from a model that takes a schema, from one
that takes only the wish for JSON, and from one that is asked in words."""

PRIOR_ASKED = 20
"""Such a prior weighs as much as this many answers that had to be JSON."""

INPUT_MARGIN = 1.5
"""Estimates of input from characters ran 1.39 times short in a published case: reserve this multiple."""

THINKING_TOKENS = 2_048
"""Room for what a model thinks before it answers: it counts as output, and without it the answer would be cut."""


def room(model: Model, answer_tokens: int) -> int:
    """The most tokens that a call lets the model write."""
    thinking = THINKING_TOKENS if "reasoning" in model.capabilities else 0
    return min(answer_tokens + thinking, model.max_output)


def predict(
    features: Features,
    model: Model,
    policy: Policy,
    record: Record | None,
    formats: FormatRecord | None = None,
    *,
    rung: int,
    max_output_tokens: int,
    pressure: float = 0.0,
) -> Candidate:
    """Quality is the model's prior, moved by its record on this task class (Beta mean with `PRIOR_TURNS`
    pseudo-turns), lowered for complex requests in proportion to what the model lacks, times the chance that its JSON
    is valid where JSON is asked for; utility is value × quality − expected cost × (1 + pressure) − second × latency, in
    nano-dollars."""
    kept, answered = (record.kept, record.answered) if record else (0, 0)
    mean = (model.quality * PRIOR_TURNS + kept) / (PRIOR_TURNS + answered)
    valid = valid_rate(features, model, formats)
    quality = mean * (1 - features.complexity * (1 - model.quality)) * (1.0 if valid is None else valid)
    expected = price_of(model, features.input_tokens, features.output_tokens, policy.assumed_nusd_per_mtok)
    latency_s = model.first_token_s + features.output_tokens / max(model.tokens_per_s, 0.1)
    return Candidate(
        model=model.id,
        provider=model.provider,
        tier=model.tier,
        rung=rung,
        quality=round(quality, 4),
        cost_nusd=expected,
        worst_nusd=worst_cost(model, features.input_tokens, max_output_tokens, policy.assumed_nusd_per_mtok),
        latency_s=round(latency_s, 3),
        utility_nusd=round(policy.value_nusd * quality - expected * (1 + pressure) - policy.second_nusd * latency_s),
        price_known=model.price is not None,
        simulated=model.simulated,
        valid=None if valid is None else round(valid, 4),
    )


def valid_rate(features: Features, model: Model, formats: FormatRecord | None) -> float | None:
    """The chance that the model's JSON is what was asked for: the Beta mean of its record and of the prior for the way
    in which it is asked. None when no JSON is asked for."""
    if features.response_format == "text":
        return None
    prior = WORDS_ONLY
    if features.response_format == "json_schema" and "json_schema" in model.capabilities:
        prior = NATIVE_SCHEMA
    elif "json" in model.capabilities:
        prior = JSON_MODE
    valid, asked = (formats.valid, formats.asked) if formats else (0, 0)
    return (prior * PRIOR_ASKED + valid) / (PRIOR_ASKED + asked)


def price_of(model: Model, input_tokens: int, output_tokens: int, assumed_nusd_per_mtok: int) -> int:
    """Nano-dollars of a call; a model without a price costs the assumed one, in both directions."""
    if model.price is None:
        return cost(input_tokens + output_tokens, assumed_nusd_per_mtok)
    return model.price.of(input_tokens, output_tokens)


def bill(model: Model, usage: Usage, assumed_nusd_per_mtok: int) -> int:
    """Nano-dollars of a call by its tokens, those read from and written to the provider's cache at their own price."""
    if model.price is None:
        return cost(usage.input_tokens + usage.output_tokens, assumed_nusd_per_mtok)
    return model.price.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_tokens)


def worst_cost(model: Model, input_tokens: int, max_output_tokens: int, assumed_nusd_per_mtok: int) -> int:
    """What a call reserves: 1.5 × the estimated input, at the dearest price that it can reach, and all the output that
    it may give."""
    reserved, output = int(input_tokens * INPUT_MARGIN), room(model, max_output_tokens)
    if model.price is None:
        return cost(reserved + output, assumed_nusd_per_mtok)
    return model.price.worst(reserved, output)
