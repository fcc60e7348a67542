"""What a call of a model would cost, take and be worth, before it is made."""

from __future__ import annotations

from routing.analysis.features import Features
from routing.decision.model import Candidate, Record
from routing.money import cost
from routing.policy.model import Policy
from routing.registry.model import Model

PRIOR_TURNS = 20
"""A model's prior quality weighs as much as this many turns of its record."""

INPUT_MARGIN = 1.5
"""Estimates of input from characters ran 1.39 times short in a published case: reserve this multiple."""


def predict(
    features: Features, model: Model, policy: Policy, record: Record | None, *, rung: int, max_output_tokens: int
) -> Candidate:
    """Quality is the model's prior, moved by its record on this task class (Beta mean with `PRIOR_TURNS`
    pseudo-turns) and lowered for complex requests in proportion to what the model lacks; utility is
    value × quality − expected cost − second × latency, in nano-dollars."""
    kept, answered = (record.kept, record.answered) if record else (0, 0)
    mean = (model.quality * PRIOR_TURNS + kept) / (PRIOR_TURNS + answered)
    quality = mean * (1 - features.complexity * (1 - model.quality))
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
        utility_nusd=round(policy.value_nusd * quality - expected - policy.second_nusd * latency_s),
        price_known=model.price is not None,
        simulated=model.simulated,
    )


def price_of(model: Model, input_tokens: int, output_tokens: int, assumed_nusd_per_mtok: int, cached: int = 0) -> int:
    """Nano-dollars of a call; a model without a price costs the assumed one, in both directions."""
    if model.price is None:
        return cost(input_tokens + output_tokens, assumed_nusd_per_mtok)
    return model.price.of(input_tokens, output_tokens, cached)


def worst_cost(model: Model, input_tokens: int, max_output_tokens: int, assumed_nusd_per_mtok: int) -> int:
    """What a call reserves: 1.5 × the estimated input and all the output that it may give."""
    output = min(max_output_tokens, model.max_output)
    return price_of(model, int(input_tokens * INPUT_MARGIN), output, assumed_nusd_per_mtok)
