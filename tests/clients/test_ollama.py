"""`ollama`; it validates what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from routing.simulator import Simulator
from tests.clients.conftest import INVOICE, LONG, PARAMETERS, SUM, WEATHER, WHY, billed, url

ollama = pytest.importorskip("ollama", reason=WHY)
pytestmark = pytest.mark.peers

TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather now", "parameters": PARAMETERS}}


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Any]:
    async with ollama.AsyncClient(host=url(simulator, "ollama"), trust_env=False) as made:
        yield made


def asked(prompt: str, **options: Any) -> dict[str, Any]:
    return {"model": "railcar", "messages": [{"role": "user", "content": prompt}]} | options


async def streamed(client: Any, options: dict[str, Any]) -> list[Any]:
    return [part async for part in await client.chat(**options, stream=True)]


async def test_a_whole_reply_with_its_usage_and_logprobs(client: Any, simulator: Simulator) -> None:
    reply = await client.chat(**asked(SUM, logprobs=True, top_logprobs=2))
    assert "391" in reply.message.content
    assert (reply.done, reply.done_reason) == (True, "stop")
    assert "".join(token.token for token in reply.logprobs) == reply.message.content
    assert all(len(token.top_logprobs) <= 2 for token in reply.logprobs)
    assert (reply.prompt_eval_count, reply.eval_count) == billed(simulator)
    assert reply.total_duration == reply.prompt_eval_duration + reply.eval_duration


async def test_a_stream_says_the_same(client: Any, simulator: Simulator) -> None:
    options = asked(SUM, options={"seed": 1})
    whole = await client.chat(**options)
    parts = await streamed(client, options)
    assert "".join(part.message.content for part in parts) == whole.message.content
    assert [part.done for part in parts[-2:]] == [False, True]
    assert (parts[-1].prompt_eval_count, parts[-1].eval_count) == (whole.prompt_eval_count, whole.eval_count)
    assert billed(simulator)[1] == 2 * whole.eval_count


async def test_thinking_has_a_field_of_its_own(client: Any) -> None:
    options = asked(SUM, model="express", think=True)
    whole = await client.chat(**options)
    parts = await streamed(client, options)
    assert whole.message.thinking == "".join(part.message.thinking or "" for part in parts)
    assert whole.message.thinking.startswith("The task reads")
    assert whole.eval_count > len(parts) / 2


@pytest.mark.parametrize("whole", [True, False])
async def test_a_tool_is_called_and_its_result_taken(client: Any, whole: bool) -> None:
    options = asked(WEATHER, tools=[TOOL])
    replies = [await client.chat(**options)] if whole else await streamed(client, options)
    (message,) = (reply.message for reply in replies if reply.message.tool_calls)
    (call,) = message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", {"city": "Lisbon"})
    options["messages"] += [message, {"role": "tool", "tool_name": "get_weather", "content": "19 degrees"}]
    assert "19 degrees" in (await client.chat(**options)).message.content


class Bill(BaseModel):
    name: str
    amount: float
    paid: bool


async def test_structured_output(client: Any) -> None:
    reply = await client.chat(**asked(INVOICE, format=Bill.model_json_schema()))
    assert Bill.model_validate_json(reply.message.content) == Bill(name="Ada Lovelace", amount=420, paid=True)
    plain = await client.chat(**asked(SUM, format="json"))
    assert plain.message.content.startswith("{")


async def test_models(client: Any) -> None:
    listed = await client.list()
    assert [model.model for model in listed.models] == ["shunter", "railcar", "express"]
    shown = await client.show("express")
    assert {"completion", "tools", "vision", "thinking"} == set(shown.capabilities)
    assert shown.modelinfo["simulated.context_length"] == 128_000


@pytest.mark.parametrize(
    ("fault", "status"),
    [("401", 401), ("403", 403), ("429", 429), ("quota", 402), ("500", 500), ("overloaded", 503)],
)
@pytest.mark.parametrize("whole", [True, False])
async def test_faults(client: Any, simulator: Simulator, fault: str, status: int, whole: bool) -> None:
    await simulator.set_fault("sim-north", fault)
    with pytest.raises(ollama.ResponseError) as caught:
        await (client.chat(**asked(SUM)) if whole else streamed(client, asked(SUM)))
    assert caught.value.status_code == status
    assert caught.value.error


async def test_errors_of_the_call(client: Any, simulator: Simulator) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'tender' not found") as missing:
        await client.chat(**asked(SUM, model="tender"))
    assert missing.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="exceeds the context length") as long:
        await client.chat(**asked(LONG, model="shunter"))
    assert long.value.status_code == 400
    await simulator.set_fault("sim-north", "refuse")
    with pytest.raises(ConnectionError):
        await client.chat(**asked(SUM))


async def test_a_stream_that_fails_half_way(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "error")
    with pytest.raises(ollama.ResponseError, match="terminated"):
        await streamed(client, asked(SUM))
