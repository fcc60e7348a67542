"""The dialect against the simulated providers: what they serve, and what each of their faults is taken for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import FinishChunk, Message, TextChunk, TextPart, UsageChunk
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.model import Model
from routing.simulator.faults import FAULTS
from routing.simulator.simulator import Simulator

CALL = Call((Message("user", (TextPart("What is 17*23?"),)),), 60)
HURRIED = Timeouts(first_token_s=0.5, idle_s=0.5)
KIND = {
    "refuse": ErrorKind.CONNECTION,
    "401": ErrorKind.AUTH,
    "429": ErrorKind.RATE_LIMIT,
    "500": ErrorKind.SERVER_ERROR,
    "slow": ErrorKind.TIMEOUT,
    "stall": ErrorKind.TIMEOUT,
    "cut": ErrorKind.MALFORMED_STREAM,
    "garbage": ErrorKind.MALFORMED_STREAM,
    "empty": ErrorKind.MALFORMED_STREAM,
}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=10) as running:
        yield running


@pytest.fixture
async def provider(simulator: Simulator) -> AsyncIterator[HttpProvider]:
    opened = HttpProvider(ProviderConfig(**simulator.providers()[0]))
    yield opened
    await opened.aclose()


async def a_model(provider: HttpProvider) -> Model:
    return next(model for model in await provider.list_models() if "logprobs" in model.capabilities)


async def test_a_simulated_answer(provider: HttpProvider) -> None:
    model = await a_model(provider)
    chunks = [chunk async for chunk in provider.stream(CALL, model, Timeouts())]
    texts = [chunk for chunk in chunks if isinstance(chunk, TextChunk)]
    assert model.simulated
    assert model.price is not None
    assert "391" in "".join(chunk.text for chunk in texts)
    assert all(chunk.logprobs for chunk in texts)
    assert [type(chunk) for chunk in chunks[-2:]] == [UsageChunk, FinishChunk]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_taken_for_what_it_is(simulator: Simulator, provider: HttpProvider, fault: str) -> None:
    model = await a_model(provider)
    await simulator.set_fault(model.provider, fault)
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(CALL, model, HURRIED):
            pass
    assert caught.value.kind is KIND[fault]
    assert caught.value.sent == (fault != "refuse")
