"""`pointsman policy eval` and `policy train`: what they tell, what they write, and how they refuse."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

from routing.learned.evidence import Evidence
from routing.learned.files import read_model
from routing.learned.prior import Prior
from tests.app.cli.conftest import Shell
from tests.routing.evaluation.outcomes import SECOND, STRONG, WEAK, answer_rows, routing_rows, write

PAIR = ("--weak", WEAK, "--strong", STRONG)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outcomes")
    write(folder / "routing.jsonl", routing_rows(200))
    write(folder / "answers.jsonl.gz", answer_rows(150))
    write(folder / "empty.jsonl", [])
    write(folder / "columns.jsonl", [{"id": "1", "prompt": "Hi"}])
    return folder


def test_a_report_tells_what_was_measured_on_what(bare: Shell, folder: Path) -> None:
    done = bare.run("policy", "eval", "--data", str(folder / "routing.jsonl"), "--svg", "curve.svg")
    assert "data       routing, 200 prompts" in done.out
    assert "the pair with the largest gap" in done.out
    assert "seed 20261" in done.out
    for name in ("learned", "neighbours", "length", "tfidf", "random", "always weak", "always strong", "oracle"):
        assert f"\n{name} " in done.out
    assert "cost, strong calls" in done.out
    ElementTree.fromstring((bare.home / "curve.svg").read_text())


def test_json_can_be_read_flat(bare: Shell, folder: Path) -> None:
    words = ("--data", str(folder / "routing.jsonl"), "--strategy", "length", "--group", "task", "--ratio", "0.2")
    told = bare.run("policy", "eval", *words, "--json").document
    assert set(told["apgr"]) == {"value", "low", "high", "n"}
    assert told["brier"] == {"value": None, "low": None, "high": None, "n": 200}
    assert (told["ratio"], told["rows"], told["seed"]) == (0.2, 200, 20261)
    assert "10 groups by `task`" in told["folds"]


def test_a_whole_turn_is_told_stage_by_stage(bare: Shell, folder: Path) -> None:
    words = ("--data", str(folder / "answers.jsonl.gz"), *PAIR, "--second", SECOND, "--system", "agree")
    done = bare.run("policy", "eval", *words, "--strategy", "length")
    assert "Whole turns" in done.out
    assert f"{WEAK}, with the second's" in done.out
    assert "Escalation, where a right answer is worth 10 strong calls" in done.out


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("absent.jsonl", (), "absent.jsonl: is not there; check the name"),
        ("empty.jsonl", (), "empty.jsonl: has no rows;"),
        ("columns.jsonl", (), "columns.jsonl:1: has neither a column `score` nor `correct`;"),
        ("routing.jsonl", ("--weak", "tiny"), "there is no model 'tiny'"),
        ("routing.jsonl", ("--system", "agree"), "--system agree needs --second"),
        ("routing.jsonl", ("--ratio", "0"), "--ratio: 0 is not above 0"),
        ("routing.jsonl", ("--ratio", "2"), "--ratio: 2 is not above 0"),
        ("routing.jsonl", ("--strategy", "magic"), "'magic' is not one of"),
        ("routing.jsonl", ("--strategy", "length", "--svg", "."), "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(bare: Shell, folder: Path, file: str, options: tuple[str, ...], words: str) -> None:
    done = bare.run("policy", "eval", "--data", str(folder / file), *options, code=2)
    assert words in done.err
    assert not done.out


def test_without_the_extra_it_says_what_to_install(bare: Shell, folder: Path) -> None:
    with patch("app.cli.policy.find_spec", lambda name: None if name == "sklearn" else object()):
        done = bare.run("policy", "eval", "--data", str(folder / "routing.jsonl"), code=2)
    assert done.err == "This needs sklearn, not installed here: pip install 'pointsman[train]'\n"


def test_training_writes_a_model_with_its_card(bare: Shell, folder: Path) -> None:
    data = ("--data", str(folder / "routing.jsonl"), "--licence", "CC0")
    done = bare.run("policy", "train", *data, "--out", "prior.json")
    assert done.err == "Wrote prior.json: prior of 2 models.\n"
    prior = read_model(bare.home / "prior.json")
    assert isinstance(prior, Prior)
    assert (prior.models, prior.card["licence"]) == ((WEAK, STRONG), "CC0")
    bare.run("policy", "train", "--data", str(folder / "answers.jsonl.gz"), "--kind", "evidence", "--out", "e.json")
    evidence = read_model(bare.home / "e.json")
    assert isinstance(evidence, Evidence)
    assert evidence.card["licence"] == "not stated"


def test_without_a_place_a_prior_becomes_ones_own_router(bare: Shell, folder: Path) -> None:
    data, more = folder / "routing.jsonl", write(folder / "more.jsonl", routing_rows(100, seed=9))
    (bare.home / "tiers.yaml").write_text(f"small: [{WEAK}]\nlarge: [{STRONG}]\n")
    own = bare.data_dir / "learned" / "router.json"
    done = bare.run("policy", "train", "--data", str(data), "--data", str(more), "--tiers", "tiers.yaml")
    assert done.err == f"Wrote {own}: prior of 2 models.\n"
    assert read_model(own).models == ("small", "large")


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("routing.jsonl", ("--tiers", "none.yaml", "--out", "m.json"), "none.yaml: cannot be read"),
        ("routing.jsonl", ("--kind", "evidence"), "--kind evidence needs --out"),
        ("routing.jsonl", ("--kind", "evidence", "--out", "m.json", "--tiers", "t"), "knows no --tiers"),
        ("routing.jsonl", ("--kind", "evidence", "--out", "m.json"), "routing: has no `response`"),
        ("routing.jsonl", ("--out", "."), "cannot be written"),
        ("empty.jsonl", ("--out", "m.json"), "has no rows"),
    ],
)
def test_training_that_cannot_be_done_is_one_sentence(
    bare: Shell, folder: Path, file: str, options: tuple[str, ...], words: str
) -> None:
    done = bare.run("policy", "train", "--data", str(folder / file), *options, code=2)
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert not (bare.home / "m.json").exists()
