"""Several sets as one, models as tiers, and what a prior of them is worth on each set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from routing.errors import ConfigurationError
from routing.evaluation.datasets import Dataset, read
from routing.evaluation.pooling import pooled, read_tiers, standing
from routing.evaluation.teach import teach_prior
from tests.routing.evaluation.outcomes import STRONG, WEAK, routing_rows, write

ROWS = (
    {"id": "1", "prompt": "One?", "score": {"a": 1, "b": 0, "c": 0.5}},
    {"id": "2", "prompt": "Two?", "score": {"a": None, "b": 1, "c": 0.5}},
)


def _set(folder: Path, name: str, *rows: dict[str, Any]) -> Dataset:
    return read(write(folder / f"{name}.jsonl", rows))


def _scores(data: Dataset) -> dict[str, list[float | None]]:
    return {model: [one and one.score for one in column] for model, column in data.outcomes.items()}


def test_a_tier_has_the_mean_of_its_models_that_answered(tmp_path: Path) -> None:
    sets = (
        _set(tmp_path, "first", *ROWS),
        _set(tmp_path, "second", {"id": "1", "prompt": "Z", "score": {"b": 1, "d": 0}}),
    )
    data = pooled(sets, {"low": ("a", "b"), "high": ("c",)})
    assert _scores(data) == {"low": [0.5, 1.0, 1.0], "high": [0.5, 0.5, None]}
    assert data.group("set") == ("first", "first", "second")
    assert data.name == "first, second"
    assert standing(sets, {"low": ("a", "b"), "high": ("c",)}) == {
        "low": {"first": {"a": 1.0, "b": 0.5}, "second": {"b": 1.0}},
        "high": {"first": {"c": 0.5}},
        "none": {"second": {"d": 0.0}},
    }


def test_without_tiers_models_stay_what_they_are(tmp_path: Path) -> None:
    one = _set(tmp_path, "first", *ROWS)
    assert _scores(pooled([one], None)) == _scores(one)


def test_a_set_that_stands_twice_and_a_model_that_is_not_there_are_refused(tmp_path: Path) -> None:
    one = _set(tmp_path, "first", *ROWS)
    with pytest.raises(ConfigurationError, match="first: stands twice"):
        pooled([one, one], None)
    with pytest.raises(ConfigurationError, match="there is no model 'aa' in first; write 'a'"):
        pooled([one], {"low": ("aa",)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no tier"),
        ("[a, b]", "names no tier"),
        ("low: a", ":1: 'low' has no list of models"),
        ("low: []", ":1: 'low' has no list of models"),
        ("low: [1]", ":1: 'low' has no list of models"),
        ("low: [a]\nhigh: [b, a]", ":2: 'a' stands in 'low' and in 'high'"),
        ("low: [a]\nlow: [b]", ":2: "),
        ("low: [", ":1: this is not YAML"),
    ],
)
def test_a_file_of_tiers_that_is_not_right_is_told_by_its_line(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "tiers.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        read_tiers(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_of_tiers_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read"):
        read_tiers(tmp_path / "none.yaml")


def test_a_prior_of_two_sets_is_measured_on_each_also_left_out(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.jsonl", routing_rows(300, seed)) for seed, name in enumerate(("one", "two"), 3)]
    tiers = write(tmp_path / "plain.jsonl", [])
    tiers.write_text(f"small: [{WEAK}]\nlarge: [{STRONG}]")
    prior = teach_prior(paths, None, "CC0", tiers)
    assert prior.models == ("small", "large")
    assert prior.length_weight == 0.3
    figures: Any = prior.card["figures"]
    assert set(figures) == {"one", "two"}
    for own in figures.values():
        assert own["pair"] == ["small", "large"]
        for how in ("folds", "set_left_out"):
            assert own[how]["gain"]["apgr"]["low"] > 0.6
            assert own[how]["difficulty"]["apgr"]["low"] > 0.6
            assert own[how]["slopes"]["small"] > 0.5


def test_what_no_other_set_teaches_is_not_told(tmp_path: Path) -> None:
    renamed = [{**row, "score": {f"my-{k}": v for k, v in row["score"].items()}} for row in routing_rows(200, 5)]
    paths = write(tmp_path / "one.jsonl", routing_rows(200)), write(tmp_path / "two.jsonl", renamed)
    figures: Any = teach_prior(paths, None, "CC0").card["figures"]
    assert set(figures["one"]["folds"]) == {"gain", "difficulty", "slopes"}
    assert set(figures["one"]["set_left_out"]) == {"difficulty", "slopes"}
