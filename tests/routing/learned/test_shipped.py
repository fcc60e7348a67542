"""The router that ships: whole, with its card, small enough, and of use without any array."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from routing.evaluation.pooling import read_tiers
from routing.learned.files import ModelFileError, read_model
from routing.learned.shipped import FILE, load_shipped
from routing.registry.terms import TIERS

MOST_BYTES = 1_500_000
SETS = {"routing_mmlu", "routing_llmrouter", "routing_mmlupro"}


def _card() -> dict[str, Any]:
    card: dict[str, Any] = json.loads(FILE.read_bytes())["card"]
    return card


def test_it_is_whole_and_knows_the_tiers() -> None:
    assert FILE.stat().st_size <= MOST_BYTES
    assert load_shipped() == read_model(FILE)
    assert load_shipped().models == TIERS


def test_its_numbers_are_the_ones_that_were_signed(tmp_path: Path) -> None:
    envelope = json.loads(FILE.read_bytes())
    envelope["body"]["skills"]["small"]["usual"] += 0.5
    (tmp_path / "router.json").write_text(json.dumps(envelope))
    with pytest.raises(ModelFileError, match="not the ones that were written"):
        read_model(tmp_path / "router.json")


def test_its_card_says_what_it_is_made_of() -> None:
    card = _card()
    assert set(card["data"].split(", ")) == SETS
    assert all(name in card["licence"] for name in SETS)
    assert card["trained"]["models"] == list(TIERS)
    assert card["trained"]["rows"] > 50_000
    assert card["seed"] == 20_261
    assert "where a prompt comes from" in card["limits"]


def test_its_tiers_are_those_of_the_recipe_and_rank_the_models_on_every_set() -> None:
    standing = _card()["tiers"]
    members = {tier: {model for own in standing[tier].values() for model in own} for tier in TIERS}
    assert members == {tier: set(models) for tier, models in read_tiers(FILE.with_name("tiers.yaml")).items()}
    for name in SETS:
        ranked = [standing[tier][name].values() for tier in TIERS if name in standing[tier]]
        assert all(max(lower) < min(higher) for lower, higher in pairwise(ranked))


def test_its_card_has_figures_of_every_set_also_left_out() -> None:
    figures = _card()["figures"]
    assert set(figures) == SETS
    for own in figures.values():
        for how in ("folds", "set_left_out"):
            difficulty = own[how]["difficulty"]
            assert difficulty["apgr"]["low"] > 0.5
            assert set(difficulty["minus_length"]) == {"value", "low", "high", "n"}
            assert all(slope > 0 for slope in own[how]["slopes"].values())


def test_it_tells_hard_prompts_from_easy_ones() -> None:
    prior = load_shipped()
    hard = "Find all c in Z_3 such that Z_3[x]/(x^2 + c) is a field.\nA. 0\nB. 2\nC. 1\nD. 3"
    assert prior.difficulty(hard) > prior.difficulty("What is the capital of France?") > prior.difficulty("hi")


def test_loading_and_asking_it_needs_no_arrays() -> None:
    program = (
        "import sys\nfrom routing.learned.shipped import load_shipped\nload_shipped().difficulty('Why?')\n"
        "import routing.strategies.learned\n"
        "print([name for name in ('numpy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "[]\n"
