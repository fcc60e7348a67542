"""Calls of a mock of four services, in the dialect of each."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, ReasoningChunk, TextChunk, Tool
from routing.providers.http import HttpProvider
from routing.registry.model import Model
from tests.fakes import a_model
from tests.peers.asking import call, speaking
from tests.peers.serving import Aimock

pytestmark = pytest.mark.peers

_NAMES = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash", "ollama": "llama3.1"}
_COUNTS_NOTHING = {"ollama"}  # this mock sends zeros there, whatever its fixture says
DIALECTS = Aimock.dialects()
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
TOLD = "The yard has four tracks."
WEATHER = Tool(
    "get_weather",
    "The weather of the next days.",
    json.dumps(
        {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        }
    ),
)


def at(mock: Aimock, dialect: str, client: str, **headers: str) -> AbstractAsyncContextManager[HttpProvider]:
    """A provider that the mock knows as `client`."""
    own = (("x-test-id", client), *((f"x-aimock-chaos-{name}", value) for name, value in headers.items()))
    return speaking(dialect, mock.base_url(dialect), "any-key", own)


def a_peer(dialect: str) -> Model:
    return a_model(f"peer/{_NAMES[dialect]}", capabilities=frozenset(("tools", "json", "vision")))


@each_dialect
async def test_an_answer_comes_with_the_usage_that_was_sent(mock: Aimock, dialect: str) -> None:
    client = f"usage-{dialect}"
    async with at(mock, dialect, client) as provider:
        found = await call(provider, a_peer(dialect), TOLD)
    (entry,) = mock.journal(client)
    chosen = entry["response"]["fixture"]["response"]
    assert (found.text, found.finish) == (chosen["content"], "stop")
    assert entry["body"]["model"] == _NAMES[dialect]
    assert entry["body"]["messages"] == [{"role": "user", "content": TOLD}]
    if dialect not in _COUNTS_NOTHING:
        sent = chosen["usage"]
        usage = found.usage
        assert (usage.input_tokens, usage.output_tokens) == (sent["prompt_tokens"], sent["completion_tokens"])
        assert usage.reported


@each_dialect
async def test_a_limit_of_output_and_a_temperature_arrive(mock: Aimock, dialect: str) -> None:
    client = f"limits-{dialect}"
    async with at(mock, dialect, client) as provider:
        found = await call(provider, a_peer(dialect), "Tell a story that never ends.", max_output_tokens=9)
    (entry,) = mock.journal(client)
    assert entry["body"]["max_tokens"] == 9
    assert entry["body"]["temperature"] == 0
    assert found.finish == ("stop" if dialect == "ollama" else "length"), "this mock of Ollama knows no other end"


@each_dialect
async def test_a_tool_is_offered_and_its_call_comes_back(mock: Aimock, dialect: str) -> None:
    client = f"tools-{dialect}"
    async with at(mock, dialect, client) as provider:
        found = await call(provider, a_peer(dialect), "What is the weather in Bern?", tools=(WEATHER,))
    ((name, arguments),) = found.tool_calls.values()
    assert (name, json.loads(arguments)) == ("get_weather", {"city": "Bern", "days": 2})
    assert found.finish == "tool_calls"
    ((offered),) = mock.journal(client)[0]["body"]["tools"]
    assert offered["function"]["name"] == WEATHER.name
    assert offered["function"]["description"] == WEATHER.description
    if dialect != "gemini":  # whose newer field for a whole JSON schema this mock does not read
        assert offered["function"]["parameters"] == json.loads(WEATHER.parameters)


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if dialect != "ollama"])
async def test_thinking_is_kept_apart_from_the_answer(mock: Aimock, dialect: str) -> None:
    """For Ollama this mock thinks in a field that Ollama does not have."""
    async with at(mock, dialect, f"thinking-{dialect}") as provider:
        found = await call(provider, a_peer(dialect), "Think about it.")
    assert found.text == "Two are left."
    thoughts = [chunk.text for chunk in found.chunks if isinstance(chunk, ReasoningChunk)]
    assert "".join(thoughts) == "Four less two is two."


@each_dialect
@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("drop", {ErrorKind.SERVER_ERROR}),
        ("malformed", {ErrorKind.MALFORMED_STREAM}),
        ("ratelimit", {ErrorKind.RATE_LIMIT}),
        ("disconnect", {ErrorKind.CONNECTION, ErrorKind.MALFORMED_STREAM}),
    ],
)
async def test_a_fault_is_of_its_kind(mock: Aimock, dialect: str, fault: str, kinds: set[ErrorKind]) -> None:
    async with at(mock, dialect, f"{fault}-{dialect}", **{fault: "1"}) as provider:
        with pytest.raises(ProviderError) as raised:
            await call(provider, a_peer(dialect), TOLD)
    assert raised.value.kind in kinds
    if fault == "ratelimit":
        assert raised.value.retry_after_s == 1


@each_dialect
async def test_half_an_answer_is_no_answer(mock: Aimock, dialect: str) -> None:
    said: list[Chunk] = []
    async with at(mock, dialect, f"half-{dialect}") as provider:
        with pytest.raises(ProviderError) as raised:
            await call(provider, a_peer(dialect), "Say half of it.", seen=said)
    assert raised.value.kind in (ErrorKind.CONNECTION, ErrorKind.MALFORMED_STREAM)
    assert any(isinstance(chunk, TextChunk) for chunk in said)


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if dialect != "gemini"])
async def test_its_models_are_listed(mock: Aimock, dialect: str) -> None:
    """This mock lists nothing for Gemini. It lists a model that makes vectors, which is none to chat with."""
    async with at(mock, dialect, f"list-{dialect}") as provider:
        names = {model.name for model in await provider.list_models()}
    assert "gpt-4o" in names
    assert not [name for name in names if "embedding" in name]
