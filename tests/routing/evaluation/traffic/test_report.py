"""What prompts are, need and cost, against figures worked out by hand."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decision.model import World
from routing.evaluation.traffic.asked import Asked, Said, asked_in, in_a_row
from routing.evaluation.traffic.needs import features_of, needs
from routing.evaluation.traffic.pricing import answerer, bill, foreseen
from routing.evaluation.traffic.report import SHOWN, Traffic, percent, report
from routing.evaluation.traffic.worked_example import saving, worked_example
from routing.policy.folders import profiles
from routing.policy.loading import load_policy
from routing.registry.loading import build_registry
from tests.routing.evaluation.traffic.exports import CODE, HARD, SIMPLE, a_model, some_prompts, three_models

POLICIES = {name: load_policy(path) for name, path in profiles().items()}
BALANCED = POLICIES["balanced"]
REGISTRY = three_models()


def told(prompts: list[Asked], **fields: bool) -> Traffic:
    return report(needs(prompts, BALANCED), POLICIES, three_models(**fields), BALANCED)


def test_shares_of_kinds_and_tiers() -> None:
    traffic = told(some_prompts(simple=6, code=3, hard=1))
    assert {kind.task: kind.prompts.count for kind in traffic.kinds} == {"faq": 6, "code": 3, "reasoning": 1}
    assert [kind.task for kind in traffic.kinds] == ["faq", "code", "reasoning"]
    assert {one.tier: one.prompts.count for one in traffic.tiers} == {"small": 6, "mid": 4}
    assert [kind.tier for kind in traffic.kinds] == ["small", "mid", "mid"]
    low, high = traffic.kinds[0].prompts.low, traffic.kinds[0].prompts.high
    assert low is not None
    assert high is not None
    assert low < 0.6 < high


texts = st.sampled_from([SIMPLE, CODE, HARD, "hi", "Übersetze das ins Englische: Guten Morgen"])


@given(prompts=st.lists(texts, min_size=1, max_size=12), seed=st.integers(0, 9))
def test_every_prompt_counts_once_in_any_order(prompts: list[str], seed: int) -> None:
    traffic = told([Asked(text) for text in prompts])
    assert sum(kind.prompts.count for kind in traffic.kinds) == traffic.prompts == len(prompts)
    by_tier: Counter[str] = Counter()
    for kind in traffic.kinds:
        by_tier.update({one.tier: one.prompts.count for one in kind.tiers})
    assert by_tier == {one.tier: one.prompts.count for one in traffic.tiers}
    shuffled = random.Random(seed).sample(prompts, len(prompts))
    assert told([Asked(text) for text in shuffled]) == traffic


def test_what_is_known_of_tokens_counts_more_than_the_estimate() -> None:
    features = features_of(Asked(SIMPLE, input_tokens=30_000, output_tokens=40))
    assert (features.input_tokens, features.output_tokens) == (30_000, 40)
    assert features.needs.context_tokens > 45_000
    assert 44_000 < features.needs.history_tokens < 45_000
    plain = features_of(Asked(SIMPLE))
    assert plain.needs.history_tokens == 0


def test_a_bill_is_the_sum_of_what_is_asked_first_and_of_what_is_climbed_to() -> None:
    asked = Asked(SIMPLE, input_tokens=1_000, output_tokens=1_000)
    found = bill(needs([asked, asked], BALANCED), World(BALANCED, REGISTRY))
    small, mid, large = 500_000, 6_000_000, 30_000_000  # nano-dollars for 2,000 tokens
    assert found.first_nusd == 2 * small
    decision = foreseen(features_of(asked), World(BALANCED, REGISTRY))
    quality = [decision.candidate(f"home/{tier}").quality for tier in ("small", "mid")]
    climbing = small + (1 - quality[0]) * (mid + (1 - quality[1]) * large)
    assert found.climbing_nusd == pytest.approx(2 * climbing, abs=1)
    assert (found.unserved, found.unpriced, found.simulated) == (0, 0, False)


def test_prompts_that_nobody_may_be_asked_are_counted() -> None:
    traffic = told(some_prompts(simple=2, code=0, hard=0))
    assert {one.profile: one.unserved for one in traffic.bills} == {
        "balanced": 0,
        "economy": 0,
        "private": 2,
        "quality": 0,
    }


def test_dear_answers_are_those_of_a_higher_tier_than_needed() -> None:
    tokens = {"input_tokens": 1_000, "output_tokens": 1_000}
    prompts = [
        Asked(SIMPLE, model="home/large", **tokens),
        Asked(SIMPLE, model="home/large", **tokens),
        Asked(SIMPLE, model="home/small", cost_nusd=2_000_000, **tokens),
        Asked(CODE, model="home/mid", **tokens),
        Asked(CODE, model="home/large", cost_nusd=90_000_000, **tokens),
        Asked(SIMPLE, model="elsewhere/unheard-of", **tokens),
    ]
    traffic = told(prompts)
    assert [(one.task, one.model, one.instead, one.prompts) for one in traffic.dear] == [
        ("code", "home/large", "home/mid", 1),
        ("faq", "home/large", "home/small", 2),
    ]
    assert [(one.paid_nusd, one.instead_nusd) for one in traffic.dear] == [
        (90_000_000, 6_000_000),
        (60_000_000, 1_000_000),
    ]
    assert traffic.paid == 5
    assert traffic.paid_nusd == 60_000_000 + 2_000_000 + 6_000_000 + 90_000_000
    assert [one.begins for one in traffic.dearest] == [f"{CODE[:59]}…", SIMPLE, SIMPLE]


def test_only_the_dearest_are_named() -> None:
    prompts = [Asked(SIMPLE, model="home/large", cost_nusd=10**9 + n) for n in range(2 * SHOWN)]
    traffic = told(prompts)
    assert traffic.dear[0].prompts == 2 * SHOWN
    assert [one.paid_nusd - 10**9 for one in traffic.dearest] == list(range(2 * SHOWN))[: -SHOWN - 1 : -1]


def test_money_that_is_not_real_is_not_held_against_real_money() -> None:
    real = told([Asked(SIMPLE, model="home/large", cost_nusd=10**9, simulated=True)])
    assert not real.dear
    assert real.paid_simulated
    simulated = told([Asked(SIMPLE, model="home/large", cost_nusd=10**9, simulated=True)], simulated=True)
    assert simulated.dear[0].simulated
    mixed = told([Asked(SIMPLE, model="home/large", cost_nusd=7), Asked(SIMPLE, cost_nusd=10**9, simulated=True)])
    assert (mixed.paid, mixed.paid_nusd, mixed.paid_simulated) == (1, 7, False)


def test_the_busiest_day() -> None:
    day = 86_400
    prompts = some_prompts(1, 0, 0, at_s=10 * day + day / 2) + some_prompts(2, 0, 0, at_s=20 * day + day / 2)
    busiest = told(prompts).busiest
    assert busiest is not None
    assert busiest.prompts == 2
    assert told(some_prompts(1, 0, 0)).busiest is None


def test_models_are_found_by_id_by_bare_name_and_on_price_lists() -> None:
    registry = build_registry([a_model("home/small", "small", 1.0)])
    assert answerer("home/small", registry) == answerer("small", registry) == registry.models[0]
    listed = answerer("gpt-4o", registry)
    assert listed is not None
    assert listed == answerer("openai/gpt-4o", registry)
    assert listed.price is not None
    assert answerer("nobody/gpt-4o", registry) is None
    assert answerer("no-such-model", registry) is None


def test_a_chat_goes_along_and_the_last_answer_counts() -> None:
    chat = in_a_row([Said("user", "a" * 40, None), Said("assistant", "b" * 80, None), Said("user", "c" * 40, None)])
    again = Said("assistant", "d" * 200, 0, model="m")
    first, second = asked_in([*chat, again])
    assert (first.input_tokens, first.output_tokens, first.model) == (14, 50, "m")
    assert (second.input_tokens, second.output_tokens) == (14 + 24 + 14, None)


def test_the_worked_example() -> None:
    example = worked_example()
    assert example.claimed == 0.78
    assert example.equal.share == pytest.approx(1 - 2.55 / 15)
    # .6 × 300 × .25 + .3 × 1,200 × 3 + .1 × 4,000 × 15, against 15 for all of these tokens
    assert example.realistic.share == pytest.approx(1 - 7_125 / 14_100, abs=1e-4)
    assert saving((1, 1, 1)).share == pytest.approx(example.equal.share)


def test_shares_are_never_rounded_to_all_or_nothing() -> None:
    assert [percent(share) for share in (0, 0.001, 0.58, 0.999, 1)] == ["0 %", "< 1 %", "58 %", "99 %", "100 %"]
