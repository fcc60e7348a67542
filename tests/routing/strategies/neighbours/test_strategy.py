"""What the strategy says of a request, from what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decision.decide import decide
from routing.decision.model import World
from routing.events import Purpose
from routing.messages import ImagePart, Request, ask
from routing.strategies.contract import Ask, Question, Word
from routing.strategies.neighbours.library import Example
from routing.strategies.neighbours.memory import Memory
from routing.strategies.neighbours.strategy import Neighbours
from routing.trace import Trace
from tests.fakes import CASCADE, LARGE, MID, SMALL, a_model, a_policy, a_registry, a_snapshot, some_features

MODELS = tuple(map(a_model, (SMALL, MID, LARGE)))


def a_question(request: Request) -> Question:
    policy, registry, features = a_policy(CASCADE), a_registry(*MODELS), some_features()
    world, snapshot = World(policy, registry), a_snapshot(policy, registry)
    return Question(request, features, world, snapshot, decide(features, world, snapshot))


def remembering(*examples: tuple[str, str]) -> Memory:
    memory = Memory()
    memory.add_examples(
        [Example(f"example:{n}", text, tier=tier) for n, (text, tier) in enumerate(examples, 1)], MODELS
    )
    return memory


class Says:
    """A strategy that always says the same."""

    def __init__(self, word: Word | None) -> None:
        self._word = word

    def known(self, question: Question) -> Word | None:
        return self._word

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        return self._word


async def nobody(request: Request, purpose: Purpose) -> Trace:
    raise AssertionError("nobody is to be asked")


PROOF = "Prove that the square root of two is irrational"
MEMORY = (
    (PROOF, "large"),
    ("Prove that the square root of three is irrational", "large"),
    ("What is the capital of Spain?", "small"),
)


def test_says_who_did_well_with_what_is_alike() -> None:
    question = a_question(ask(PROOF))
    word = Neighbours(remembering(*MEMORY)).known(question)
    assert word is not None
    assert word.evidence == "2 like it, the nearest 1.00 alike; large did well in 2 of 2"
    usual = {one.model: one.quality for one in question.plan.candidates}
    assert word.quality[SMALL] < usual[SMALL]
    assert word.quality[LARGE] > usual[LARGE]


@pytest.mark.parametrize("text", ["Grüße aus der Küche", " \n", "spain"])
def test_says_nothing_where_nothing_is_alike(text: str) -> None:
    word = Neighbours(remembering(*MEMORY[:2])).known(a_question(ask(text)))
    assert word is None


def test_says_nothing_of_an_image_alone_or_with_an_empty_memory() -> None:
    picture = Request((ImagePart("image/png", "aGVsbG8="),))
    assert Neighbours(remembering(*MEMORY)).known(a_question(picture)) is None
    assert Neighbours(Memory()).known(a_question(ask(PROOF))) is None


def test_neighbours_that_only_others_answered_say_nothing() -> None:
    memory = Memory()
    memory.add_examples([Example("example:1", PROOF, model="south/small")], [a_model("south/small")])
    assert Neighbours(memory).known(a_question(ask(PROOF))) is None


def test_starts_from_what_another_strategy_says() -> None:
    question, memory = a_question(ask(PROOF)), remembering(*MEMORY)
    alone = Neighbours(memory).known(question)
    lower = Neighbours(memory, Says(Word("so it is", {LARGE: 0.1}))).known(question)
    silent = Neighbours(memory, Says(None)).known(question)
    assert alone is not None
    assert lower is not None
    assert lower.quality[LARGE] < alone.quality[LARGE]
    assert lower.quality[SMALL] == alone.quality[SMALL]
    assert silent == alone


@given(st.dictionaries(st.sampled_from([SMALL, MID, LARGE]), st.floats(0, 1)))
def test_every_chance_lies_between_what_was_said_and_what_was_met(said: Mapping[str, float]) -> None:
    word = Neighbours(remembering(*MEMORY), Says(Word("", said))).known(a_question(ask(PROOF)))
    assert word is not None
    assert all(0.0 <= p <= 1.0 for p in word.quality.values())
    assert word.quality.get(LARGE, 1.0) >= said.get(LARGE, 0.0) - 1e-9


async def test_waits_a_moment_for_a_memory_that_is_being_filled() -> None:
    memory, question = Memory(), a_question(ask(PROOF))
    advice = asyncio.create_task(Neighbours(memory).advise(question, nobody))
    memory.add_examples([Example("example:1", PROOF, tier="large")], MODELS)
    assert (await advice) == Neighbours(memory).known(question) is not None
