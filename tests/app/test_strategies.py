"""Which trained router is used: the user's own, the one that ships, or none, with what is wrong in a sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from app.settings import Paths
from app.strategies import load_learned, router_file
from routing.decision.decide import decide
from routing.decision.model import World
from routing.learned.files import write_model
from routing.learned.shipped import FILE
from routing.learned.training import train_evidence, train_prior
from routing.messages import ask
from routing.strategies.contract import Question
from routing.strategies.learned import Learned
from tests.fakes import a_model, a_policy, a_registry, a_snapshot, some_features
from tests.routing.learned.outcomes import by_chance, some_answers, some_prompts


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "config.yaml")


def _evidence_of(strategy: Learned | None) -> str:
    """Of a model called `mine` and of the tier `small`."""
    assert strategy is not None
    policy, registry, features = a_policy(), a_registry(a_model("north/mine", tier="small")), some_features()
    world, snapshot = World(policy, registry), a_snapshot(policy, registry)
    word = strategy.known(Question(ask("Why?"), features, world, snapshot, decide(features, world, snapshot)))
    assert word is not None
    return word.evidence


def _write_own(paths: Paths) -> None:
    prompts, hard = some_prompts(60)
    write_model(router_file(paths), train_prior(prompts, {"mine": hard, "theirs": by_chance([0.5] * 60)}, {}))


def test_without_a_router_of_ones_own_the_shipped_one_serves(paths: Paths) -> None:
    strategy, problem = load_learned(paths)
    assert problem is None
    assert "small" in _evidence_of(strategy)


def test_a_router_of_ones_own_comes_first(paths: Paths) -> None:
    _write_own(paths)
    strategy, problem = load_learned(paths)
    assert problem is None
    assert "mine" in _evidence_of(strategy)


def _cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5_000])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _another_kind(file: Path) -> None:
    write_model(file, train_evidence(some_answers(60), {}, with_prompt=False))


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        envelope = json.loads(file.read_bytes())
        change(envelope)
        canonical = json.dumps(envelope["body"], sort_keys=True, separators=(",", ":"))
        envelope["sha256"] = hashlib.sha256(canonical.encode()).hexdigest()
        file.write_text(json.dumps(envelope))

    return write


_another_version = _changed(lambda envelope: envelope.update(version=1))
_not_a_number = _changed(lambda envelope: envelope["body"]["skills"]["mine"].update(usual=float("nan")))
_no_average = _changed(lambda envelope: envelope["body"]["skills"]["mine"].pop("usual"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut_short, "is cut short"),
        (_emptied, "is empty"),
        (_another_version, "is of version 1"),
        (_not_a_number, "NaN is no number"),
        (_no_average, "numbers are missing"),
        (_another_kind, "a prior is needed"),
        (_a_folder, "is no file"),
    ],
)
def test_a_router_of_ones_own_that_is_not_right_is_told_and_the_shipped_one_serves(
    paths: Paths, spoil: Callable[[Path], None], words: str
) -> None:
    _write_own(paths)
    spoil(router_file(paths))
    strategy, problem = load_learned(paths)
    assert problem is not None
    assert problem.startswith(str(router_file(paths)))
    assert words in problem
    assert problem.endswith("; until then the router that ships is used.")
    assert "\n" not in problem
    assert "small" in _evidence_of(strategy)


def test_where_the_shipped_one_is_damaged_the_rules_decide(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "router.json").write_bytes(FILE.read_bytes()[:-9])
    with patch("routing.learned.shipped.FILE", tmp_path / "router.json"):
        strategy, problem = load_learned(paths)
    assert strategy is None
    assert problem is not None
    assert problem.endswith("; until then the rules decide.")
