"""`openai`, with its responses validated."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from routing.simulator import Simulator
from tests.clients.conftest import BILL, INVOICE, LONG, PARAMETERS, SUM, WEATHER, WHY, billed, url
from tests.fakes import take

openai = pytest.importorskip("openai", reason=WHY)
pytestmark = pytest.mark.peers

TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather now", "parameters": PARAMETERS}}


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Any]:
    address = url(simulator, "openai")
    async with openai.AsyncOpenAI(
        base_url=address, api_key="none", max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


def asked(prompt: str, **options: Any) -> dict[str, Any]:
    return {"model": "railcar", "messages": [{"role": "user", "content": prompt}]} | options


async def test_a_whole_reply_with_its_usage_and_logprobs(client: Any, simulator: Simulator) -> None:
    reply = await client.chat.completions.create(**asked(SUM, logprobs=True, top_logprobs=2))
    (choice,) = reply.choices
    assert "391" in choice.message.content
    assert choice.finish_reason == "stop"
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == billed(simulator)
    assert reply._request_id.startswith("req_")


async def test_a_stream_says_the_same(client: Any, simulator: Simulator) -> None:
    whole = await client.chat.completions.create(**asked(SUM, seed=1))
    async with client.chat.completions.stream(**asked(SUM, seed=1, stream_options={"include_usage": True})) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.usage.model_dump() == whole.usage.model_dump()
    assert "content.done" in [event.type for event in events]
    assert billed(simulator)[1] == 2 * whole.usage.completion_tokens


async def test_reasoning_is_counted_inside_the_output(client: Any) -> None:
    reply = await client.chat.completions.create(**asked(SUM, model="express", reasoning_effort="low"))
    assert 0 < reply.usage.completion_tokens_details.reasoning_tokens < reply.usage.completion_tokens


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_and_its_result_taken(client: Any, streamed: bool) -> None:
    options = asked(WEATHER, tools=[TOOL])
    if streamed:
        async with client.chat.completions.stream(**options) as stream:
            reply = await stream.get_final_completion()
    else:
        reply = await client.chat.completions.create(**options)
    (choice,) = reply.choices
    (call,) = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Lisbon"})
    options["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump(include={"id", "type", "function"})]},
        {"role": "tool", "tool_call_id": call.id, "content": "19 degrees, sunny"},
    ]
    after = await client.chat.completions.create(**options)
    assert "19 degrees" in after.choices[0].message.content


class Bill(BaseModel):
    name: str
    amount: float
    paid: bool


async def test_structured_output(client: Any) -> None:
    parsed = await client.chat.completions.parse(**asked(INVOICE, response_format=Bill))
    assert parsed.choices[0].message.parsed == Bill(name="Ada Lovelace", amount=420, paid=True)
    given = {"type": "json_schema", "json_schema": {"name": "bill", "schema": BILL, "strict": True}}
    reply = await client.chat.completions.create(**asked(INVOICE, response_format=given))
    assert Bill.model_validate_json(reply.choices[0].message.content).amount == 420
    plain = await client.chat.completions.create(**asked(SUM, response_format={"type": "json_object"}))
    assert isinstance(json.loads(plain.choices[0].message.content), dict)


async def test_models(client: Any) -> None:
    models = [model.id async for model in client.models.list()]
    assert models == ["shunter", "railcar", "express"]
    assert (await client.models.retrieve("railcar")).owned_by == "sim-north"


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("401", "AuthenticationError", "invalid_api_key"),
        ("403", "PermissionDeniedError", "missing_scope"),
        ("429", "RateLimitError", "rate_limit_exceeded"),
        ("quota", "RateLimitError", "insufficient_quota"),
        ("500", "InternalServerError", "internal_error"),
        ("overloaded", "InternalServerError", "overloaded"),
        ("refuse", "APIConnectionError", None),
    ],
)
async def test_faults(client: Any, simulator: Simulator, fault: str, error: str, code: str | None) -> None:
    await simulator.set_fault("sim-north", fault)
    with pytest.raises(getattr(openai, error)) as caught:
        await client.chat.completions.create(**asked(SUM))
    assert caught.value.code == code


async def test_errors_of_the_call(client: Any) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        await client.chat.completions.create(**asked(SUM, model="tender"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as long:
        await client.chat.completions.create(**asked(LONG, model="shunter"))
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(**asked(SUM, temperature=3))


async def test_a_stream_that_fails_half_way(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "error")
    pieces: list[Any] = []
    stream = await client.chat.completions.create(**asked(SUM, stream=True))
    with pytest.raises(openai.APIError, match="had an error"):
        await take(stream, pieces)
    assert pieces


async def test_an_answer_that_is_withheld(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "filter")
    reply = await client.chat.completions.create(**asked(SUM))
    assert reply.choices[0].finish_reason == "content_filter"
