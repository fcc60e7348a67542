"""How often each shipped profile escalates over plain prompts whose answers are good, with and without logprobs."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from routing import events as ev
from routing.ledger.journal import Journal
from routing.messages import Chunk, FinishChunk, TextChunk, TextPart, TokenLogprob, Usage, UsageChunk, ask
from routing.policy.folders import profiles
from routing.policy.loading import load_policy
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.registry.model import Model
from routing.router import Router
from routing.setup import Setup
from tests.fakes import FakeClock, a_model, a_setup

PLAIN: dict[str, str] = {
    pair["ask"]: pair["answer"]
    for pair in yaml.safe_load((Path(__file__).parent / "confidence" / "plain.yaml").read_text("utf-8"))
}
MODELS = [a_model(f"north/{tier}", local=True) for tier in ("small", "mid", "large")]  # so that `private` has a ladder


class Answering:
    """Gives each plain prompt its good answer, whichever model is asked; with `sure`, logprobs about that mean."""

    def __init__(self, sure: float | None) -> None:
        self.config = ProviderConfig("north", "http://north.invalid")
        self._sure = sure
        self._rng = random.Random(1)

    async def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncIterator[Chunk]:
        asked = "".join(part.text for part in call.messages[-1].content if isinstance(part, TextPart))
        for word in PLAIN[asked].split(" "):
            yield TextChunk(f"{word} ", self._logprobs(word))
        yield UsageChunk(Usage(20, 20, reported=True))
        yield FinishChunk("stop")

    def _logprobs(self, word: str) -> tuple[TokenLogprob, ...]:
        if self._sure is None:
            return ()
        return (TokenLogprob(word, -self._rng.expovariate(1 / -self._sure)),)

    async def list_models(self) -> tuple[Model, ...]:
        return ()

    async def aclose(self) -> None:
        pass


async def rate(journal: Journal, profile: str, sure: float | None) -> float:
    """The share of turns in which another rung was asked."""
    policy = load_policy(profiles()[profile])
    setup: Setup = a_setup(MODELS, {"north": Answering(sure)}, policy)
    router = Router(journal, setup, FakeClock(), random.Random(7))
    escalated = 0
    for prompt in PLAIN:
        events = [event async for event in router.send(ask(prompt, chat_id="c1"))]
        end = events[-1]
        assert isinstance(end, ev.TurnFinished)
        assert end.reply
        escalated += any(isinstance(event, ev.Escalated) for event in events)
    return escalated / len(PLAIN)


@pytest.mark.parametrize("profile", profiles())
async def test_plain_prompts_with_good_answers_seldom_escalate(
    journal: Journal, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    without = await rate(journal, profile, None)
    sure = await rate(Journal(journal.store, "s2"), profile, -0.3)
    unsure = await rate(Journal(journal.store, "s3"), profile, -2.5)
    with capsys.disabled():
        print(
            f"\n{profile}: {len(PLAIN)} plain prompts; escalated without logprobs {without:.0%}, "
            f"with sure ones {sure:.0%}, with unsure ones {unsure:.0%}"
        )
    assert len(PLAIN) >= 100
    assert without <= 0.1
    assert sure <= 0.1
    assert unsure >= sure
