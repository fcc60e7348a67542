"""The client's own dialects against the simulated providers: what they serve, what they bill, and what each of their
faults is taken for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import (
    Chunk,
    FinishChunk,
    LimitsChunk,
    Message,
    ReasoningChunk,
    Role,
    TextChunk,
    TextPart,
    Tool,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.dialects import dialect_names
from routing.providers.http import HttpProvider
from routing.registry.model import Model
from routing.simulator import DIALECTS, FAULTS, Limits, Simulator
from tests.routing.simulator.test_faults import SUMMARY, StillClock

HURRIED = Timeouts(first_token_s=0.5, idle_s=0.5)
KIND = {
    "refuse": ErrorKind.CONNECTION,
    "401": ErrorKind.AUTH,
    "403": ErrorKind.PERMISSION,
    "429": ErrorKind.RATE_LIMIT,
    "quota": ErrorKind.QUOTA,
    "500": ErrorKind.SERVER_ERROR,
    "overloaded": ErrorKind.OVERLOADED,
    "slow": ErrorKind.TIMEOUT,
    "stall": ErrorKind.TIMEOUT,
    "cut": ErrorKind.MALFORMED_STREAM,
    "garbage": ErrorKind.MALFORMED_STREAM,
    "error": ErrorKind.SERVER_ERROR,
    "empty": ErrorKind.MALFORMED_STREAM,
}
# An error in mid-stream is a sentence there and no more: it has no code that would tell whose fault it is.
UNTOLD = {("ollama", "error"): ErrorKind.MALFORMED_STREAM}
WEATHER = Tool(
    "get_weather",
    "Weather now",
    json.dumps({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
)
BILL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "amount": {"type": "number"}},
    "required": ["name", "amount"],
    "additionalProperties": False,
}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=10) as running:
        yield running


@pytest.fixture(params=dialect_names())
async def provider(simulator: Simulator, request: pytest.FixtureRequest) -> AsyncIterator[HttpProvider]:
    opened = HttpProvider(ProviderConfig(**simulator.providers(request.param)[0]))
    yield opened
    await opened.aclose()


def said(*texts: str, **options: Any) -> Call:
    """A conversation of the user's and the model's texts in turn."""
    roles: tuple[Role, Role] = ("user", "assistant")
    messages = tuple(Message(roles[place % 2], (TextPart(text),)) for place, text in enumerate(texts))
    return Call(messages, 200, **options)


async def model_of(provider: HttpProvider, name: str) -> Model:
    return next(model for model in await provider.list_models() if model.name == name)


async def chunks_of(provider: HttpProvider, model: str, call: Call, timeouts: Timeouts = HURRIED) -> list[Chunk]:
    return [chunk async for chunk in provider.stream(call, await model_of(provider, model), timeouts)]


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


def usage_of(chunks: list[Chunk]) -> Usage:
    (usage,) = (chunk.usage for chunk in chunks if isinstance(chunk, UsageChunk))
    return usage


def finish_of(chunks: list[Chunk]) -> str:
    assert isinstance(chunks[-1], FinishChunk)
    return chunks[-1].reason


def test_every_dialect_that_the_client_speaks_is_served() -> None:
    assert set(DIALECTS) == set(dialect_names())


async def test_the_terms_of_a_model_come_through(provider: HttpProvider) -> None:
    models = {model.name: model for model in await provider.list_models()}
    assert list(models) == ["shunter", "railcar", "express"]
    express = models["express"]
    assert express.simulated
    assert (express.tier, express.context_window, express.max_output) == ("large", 128_000, 16_384)
    assert express.price is not None
    assert express.price.input_nusd_per_mtok == 4_000_000_000
    assert {"tools", "json_schema", "vision"} <= express.capabilities
    assert ("reasoning" in express.capabilities) == (provider.config.dialect in ("gemini", "ollama"))
    assert "json_schema" not in models["shunter"].capabilities


async def test_three_turns_are_counted_as_they_are_billed(simulator: Simulator, provider: HttpProvider) -> None:
    texts: list[str] = []
    used: list[Usage] = []
    for prompt in ("What is 17*23?", "sort: pear, fig, apple", "hello"):
        chunks = await chunks_of(provider, "railcar", said(*texts, prompt))
        assert finish_of(chunks) == "stop"
        texts += [prompt, text_of(chunks)]
        used.append(usage_of(chunks))
    assert "391" in texts[1]
    assert "apple, fig, pear" in texts[3]
    assert all(usage.reported for usage in used)
    served = simulator.served()["sim-north"]
    assert (served["calls"], served["finished"]) == (3, 3)
    assert sum(usage.input_tokens for usage in used) == served["input_tokens"]
    assert sum(usage.output_tokens for usage in used) == served["output_tokens"]


async def test_every_dialect_is_answered_and_billed_the_same(simulator: Simulator) -> None:
    system = Message("system", (TextPart("Be brief."),))
    call = Call((system, *said("hello", "Hello!", SUMMARY).messages), 200, tools=(WEATHER,), temperature=0)
    seen = set()
    for dialect in DIALECTS:
        provider = HttpProvider(ProviderConfig(**simulator.providers(dialect)[0]))
        chunks = await chunks_of(provider, "railcar", call)
        await provider.aclose()
        seen.add((text_of(chunks), usage_of(chunks).input_tokens, usage_of(chunks).output_tokens))
    assert len(seen) == 1
    served = simulator.served()["sim-north"]
    ((_, input_tokens, output_tokens),) = seen
    assert (served["input_tokens"], served["output_tokens"]) == (4 * input_tokens, 4 * output_tokens)


async def test_logprobs_come_where_the_dialect_has_them(provider: HttpProvider) -> None:
    chunks = await chunks_of(provider, "railcar", said("What is 17*23?"))
    tokens = [token for chunk in chunks if isinstance(chunk, TextChunk) for token in chunk.logprobs]
    if provider.config.dialect == "anthropic":
        assert tokens == []
        return
    assert "".join(token.token for token in tokens) == text_of(chunks)
    assert all(token.logprob < 0 for token in tokens)
    assert any(token.second is not None for token in tokens)


async def test_a_tool_call_fits_its_schema(simulator: Simulator, provider: HttpProvider) -> None:
    chunks = await chunks_of(provider, "railcar", said("What is the weather in Lisbon?", tools=(WEATHER,)))
    calls = [chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk)]
    assert {call.index for call in calls} == {calls[0].index}
    assert (calls[0].name, bool(calls[0].id)) == ("get_weather", True)
    assert json.loads("".join(call.arguments for call in calls)) == {"city": "Lisbon"}
    assert finish_of(chunks) == "tool_calls"
    assert usage_of(chunks).output_tokens == simulator.served()["sim-north"]["output_tokens"]


async def test_a_tool_that_nobody_asks_for_is_left_alone(provider: HttpProvider) -> None:
    chunks = await chunks_of(provider, "railcar", said("What is 17*23?", tools=(WEATHER,)))
    assert "391" in text_of(chunks)
    assert finish_of(chunks) == "stop"
    plain = await chunks_of(provider, "railcar", said("What is 17*23?"))
    assert usage_of(chunks).input_tokens > usage_of(plain).input_tokens + 10


async def test_a_schema_is_kept(provider: HttpProvider) -> None:
    prompt = "Extract: invoice for Ada Lovelace over $420"
    call = said(prompt, response_format="json_schema", schema=json.dumps(BILL))
    chunks = await chunks_of(provider, "railcar", call)
    assert json.loads(text_of(chunks)) == {"name": "Ada Lovelace", "amount": 420}


async def test_reasoning_comes_apart_where_it_is_asked_for(simulator: Simulator, provider: HttpProvider) -> None:
    chunks = await chunks_of(provider, "express", said("What is 17*23?"), Timeouts())
    thoughts = "".join(chunk.text for chunk in chunks if isinstance(chunk, ReasoningChunk))
    assert bool(thoughts) == (provider.config.dialect in ("gemini", "ollama"))
    assert "391" in text_of(chunks)
    assert usage_of(chunks).output_tokens == simulator.served()["sim-north"]["output_tokens"]
    if provider.config.dialect == "gemini":
        assert 0 < usage_of(chunks).reasoning_tokens < usage_of(chunks).output_tokens


async def test_an_answer_is_cut_at_its_limit(provider: HttpProvider) -> None:
    call = Call(said(SUMMARY).messages, 5)
    chunks = await chunks_of(provider, "railcar", call)
    assert finish_of(chunks) == "length"
    assert usage_of(chunks).output_tokens == 5


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "filter"])
async def test_a_fault_is_taken_for_what_it_is(simulator: Simulator, provider: HttpProvider, fault: str) -> None:
    model = await model_of(provider, "railcar")
    await simulator.set_fault("sim-north", fault)
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(said("What is 17*23?"), model, HURRIED):
            pass
    assert caught.value.kind is UNTOLD.get((provider.config.dialect, fault), KIND[fault])
    assert caught.value.sent == (fault != "refuse")
    if fault == "429" and provider.config.dialect != "ollama":
        assert caught.value.retry_after_s == pytest.approx(0.2, abs=0.8)


async def test_a_withheld_answer_says_so_where_the_dialect_can(simulator: Simulator, provider: HttpProvider) -> None:
    await simulator.set_fault("sim-north", "filter")
    chunks = await chunks_of(provider, "railcar", said(SUMMARY))
    assert finish_of(chunks) == ("stop" if provider.config.dialect == "ollama" else "content_filter")


async def test_what_is_asked_wrongly_is_told_apart(provider: HttpProvider) -> None:
    model = await model_of(provider, "shunter")
    for call, named, kind in (
        (said("hello"), "tender", ErrorKind.NOT_FOUND),
        (said("word " * 40_000), "shunter", ErrorKind.CONTEXT_LENGTH),
    ):
        with pytest.raises(ProviderError) as caught:
            async for _ in provider.stream(call, replace(model, name=named), HURRIED):
                pass
        assert caught.value.kind is kind


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
async def test_limits_are_announced_and_kept(dialect: str) -> None:
    clock = StillClock()
    async with Simulator(clock=clock, limits=Limits(requests=2, tokens=1000)) as simulator:
        provider = HttpProvider(ProviderConfig(**simulator.providers(dialect)[0]))
        left = []
        for _ in range(2):
            chunks = await chunks_of(provider, "railcar", said("hello"))
            (announced,) = (chunk.limits for chunk in chunks if isinstance(chunk, LimitsChunk))
            limits = {limit.kind: limit for limit in announced}
            left.append(limits["requests"].remaining)
            assert limits["tokens"].limit == 1000
            assert limits["tokens"].remaining < 1000
        assert left == [1, 0]
        with pytest.raises(ProviderError) as caught:
            await chunks_of(provider, "railcar", said("hello"))
        assert caught.value.kind is ErrorKind.RATE_LIMIT
        assert caught.value.retry_after_s == pytest.approx(60, abs=5)
        clock.now += 61
        assert text_of(await chunks_of(provider, "railcar", said("hello")))
        await provider.aclose()


async def test_nothing_is_announced_unless_it_is_switched_on(provider: HttpProvider) -> None:
    chunks = await chunks_of(provider, "railcar", said("hello"))
    assert not any(isinstance(chunk, LimitsChunk) for chunk in chunks)
