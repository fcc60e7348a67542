"""The strategies as a program gets them: read when they are needed, and what is wrong with their files is told once."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from app.advisers import OnDemand, advisers
from app.settings import Paths
from app.strategies import router_file
from routing.clock import SystemClock
from routing.decision.decide import decide
from routing.decision.model import World
from routing.messages import ask
from routing.policy.model import Strategy
from routing.strategies.contract import Question, Word
from routing.strategies.neighbours.memory import Memory
from tests.fakes import a_model, a_policy, a_registry, a_snapshot, some_features


def question() -> Question:
    policy, registry, features = a_policy(), a_registry(a_model()), some_features()
    world, snapshot = World(policy, registry), a_snapshot(policy, registry)
    return Question(ask("Why is the sky blue?"), features, world, snapshot, decide(features, world, snapshot))


class Loads:
    """Counts how often the file is read."""

    def __init__(self, problem: str | None = None) -> None:
        self.times = 0
        self._problem = problem

    def __call__(self) -> tuple[None, str | None]:
        self.times += 1
        return None, self._problem


def test_every_strategy_that_a_policy_may_name_is_there(tmp_path: Path) -> None:
    there = advisers(Paths(tmp_path, tmp_path / "config.yaml"), SystemClock(), Memory(), print)
    assert {"rules", *there} == set(get_args(Strategy))


async def test_a_file_is_read_at_the_first_question_and_told_of_once() -> None:
    told: list[str] = []
    loads = Loads("it is broken")
    strategy = OnDemand(loads, told.append)
    assert (loads.times, told) == (0, [])

    async def nobody(*_: object) -> None:
        raise AssertionError("nobody is asked")

    assert strategy.known(question()) is None
    assert await strategy.advise(question(), nobody) is None
    assert (loads.times, told) == (1, ["it is broken"])


def test_a_router_cut_short_is_told_of_and_the_shipped_one_speaks(tmp_path: Path) -> None:
    paths, told = Paths(tmp_path, tmp_path / "config.yaml"), list[str]()
    router_file(paths).parent.mkdir()
    router_file(paths).write_text('{"format": "pointsman model"', "utf-8")
    there = advisers(paths, SystemClock(), Memory(), told.append)
    assert told == []
    words = [there[name].known(question()) for name in ("learned", "neighbours")]
    assert [isinstance(word, Word) and "trained router" in word.evidence for word in words] == [True, True]
    assert len(told) == 1
    assert str(router_file(paths)) in told[0]
    assert "the router that ships is used" in told[0]
