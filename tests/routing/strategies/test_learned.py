"""The strategy `learned`: how far a prompt moves what is usual, and for whom."""

from __future__ import annotations

import asyncio
import math
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.decision.decide import decide
from routing.decision.model import World
from routing.learned.prior import Prior
from routing.learned.training import train_prior
from routing.messages import ImagePart, Request, ask
from routing.registry.model import Model
from routing.strategies.contract import Question, Word
from routing.strategies.learned import MOST, OF_TIER, Learned
from tests.fakes import a_model, a_policy, a_registry, a_route, a_rung, a_snapshot, some_features
from tests.routing.learned.outcomes import EASY, HARD, by_chance, some_prompts

ROUTE = a_route(*map(a_rung, ("small", "mid", "large", "local")))
LADDER = tuple(map(a_model, ("north/small", "south/small", "north/mid", "north/large")))
HARD_PROMPT, EASY_PROMPT = (f"Which {' '.join(words[:5])} is it?" for words in (HARD, EASY))


@cache
def _prior(*models: str) -> Prior:
    """Hard prompts are hard for all, for the first most."""
    prompts, hard = some_prompts(300)
    falls = (0.7, 0.5, 0.3)
    scores = {
        model: by_chance([0.95 - fall * it for it in hard], seed)
        for seed, (model, fall) in enumerate(zip(models, falls, strict=False))
    }
    return train_prior(prompts, scores, {}, length_weight=0.0)


TIERS = ("small", "mid", "large")


def _question(request: Request, models: tuple[Model, ...] = LADDER) -> Question:
    registry, policy, features = a_registry(*models), a_policy(ROUTE), some_features()
    world, snapshot = World(policy, registry), a_snapshot(policy, registry)
    return Question(request, features, world, snapshot, decide(features, world, snapshot))


def _shifts(prior: Prior, request: Request, models: tuple[Model, ...] = LADDER) -> dict[str, float]:
    """By model, how far its log-odds were moved."""
    question = _question(request, models)
    word = Learned(prior).known(question)
    assert word is not None
    usual = {one.model: one.quality for one in question.plan.candidates}
    return {model: _log_odds(quality) - _log_odds(usual[model]) for model, quality in word.quality.items()}


def _log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_a_hard_prompt_counts_against_weak_models_most_and_an_easy_one_for_them() -> None:
    hard, easy = (_shifts(_prior(*TIERS), ask(prompt)) for prompt in (HARD_PROMPT, EASY_PROMPT))
    assert hard["north/small"] < hard["north/mid"] < hard["north/large"] < -0.1
    assert easy["north/small"] > easy["north/mid"] > easy["north/large"] > 0
    assert hard["north/small"] == pytest.approx(hard["south/small"])
    assert hard["north/small"] / hard["north/large"] == pytest.approx(OF_TIER["small"] / OF_TIER["large"])


def test_the_quality_that_is_usual_here_stays_the_middle() -> None:
    rated = (a_model("north/small", quality=0.3), a_model("south/small", quality=0.9))
    shifts = _shifts(_prior(*TIERS), ask(HARD_PROMPT), rated)
    assert shifts["north/small"] == pytest.approx(shifts["south/small"])


def test_a_model_that_is_known_by_itself_is_not_taken_for_its_tier() -> None:
    by_tier = _shifts(_prior(*TIERS), ask(HARD_PROMPT))
    by_id, by_name = (_shifts(_prior(name, "other", "third"), ask(HARD_PROMPT)) for name in ("north/mid", "mid"))
    assert by_id["north/mid"] < by_tier["north/mid"]
    assert by_name["north/mid"] == pytest.approx(_prior("mid", "other", "third").difficulty(HARD_PROMPT) * -0.3)
    named = (a_model("north/large-9", tier="large"), a_model("north/large", tier="large"))
    shifts = _shifts(_prior("large-9", "other", "third"), ask(HARD_PROMPT), named)
    assert shifts["north/large-9"] < shifts["north/large"] < 0


def test_its_evidence_names_each_tier_once_from_the_lowest_rung_up() -> None:
    word = Learned(_prior(*TIERS)).known(_question(ask(EASY_PROMPT)))
    assert word is not None
    told = {name: f"{word.quality[f'north/{name}']:.2f}"[1:] for name in TIERS}
    expected = ", ".join(f"{name} {chance}" for name, chance in told.items())
    assert word.evidence == f"trained router: {expected} (by wording and length)"


def test_of_many_models_the_evidence_names_a_few() -> None:
    models = tuple(a_model(f"north/mid-{number}") for number in range(9))
    word = Learned(_prior(*(model.name for model in models[:3]))).known(_question(ask(HARD_PROMPT), models))
    assert word is not None
    assert len(word.quality) == 9
    assert word.evidence.count("mid") == 4


@pytest.mark.parametrize("text", ["", "  \n"])
def test_without_text_it_says_nothing(text: str) -> None:
    picture = Request(content=(ImagePart("image/png", "AAAA"), *ask(text).content))
    assert Learned(_prior(*TIERS)).known(_question(picture)) is None


def test_of_models_that_it_cannot_place_it_says_nothing() -> None:
    mixed = (a_model("home/local"), a_model("north/mid"))
    assert set(_shifts(_prior(*TIERS), ask(HARD_PROMPT), mixed)) == {"north/mid"}
    assert Learned(_prior(*TIERS)).known(_question(ask(HARD_PROMPT), mixed[:1])) is None


@pytest.mark.parametrize("text", [HARD_PROMPT, f"{HARD_PROMPT} " * 20_000])
async def test_advice_is_what_is_known(text: str) -> None:
    strategy, question = Learned(_prior(*TIERS)), _question(ask(text))
    found = await asyncio.wait_for(strategy.advise(question, _nobody), 10)
    assert found == strategy.known(question)
    assert isinstance(found, Word)


async def _nobody(*_: object) -> None:
    raise AssertionError("it asks nobody")


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_no_text_moves_a_quality_far_or_out_of_range(text: str, usual: list[float]) -> None:
    models = tuple(a_model(f"north/{tier}", quality=quality) for tier, quality in zip(TIERS, usual, strict=True))
    question = _question(ask(text), models)
    word = Learned(_prior(*TIERS)).known(question)
    if word is None:
        assert not text.strip()
        return
    for candidate in question.plan.candidates:
        quality = word.quality[candidate.model]
        assert 0 < quality < 1
        kept = min(max(candidate.quality, 0.001), 0.999)
        assert abs(_log_odds(quality) - _log_odds(kept)) <= MOST + 1e-9
