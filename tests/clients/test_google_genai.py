"""`google-genai`; it validates what it is given."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from routing.simulator import Simulator
from tests.clients.conftest import BILL, INVOICE, LONG, PARAMETERS, SUM, WEATHER, WHY, billed, url

genai = pytest.importorskip("google.genai", reason=WHY)
types = pytest.importorskip("google.genai.types", reason=WHY)
errors = pytest.importorskip("google.genai.errors", reason=WHY)
pytestmark = pytest.mark.peers

TOOL = {
    "function_declarations": [
        {"name": "get_weather", "description": "Weather now", "parameters_json_schema": PARAMETERS},
    ]
}


@pytest.fixture(params=["v1beta", None])
async def client(simulator: Simulator, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """In the older version of the API, and in the one that the client itself prefers."""
    options = {"base_url": url(simulator, "gemini")} | ({"api_version": request.param} if request.param else {})
    made = genai.Client(api_key="none", http_options=options)
    yield made.aio
    await made.aio.aclose()
    made.close()


def asked(prompt: Any, model: str = "railcar", **config: Any) -> dict[str, Any]:
    return {"model": model, "contents": prompt, "config": config}


async def streamed(client: Any, options: dict[str, Any]) -> list[Any]:
    return [chunk async for chunk in await client.models.generate_content_stream(**options)]


async def test_a_whole_reply_with_its_usage_and_logprobs(client: Any, simulator: Simulator) -> None:
    reply = await client.models.generate_content(
        **asked(SUM, system_instruction="Be brief.", response_logprobs=True, logprobs=2)
    )
    (candidate,) = reply.candidates
    assert "391" in reply.text
    assert candidate.finish_reason == types.FinishReason.STOP
    assert "".join(token.token for token in candidate.logprobs_result.chosen_candidates) == reply.text
    assert candidate.avg_logprobs < 0
    usage = reply.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count) == billed(simulator)
    assert usage.total_token_count == sum(billed(simulator))


async def test_a_stream_says_the_same(client: Any, simulator: Simulator) -> None:
    options = asked(SUM, seed=1, response_logprobs=True, logprobs=1)
    whole = await client.models.generate_content(**options)
    chunks = await streamed(client, options)
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text
    assert chunks[-1].usage_metadata == whole.usage_metadata
    assert chunks[-1].candidates[0].avg_logprobs == pytest.approx(whole.candidates[0].avg_logprobs)
    assert billed(simulator)[1] == 2 * whole.usage_metadata.candidates_token_count


@pytest.mark.parametrize("shown", [True, False])
async def test_thoughts_are_counted_beside_the_answer(client: Any, simulator: Simulator, shown: bool) -> None:
    options = asked(SUM, "express", thinking_config={"include_thoughts": shown, "thinking_budget": 512})
    whole = await client.models.generate_content(**options)
    usage = whole.usage_metadata
    assert usage.thoughts_token_count > 0
    assert usage.candidates_token_count + usage.thoughts_token_count == billed(simulator)[1]
    assert [bool(part.thought) for part in whole.candidates[0].content.parts] == ([True, False] if shown else [False])
    chunks = await streamed(client, options)
    assert any(part.thought for chunk in chunks for part in chunk.candidates[0].content.parts) == shown
    assert chunks[-1].usage_metadata == usage


@pytest.mark.parametrize("whole", [True, False])
async def test_a_function_is_called_and_its_result_taken(client: Any, whole: bool) -> None:
    options = asked([types.UserContent(WEATHER)], tools=[TOOL])
    replies = [await client.models.generate_content(**options)] if whole else await streamed(client, options)
    (call,) = (call for reply in replies for call in reply.function_calls or ())
    assert (call.name, call.args) == ("get_weather", {"city": "Lisbon"})
    assert replies[-1].candidates[0].finish_reason == types.FinishReason.STOP
    options["contents"] += [
        types.ModelContent([types.Part(function_call=call)]),
        types.UserContent([types.Part.from_function_response(name=call.name, response={"result": "19 degrees"})]),
    ]
    assert "19 degrees" in (await client.models.generate_content(**options)).text


async def test_a_function_that_must_be_called(client: Any) -> None:
    mode = {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["get_weather"]}}
    reply = await client.models.generate_content(**asked(SUM, tools=[TOOL], tool_config=mode))
    assert "city" in reply.function_calls[0].args


class Bill(BaseModel):
    name: str
    amount: float
    paid: bool


async def test_structured_output(client: Any) -> None:
    typed = asked(INVOICE, response_mime_type="application/json", response_schema=Bill)
    assert (await client.models.generate_content(**typed)).parsed == Bill(name="Ada Lovelace", amount=420, paid=True)
    given = asked(INVOICE, response_mime_type="application/json", response_json_schema=BILL)
    reply = await client.models.generate_content(**given)
    assert json.loads(reply.text) == {"name": "Ada Lovelace", "amount": 420, "paid": True}
    plain = await client.models.generate_content(**asked(SUM, response_mime_type="application/json"))
    assert isinstance(json.loads(plain.text), dict)


async def test_models(client: Any) -> None:
    models = [model async for model in await client.models.list()]
    assert [model.name for model in models] == ["models/shunter", "models/railcar", "models/express"]
    assert (models[0].input_token_limit, models[0].output_token_limit) == (32_000, 4096)
    assert (await client.models.get(model="railcar")).name == "models/railcar"


@pytest.mark.parametrize(
    ("fault", "error", "code", "status"),
    [
        ("401", "ClientError", 400, "INVALID_ARGUMENT"),
        ("403", "ClientError", 403, "PERMISSION_DENIED"),
        ("429", "ClientError", 429, "RESOURCE_EXHAUSTED"),
        ("quota", "ClientError", 429, "RESOURCE_EXHAUSTED"),
        ("500", "ServerError", 500, "INTERNAL"),
        ("overloaded", "ServerError", 503, "UNAVAILABLE"),
    ],
)
async def test_faults(client: Any, simulator: Simulator, fault: str, error: str, code: int, status: str) -> None:
    await simulator.set_fault("sim-north", fault)
    with pytest.raises(getattr(errors, error)) as caught:
        await client.models.generate_content(**asked(SUM))
    assert (caught.value.code, caught.value.status) == (code, status)


async def test_errors_of_the_call(client: Any) -> None:
    with pytest.raises(errors.ClientError) as missing:
        await client.models.generate_content(**asked(SUM, "tender"))
    assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError, match="input token count"):
        await client.models.generate_content(**asked(LONG, "shunter"))
    with pytest.raises(errors.ClientError, match="temperature"):
        await client.models.generate_content(**asked(SUM, temperature=3))


async def test_a_stream_that_fails_half_way(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "error")
    with pytest.raises(errors.ServerError) as caught:
        await streamed(client, asked(SUM))
    assert caught.value.status == "INTERNAL"


async def test_an_answer_that_is_withheld(client: Any, simulator: Simulator) -> None:
    await simulator.set_fault("sim-north", "filter")
    reply = await client.models.generate_content(**asked(SUM))
    assert reply.candidates[0].finish_reason == types.FinishReason.SAFETY
