"""The drafted policy: it loads, each of its lines has a reason, and it routes as the prompts say."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from routing.evaluation.traffic.asked import Asked
from routing.evaluation.traffic.drafting import LEAST, draft
from routing.evaluation.traffic.needs import features_of, first_tier, needs
from routing.evaluation.traffic.report import report
from routing.policy.folders import shipped_folder
from routing.policy.loading import load_policy
from routing.policy.model import Policy
from routing.registry.loading import build_registry
from routing.registry.terms import TIERS
from tests.routing.evaluation.traffic.exports import (
    CODE,
    HARD,
    SIMPLE,
    START_S,
    a_model,
    some_prompts,
    three_models,
)

BALANCED = load_policy(shipped_folder() / "balanced.yaml")


def drafted(prompts: list[Asked], *, name: str = "mine", source: str = "a file", simulated: bool = False) -> str:
    registry = three_models(simulated=simulated)
    return draft(report(needs(prompts, BALANCED), {}, registry, BALANCED), BALANCED, name, source)


def loaded(prompts: list[Asked], **fields: bool) -> Policy:
    return load_policy(drafted(prompts, **fields))


def test_its_ladders_are_those_of_the_shipped_profile() -> None:
    policy = loaded(some_prompts())
    for route in policy.routes:
        assert route == BALANCED.route(route.name)
    assert {route.name for route in policy.routes} == {"everyday", "demanding", "consequential"}


def test_a_kind_that_mostly_needs_more_begins_higher_as_a_whole() -> None:
    plain = "Write an email to Anna that thanks her."
    several = "Write an email to Anna: first thank her, then explain step by step how we go on, and last compare plans."
    features = features_of(Asked(plain))
    assert features.task == features_of(Asked(several)).task
    assert first_tier(features, BALANCED) == "small"
    assert first_tier(features_of(Asked(several)), BALANCED) == "mid"
    too_few, half = [Asked(several)] * (LEAST - 1), [Asked(several), Asked(plain)] * LEAST
    assert first_tier(features, loaded(too_few)) == first_tier(features, loaded(half)) == "small"
    assert first_tier(features, loaded([*too_few, Asked(several)])) == "mid"


@given(st.lists(st.sampled_from([SIMPLE, CODE, HARD, "hi"]), min_size=1, max_size=8))
def test_no_prompt_begins_lower_than_it_needs(texts: list[str]) -> None:
    policy = loaded([Asked(text) for text in texts])
    for text in texts:
        features = features_of(Asked(text))
        assert TIERS.index(first_tier(features, policy)) >= TIERS.index(first_tier(features, BALANCED))


def test_caps_are_the_prompts_own() -> None:
    policy = loaded([Asked(SIMPLE, at_s=START_S, input_tokens=2_000, output_tokens=1_000)] * 1_000)
    # The large model reserves 1.5 × 2,000 + 2 × 1,000 tokens at $15, and there is room for two of these calls.
    assert policy.request_credit_nusd == 150_000_000
    # 1,000 × 3,000 tokens at $.25 are $.75: three times that, to two digits.
    assert policy.day_cap_nusd == 2_300_000_000


def test_caps_leave_room_for_prompts_that_are_longer_than_these() -> None:
    policy = loaded([Asked(SIMPLE, at_s=START_S)])
    assert policy.request_credit_nusd == policy.day_cap_nusd == BALANCED.request_credit_nusd


@pytest.mark.parametrize("simulated", [True, False])
def test_caps_that_prompts_cannot_tell_are_those_of_the_shipped_profile(simulated: bool) -> None:
    prompts = some_prompts(at_s=START_S if simulated else None, input_tokens=3_000 if simulated else None)
    policy = loaded(prompts, simulated=simulated)
    assert policy.day_cap_nusd == BALANCED.day_cap_nusd
    assert policy.request_credit_nusd == BALANCED.request_credit_nusd


def test_models_that_cost_nothing_say_nothing_of_caps() -> None:
    free = build_registry([a_model("home/small", "small", 0.0)])
    traffic = report(needs(some_prompts(at_s=START_S), BALANCED), {}, free, BALANCED)
    policy = load_policy(draft(traffic, BALANCED, "mine", "a file"))
    assert policy.day_cap_nusd == BALANCED.day_cap_nusd
    assert policy.request_credit_nusd == BALANCED.request_credit_nusd


def test_each_line_that_decides_has_its_reason() -> None:
    lines = drafted(some_prompts(LEAST, LEAST, LEAST)).splitlines()
    settled = [line for line in lines if re.match(r"(  )?(default|\w+_(usd|s|mtok)):", line)]
    assert len(settled) >= 6
    assert all("#" in line for line in settled)
    for n, line in enumerate(lines):
        if line.startswith("  - name: "):
            assert lines[n + 1].startswith("    # ")
    assert all(len(line) <= 120 for line in lines)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_no_name_can_break_it(name: str, source: str) -> None:
    assert yaml.safe_load(drafted(some_prompts(1, 0, 0), name=name, source=source))["id"] == name


@pytest.mark.parametrize("name", ["mine", "null", "12", "a: b", "on", "été", '"', "# x", "😀"])
def test_names_are_read_as_they_are(name: str) -> None:
    assert load_policy(drafted(some_prompts(), name=name)).id == name
