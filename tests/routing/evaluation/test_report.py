"""Whole evaluations on data whose truth is known, and their JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from routing.errors import ConfigurationError
from routing.evaluation.datasets import read
from routing.evaluation.document import document
from routing.evaluation.folds import by_fold, crossed, lessons
from routing.evaluation.question import Question
from routing.evaluation.report import Evaluation, by_model, evaluate
from routing.evaluation.teach import teach_evidence, teach_prior
from routing.evaluation.turns import evidence
from tests.routing.evaluation.outcomes import SECOND, STRONG, WEAK, answer_rows, routing_rows, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write(folder / "routing.jsonl.gz", routing_rows())
    write(folder / "elsewhere.jsonl", routing_rows(300, seed=9))
    write(folder / "answers.jsonl", answer_rows())
    return folder


@pytest.fixture(scope="module")
def routers(folder: Path) -> Evaluation:
    return evaluate(Question(folder / "routing.jsonl.gz"))


@pytest.fixture(scope="module")
def whole(folder: Path) -> dict[str, Any]:
    question = Question(folder / "answers.jsonl", weak=WEAK, strong=STRONG, second=SECOND, system="all")
    found: dict[str, Any] = json.loads(json.dumps(document(evaluate(question)), allow_nan=False))
    return found


def test_the_pair_with_the_largest_gap_is_taken_and_told(routers: Evaluation) -> None:
    told = document(routers)
    assert (told["weak"], told["strong"], told["rows"]) == (WEAK, STRONG, 400)
    assert routers.setting.chosen
    assert told["costs"] == "a weak call costs 0.06 of a strong one (assumed)"


def test_the_learned_router_is_above_length_and_chance_with_its_band(routers: Evaluation) -> None:
    figures = {name: one.figures for name, one in routers.strategies.items()}
    assert figures["learned"]["apgr"].low > figures["random"]["apgr"].high
    assert figures["learned"]["minus_length"].low > 0
    assert figures["learned"]["brier_skill"].low > 0
    assert figures["length"]["brier"].value is None


def test_nobody_is_above_the_oracle_or_cheaper_than_the_weak_model(routers: Evaluation) -> None:
    bounds, learned = routers.bounds, routers.strategies["learned"]
    assert bounds["oracle"]["apgr"].value > learned.figures["apgr"].value
    highest = bounds["oracle"]["quality"].value
    assert all(point.quality.value <= highest + 1e-9 for point in learned.curve)
    costs = [point.cost for point in learned.curve]
    assert costs == sorted(costs)
    assert (costs[0], costs[-1]) == (pytest.approx(0.06), pytest.approx(1.0))


def test_the_chosen_strategys_figures_stand_at_the_top(folder: Path) -> None:
    told = document(evaluate(Question(folder / "routing.jsonl.gz", strategy="neighbours")))
    assert set(told["strategies"]) == {"neighbours", "random"}
    assert told["apgr"] == told["strategies"]["neighbours"]["apgr"]
    names = "apgr apgr_spend cpt50 cpt80 aiq routerarena auroc brier brier_skill ece ece_floor aurc augrc"
    for name in [*names.split(), "deferral_area", "saving_no_loss", "saving_95", "minus_length", "minus_tfidf"]:
        assert set(told[name]) == {"value", "low", "high", "n"}


def test_each_stage_of_a_turn_is_worth_more_than_the_prompt(whole: dict[str, Any]) -> None:
    systems = whole["systems"]
    assert set(systems) == {"prompt", "answer", "agree", "all"}
    assert systems["answer"]["over_prompt"]["low"] > 0
    assert systems["agree"]["over_prompt"]["low"] > 0
    assert whole["apgr_spend"] == systems["all"]["apgr_spend"]
    assert systems["prompt"]["apgr_spend"]["value"] == pytest.approx(0.5, abs=0.1)


def test_confidence_in_answers_is_told_by_model_and_with_agreement(whole: dict[str, Any]) -> None:
    assert set(whole["answers"]) == {WEAK, STRONG, SECOND}
    assert all(figures["auroc"]["low"] > 0.6 for figures in whole["answers"].values())
    assert whole["auroc"] == whole["answers"][WEAK]["auroc"]
    assert whole["agreement"]["auroc"]["value"] > whole["auroc"]["value"]


def test_rules_of_escalation_stand_side_by_side(whole: dict[str, Any]) -> None:
    rules = whole["escalation"]
    for name in ("expected_gain", "fixed_0.8", "fixed_0.7"):
        assert set(rules[name]) == {"utility", "rate", "spend", "quality"}
        assert rules[name] == rules["by_worth"]["10"][name]
        utility = 10 * rules[name]["quality"]["value"] - rules[name]["spend"]["value"]
        assert rules[name]["utility"]["value"] == pytest.approx(utility)


def test_permuted_answers_tell_nothing(folder: Path) -> None:
    """A confidence that had seen what it is tested on would be above chance here."""
    rows, found = answer_rows(300), []
    for seed in (0, 100, 200):
        right = [row["correct"] for row in rows]
        moved = [{**row, "correct": right[(n * 7 + seed * 3) % len(rows)]} for n, row in enumerate(rows)]
        data = read(write(folder / f"permuted{seed}.jsonl", moved))
        folds = by_fold(data)
        log_odds = crossed(evidence(data), lessons(data, data, folds), folds)
        found += [figures["auroc"].value or 0 for figures in by_model(data, log_odds, None).values()]
    assert sum(found) / len(found) == pytest.approx(0.5, abs=0.06)


def test_another_set_teaches(folder: Path) -> None:
    question = Question(folder / "routing.jsonl.gz", train=folder / "elsewhere.jsonl", strategy="learned")
    told = document(evaluate(question))
    assert (told["train"], told["trained_on"]) == ("elsewhere", {"weak": WEAK, "strong": STRONG})
    assert told["apgr"]["low"] > 0.6


def test_a_set_of_other_models_teaches_by_its_own_pair(folder: Path) -> None:
    renamed = [{**row, "score": {f"my-{k}": v for k, v in row["score"].items()}} for row in routing_rows(300, seed=9)]
    path = write(folder / "renamed.jsonl", renamed)
    told = document(evaluate(Question(folder / "routing.jsonl.gz", train=path, strategy="learned")))
    assert told["trained_on"] == {"weak": f"my-{WEAK}", "strong": f"my-{STRONG}"}
    assert told["apgr"]["low"] > 0.6


def test_known_costs_are_taken_and_told(folder: Path) -> None:
    paid = [{**row, "cost_usd": {WEAK: 0.001, STRONG: 0.01 + n % 2 / 100}} for n, row in enumerate(routing_rows(200))]
    path = write(folder / "paid.jsonl", paid)
    told = document(evaluate(Question(path, strategy="length")))
    assert told["ratio"] == pytest.approx(0.001 / 0.015)
    assert "`cost_usd`" in told["costs"]
    assert told["routerarena"]["value"] is not None
    assert document(evaluate(Question(path, strategy="length", ratio=0.5)))["ratio"] == 0.5


def test_models_are_taught_with_their_card(folder: Path) -> None:
    prior = teach_prior([folder / "routing.jsonl.gz"], "task", "CC0")
    assert (prior.card["data"], prior.card["licence"], prior.models) == ("routing", "CC0", (WEAK, STRONG))
    assert "groups by `task`" in str(prior.card["folds"])
    assert prior.card["figures"]["routing"]["folds"]["gain"]["apgr"]["low"] > 0.6
    assert prior.card["trained"] == {"rows": 800, "models": [WEAK, STRONG]}
    evidence = teach_evidence(folder / "answers.jsonl", None, "CC0")
    assert set(evidence.card["figures"]) == {WEAK, STRONG, SECOND}
    assert evidence.card["figures"][WEAK]["auroc"]["low"] > 0.6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weak": "tiny"}, "there is no model 'tiny'"),
        ({"weak": WEAK, "strong": WEAK}, "is both the weak and the strong model"),
        ({"weak": WEAK, "strong": STRONG, "second": WEAK}, "--second: small is of the pair itself"),
        ({"second": "tiny"}, "there is no model 'tiny'"),
        ({"system": "agree"}, "--system agree needs --second"),
        ({"system": "answer"}, "routing: has no `response`"),
        ({"ratio": 0.0}, "--ratio: 0 is not above 0"),
        ({"ratio": 1.5}, "--ratio: 1.5 is not above 0"),
        ({"ratio": float("nan")}, "--ratio: nan is not above 0"),
        ({"second_ratio": -1.0}, "--second-ratio: -1 is not above 0"),
        ({"group": "subject"}, "has no field 'subject'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_one_sentence(folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        evaluate(Question(folder / "routing.jsonl.gz", **options))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_class_alone_is_told(folder: Path) -> None:
    rows = [{**row, "score": {WEAK: 0, STRONG: row["score"][STRONG]}} for row in routing_rows(100)]
    with pytest.raises(ConfigurationError, match="every answer of 'small' has the score 0"):
        evaluate(Question(write(folder / "one_class.jsonl", rows)))
