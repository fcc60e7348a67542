"""The page of evidence: made from whatever sets a folder holds, the same each time, and told where it cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.evidence import confidence
from benchmarks.evidence.page import page
from benchmarks.evidence.sets import Pair, sources
from routing.errors import ConfigurationError
from routing.evaluation import figures
from tests.routing.evaluation.outcomes import SECOND, STRONG, WEAK, answer_rows, routing_rows, write


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DRAWS", 20)
    monkeypatch.setattr(confidence, "DRAWS", 1)


def test_every_part_is_there_for_whatever_sets_there_are(tmp_path: Path) -> None:
    write(tmp_path / "routing_one.jsonl.gz", routing_rows(60))
    write(tmp_path / "answers_two.jsonl", answer_rows(60))
    told = page(tmp_path)
    assert re.findall(r"^## (.*)$", told, re.MULTILINE) == [
        "In short",
        "Data",
        "Routers that read the prompt",
        "Whole turns",
        "Expected gain and fixed cuts",
        "What is saved",
        "Confidence in answers",
        "Every figure",
    ]
    assert "| routing_one: small → large | whole tasks left out | " in told
    assert "Missing: routing_mmlu; routing_llmrouter;" in told
    assert "The field claims 40–70 %." in told
    assert "Planted logprobs raise the score of no answer by more than" in told
    assert "| answers_two: small → large | other | its own folds | " in told
    assert str(tmp_path) not in told


def test_the_same_sets_make_the_same_page(tmp_path: Path) -> None:
    write(tmp_path / "routing_one.jsonl", routing_rows(50))
    assert page(tmp_path) == page(tmp_path)


def test_a_set_of_one_class_is_left_out_and_told(tmp_path: Path) -> None:
    write(tmp_path / "routing_one.jsonl", routing_rows(50))
    alike = [{**row, "score": {WEAK: 1, STRONG: 1}} for row in routing_rows(50)]
    write(tmp_path / "routing_alike.jsonl", alike)
    assert "Left out: routing_alike, as routing_alike: there are no two models of which one is the better" in page(
        tmp_path
    )


@pytest.mark.parametrize("name", ["other.jsonl", "routing_broken.jsonl"])
def test_a_folder_without_a_set_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{\n")
    with pytest.raises(ConfigurationError, match="holds no usable routing_"):
        page(tmp_path)


def test_the_second_is_the_model_nearest_to_the_weak_one(tmp_path: Path) -> None:
    write(tmp_path / "answers_two.jsonl", answer_rows(200))
    (source,) = sources(tmp_path)
    assert source.pairs == (Pair(WEAK, STRONG, SECOND),)
