"""The file of prompts: the share whose class, and whose first tier under `balanced`, a person would have expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import routing.policy
from routing.analysis.analyse import analyse
from routing.messages import ask
from routing.policy.loading import load_policy
from routing.policy.match import match

PROMPTS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "prompts.yaml").read_text("utf-8"))
CHECKED = {
    "risk": lambda features: features.risk.value,
    "language": lambda features: features.language,
    "format": lambda features: features.response_format,
    "multi_step": lambda features: features.multi_step,
    "local": lambda features: features.needs.local_only,
}
BALANCED = Path(routing.policy.__file__).parent / "profiles" / "balanced.yaml"


def share(met: list[bool]) -> float:
    return sum(met) / len(met)


def test_classes_are_what_a_person_would_expect(capsys: pytest.CaptureFixture[str]) -> None:
    met = [analyse(ask(prompt["ask"])).task == prompt["task"] for prompt in PROMPTS]
    with capsys.disabled():
        print(f"\nclass as expected: {sum(met)} of {len(met)} prompts ({share(met):.0%})")
    assert len(PROMPTS) >= 70
    assert share(met) >= 0.85


def test_first_tiers_are_what_a_person_would_expect(capsys: pytest.CaptureFixture[str]) -> None:
    policy = load_policy(BALANCED)
    met = []
    for prompt in PROMPTS:
        rule = match(policy.rules, analyse(ask(prompt["ask"])), policy.request_s)
        route = policy.route(rule.route if rule else policy.default_route)
        met.append(route.ladder[0].selectors[0].tier == prompt["tier"])
    with capsys.disabled():
        print(f"\nfirst tier as expected under balanced: {sum(met)} of {len(met)} prompts ({share(met):.0%})")
    assert share(met) >= 0.85


@pytest.mark.parametrize("feature", CHECKED)
def test_other_features_where_they_matter(feature: str) -> None:
    wrong = [
        (prompt["ask"], prompt[feature], found)
        for prompt in PROMPTS
        if feature in prompt and (found := CHECKED[feature](analyse(ask(prompt["ask"])))) != prompt[feature]
    ]
    assert wrong == []


def test_no_prompt_is_kept_local_without_a_reason() -> None:
    kept = [prompt["ask"] for prompt in PROMPTS if analyse(ask(prompt["ask"])).needs.local_only]
    assert kept == [prompt["ask"] for prompt in PROMPTS if prompt.get("local")]
