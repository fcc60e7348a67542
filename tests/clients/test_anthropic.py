"""`anthropic`, with its responses validated."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from routing.simulator import Simulator
from tests.clients.conftest import BILL, INVOICE, LONG, PARAMETERS, SUM, WEATHER, WHY, billed, url
from tests.fakes import take

anthropic = pytest.importorskip("anthropic", reason=WHY)
pytestmark = pytest.mark.peers

TOOL = {"name": "get_weather", "description": "Weather now", "input_schema": PARAMETERS}


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Any]:
    address = url(simulator, "anthropic")
    async with anthropic.AsyncAnthropic(
        base_url=address, api_key="none", max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


def asked(prompt: str, **options: Any) -> dict[str, Any]:
    return {"model": "railcar", "max_tokens": 1000, "messages": [{"role": "user", "content": prompt}]} | options


async def test_a_whole_reply_with_its_usage(client: Any, simulator: Simulator) -> None:
    reply = await client.messages.create(**asked(SUM, system="Be brief."))
    assert "391" in reply.content[0].text
    assert (reply.stop_reason, reply.model) == ("end_turn", "railcar")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == billed(simulator)
    assert reply._request_id.startswith("req_")


async def test_a_stream_says_the_same(client: Any, simulator: Simulator) -> None:
    options = asked(SUM, extra_body={"temperature": 0})
    whole = await client.messages.create(**options)
    async with client.messages.stream(**options) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        final = await stream.get_final_message()
    assert text == final.content[0].text == whole.content[0].text
    assert final.usage.model_dump() == whole.usage.model_dump()
    assert billed(simulator)[1] == 2 * whole.usage.output_tokens


@pytest.mark.parametrize("thinking", [{"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024}])
async def test_thinking_comes_first_and_is_counted_inside_the_output(client: Any, thinking: dict[str, Any]) -> None:
    options = asked(SUM, model="express", max_tokens=2000, thinking=thinking)
    whole = await client.messages.create(**options)
    async with client.messages.stream(**options) as stream:
        final = await stream.get_final_message()
    for reply in (whole, final):
        assert [block.type for block in reply.content] == ["thinking", "text"]
        assert reply.content[0].signature
        assert 0 < reply.usage.output_tokens_details.thinking_tokens < reply.usage.output_tokens
    after = [{"role": "assistant", "content": whole.content}, {"role": "user", "content": SUM}]
    assert (await client.messages.create(**options | {"messages": options["messages"] + after})).content


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_and_its_result_taken(client: Any, streamed: bool) -> None:
    options = asked(WEATHER, tools=[TOOL])
    if streamed:
        async with client.messages.stream(**options) as stream:
            reply = await stream.get_final_message()
    else:
        reply = await client.messages.create(**options)
    (call,) = reply.content
    assert reply.stop_reason == "tool_use"
    assert (call.type, call.name, call.input) == ("tool_use", "get_weather", {"city": "Lisbon"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "19 degrees, sunny"}
    options["messages"] += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": [result]}]
    assert "19 degrees" in (await client.messages.create(**options)).content[0].text


async def test_a_tool_that_must_be_called(client: Any) -> None:
    reply = await client.messages.create(**asked(SUM, tools=[TOOL], tool_choice={"type": "any"}))
    assert reply.stop_reason == "tool_use"
    assert "city" in reply.content[0].input
    reply = await client.messages.create(**asked(WEATHER, tools=[TOOL], tool_choice={"type": "none"}))
    assert reply.stop_reason == "end_turn"


class Bill(BaseModel):
    name: str
    amount: float
    paid: bool


async def test_structured_output(client: Any) -> None:
    parsed = await client.messages.parse(**asked(INVOICE, output_format=Bill))
    assert parsed.parsed_output == Bill(name="Ada Lovelace", amount=420, paid=True)
    given = {"format": {"type": "json_schema", "schema": BILL}}
    reply = await client.messages.create(**asked(INVOICE, output_config=given))
    assert json.loads(reply.content[0].text) == {"name": "Ada Lovelace", "amount": 420, "paid": True}


async def test_models_and_counts(client: Any, simulator: Simulator) -> None:
    models = [model async for model in client.models.list()]
    assert [model.id for model in models] == ["shunter", "railcar", "express"]
    assert (models[0].max_input_tokens, models[0].max_tokens) == (32_000, 4096)
    assert (await client.models.retrieve("railcar")).id == "railcar"
    options = asked(SUM, system="Be brief.", tools=[TOOL])
    counted = await client.messages.count_tokens(**{key: options[key] for key in options if key != "max_tokens"})
    await client.messages.create(**options)
    assert counted.input_tokens == billed(simulator)[0]


@pytest.mark.parametrize(
    ("fault", "error", "kind"),
    [
        ("401", "AuthenticationError", "authentication_error"),
        ("403", "PermissionDeniedError", "permission_error"),
        ("429", "RateLimitError", "rate_limit_error"),
        ("quota", "BadRequestError", "invalid_request_error"),
        ("500", "InternalServerError", "api_error"),
        ("overloaded", "APIStatusError", "overloaded_error"),
    ],
)
async def test_faults(client: Any, simulator: Simulator, fault: str, error: str, kind: str) -> None:
    await simulator.set_fault("sim-north", fault)
    with pytest.raises(getattr(anthropic, error)) as caught:
        await client.messages.create(**asked(SUM))
    assert caught.value.type == kind
    if fault == "overloaded":
        assert caught.value.status_code == 529
    if fault == "429":
        assert caught.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"


async def test_errors_of_the_call(client: Any) -> None:
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.create(**asked(SUM, model="tender"))
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
        await client.messages.create(**asked(LONG, model="shunter"))
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        await client.messages.create(**asked(SUM, extra_body={"temperature": 2}))
    with pytest.raises(anthropic.BadRequestError, match="budget_tokens"):
        await client.messages.create(**asked(SUM, thinking={"type": "enabled", "budget_tokens": 1024}))


async def test_a_stream_that_fails_half_way(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "error")
    pieces: list[Any] = []
    stream = await client.messages.create(**asked(SUM, stream=True))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await take(stream, pieces)
    assert caught.value.type == "api_error"
    assert any(event.type == "content_block_delta" for event in pieces)


async def test_an_answer_that_is_withheld(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "filter")
    assert (await client.messages.create(**asked(SUM))).stop_reason == "refusal"
