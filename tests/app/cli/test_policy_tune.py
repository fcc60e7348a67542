"""`pointsman policy tune`: thresholds from a file and from one's own ratings, and how it says that it has none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from routing.ledger.store import Store
from routing.policy.folders import shipped_folder
from tests.app.cli.conftest import Shell
from tests.routing.evaluation.outcomes import STRONG, WEAK, answer_rows, routing_rows, write

PAIR = ("--weak", WEAK, "--strong", STRONG)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outcomes")
    write(folder / "answers.jsonl.gz", answer_rows(400))
    write(folder / "routing.jsonl", routing_rows(100))
    return folder


@pytest.fixture
def rated(bare: Shell) -> Shell:
    """A history of 60 good and 6 bad small answers; the bad ones looked weak. One large one stands beside them."""
    store = Store(bare.data_dir / "ledger.db")
    small = [("small", 0.8 + n % 10 / 100, 1) for n in range(60)] + [("small", 0.4, 0) for _ in range(6)]

    def job(db: sqlite3.Connection) -> None:
        for n, (tier, score, good) in enumerate([*small, ("large", 0.9, None)], 1):
            _answer(db, n, tier, score, good)

    store.write_now(job)
    store.close()
    return bare


def _answer(db: sqlite3.Connection, n: int, tier: str, score: float, good: int | None) -> None:
    turn, attempt = f"t{n}", f"t{n}.1"
    spend = 1_000 if tier == "large" else 100
    db.execute(
        "INSERT INTO turn (n, id, chat, session, profile, started_s, status, prompt, prompt_newlines)"
        " VALUES (?, ?, 'c', 's', 'balanced', ?, 'answered', 'Hi', 0)",
        (n, turn, n),
    )
    db.execute(
        "INSERT INTO attempt (id, turn, n, model, tier, simulated, day, reserved_nusd, spend_nusd, outcome)"
        " VALUES (?, ?, 1, 'm', ?, 0, '2026-01-01', 0, ?, 'finished')",
        (attempt, turn, tier, spend),
    )
    body = f'{{"attempt": "{attempt}", "score": {score}}}'
    db.execute("INSERT INTO event VALUES (?, 1, 'ConfidenceMeasured', ?)", (turn, body))
    if good is not None:
        db.execute(
            "INSERT INTO rating (attempt, turn, model, task, good, wall_s) VALUES (?, ?, 'm', 'faq', ?, 0)",
            (attempt, turn, good),
        )


def test_a_file_is_tuned_and_the_lines_to_change_are_shown(bare: Shell, folder: Path) -> None:
    words = ("--data", str(folder / "answers.jsonl.gz"), *PAIR, "--target", "quality=0.8", "--write")
    done = bare.run("policy", "tune", *words)
    assert "400 prompts, small → large; 5 folds by prompt; seed 20261" in done.out
    assert "is the cheapest that holds 0.8 of large's quality with a probability of at least 0.9" in done.out
    assert "balanced.yaml" in done.out
    snippet = done.out[done.out.index("routes:") :]
    ladder = yaml.safe_load(snippet)["routes"]["everyday"]["ladder"]
    told = bare.run("policy", "tune", *words, "--json").document
    assert ladder == [
        {"tier": "small", "threshold": told["threshold"]["at"]},
        {"tier": "mid", "threshold": 0.6},
        "large",
    ]
    assert told["threshold"]["kept"]["value"] >= 0.8
    lines = (shipped_folder() / "balanced.yaml").read_text("utf-8").splitlines()
    assert f"# line {lines.index('  everyday:') + 2}" in told["yaml"]


def test_more_than_one_escalation_in_ten_is_warned_of(bare: Shell, folder: Path) -> None:
    words = ("--data", str(folder / "answers.jsonl.gz"), *PAIR, "--target", "quality=0.95")
    done = bare.run("policy", "tune", *words)
    assert "of the weak model's answers would be replaced. Above 10 % the small model is too weak" in done.err


def test_ratings_tune_a_tier_and_say_what_another_lacks(rated: Shell) -> None:
    done = rated.run("policy", "tune", "--from-history", "--target", "quality=0.9", "--write")
    row = next(line.split() for line in done.out.splitlines() if line.startswith("small"))
    assert row == ["small", "66", "0.80", "60", "of", "60", "9%", "0.191"]
    assert "{tier: small, threshold: 0.8}, {tier: mid, threshold: 0.6}" in done.out
    assert "mid: 0 rated answers are too few; 22 more, all of them good" in done.err


def test_too_few_ratings_say_how_many_are_missing_and_fail(bare: Shell) -> None:
    done = bare.run("policy", "tune", "--from-history", "--target", "quality=0.95", code=1)
    assert not done.out
    assert done.err.splitlines()[0] == (
        "small: 0 rated answers are too few; 45 more, all of them good, are the least that can show 0.95 "
        "with a probability of 0.9."
    )
    told = bare.run("policy", "tune", "--from-history", "--target", "quality=0.95", "--json", code=1).document
    assert told["tiers"]["small"]["missing"] == 45


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from-history", "--target", "quality=1.2"), "Nothing can hold 1.2 of the dearest model's quality"),
        (("--from-history", "--target", "quality=1"), "No number of ratings shows that every answer will be good"),
        (("--from-history", "--target", "0.9"), "write --target quality=0.95"),
        (("--from-history", "--target", "quality=nan"), "write --target quality=0.95"),
        (("--from-history", "--target", "speed=2"), "write --target quality=0.95"),
        (("--target", "quality=0.9"), "Choose one of --from-history and --data FILE"),
        (("--from-history", "--weak", "m", "--target", "quality=0.9"), "Choose one of --from-history and --data FILE"),
        (("--from-history", "--target", "quality=0.9", "--probability", "1"), "--probability: 1 is not at least 0.5"),
    ],
)
def test_what_cannot_be_is_one_sentence(bare: Shell, options: tuple[str, ...], words: str) -> None:
    done = bare.run("policy", "tune", *options, code=2)
    assert words in done.err
    assert not done.out


def test_a_file_without_answers_is_one_sentence(bare: Shell, folder: Path) -> None:
    words = ("--data", str(folder / "routing.jsonl"), *PAIR, "--target", "quality=0.9")
    done = bare.run("policy", "tune", *words, code=2)
    assert "routing: has no `response`" in done.err
    assert len(done.err.splitlines()) == 1
