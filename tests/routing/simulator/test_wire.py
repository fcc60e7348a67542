"""The dialect: shapes, counts, repetition, refusals."""

from __future__ import annotations

import asyncio
import json
import math
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from routing.simulator import Simulator, load_offers, serve
from tests.routing.simulator.conftest import Client, body, text_of
from tests.routing.simulator.test_faults import SUMMARY, StillClock


async def test_models_state_their_terms(client: Client) -> None:
    seen = {}
    for provider in ("sim-north", "sim-south"):
        listed = (await client.http.get(client.url(provider, "models"))).json()
        assert listed["object"] == "list"
        for model in listed["data"]:
            assert (model["object"], model["owned_by"]) == ("model", provider)
            seen[provider, model["id"]] = model["pointsman"]
    assert len({model for _, model in seen}) == 5
    for tier in ("small", "mid", "large"):
        assert {provider for (provider, _), card in seen.items() if card["tier"] == tier} == {"sim-north", "sim-south"}
    assert [name for (_, name), card in seen.items() if card["local"]] == ["handcar"]
    assert seen["sim-north", "shunter"]["price"] == {"input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.4}


async def test_a_stream_and_a_whole_reply_say_the_same(client: Client) -> None:
    options = {"logprobs": True, "top_logprobs": 3, "seed": 7}
    chunks = await client.stream("sim-north", "railcar", SUMMARY, **options)
    choice = await client.ask("railcar", SUMMARY, **options)
    assert text_of(chunks) == choice["message"]["content"]
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]][-2:] == [None, "stop"]
    assert chunks[-1]["choices"] == []
    assert all(chunk["usage"] is None for chunk in chunks[:-1])


async def test_the_usage_is_what_was_sent_and_billed(client: Client) -> None:
    chunks = await client.stream("sim-north", "railcar", SUMMARY)
    usage = chunks[-1]["usage"]
    assert usage["completion_tokens"] == len(chunks) - 3
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    served = (await client.http.get(client.url("sim-north", "served"))).json()
    assert served == client.simulator.served()["sim-north"]
    assert served["models"]["railcar"] == {
        "calls": 1,
        "finished": 1,
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "cost_nusd": usage["prompt_tokens"] * 600 + usage["completion_tokens"] * 2400,
    }


async def test_each_call_that_was_accepted_is_told(client: Client) -> None:
    chunks = await client.stream("sim-north", "railcar", "2+2")
    await client.simulator.set_fault("sim-north", "429", times=1)
    await client.post("sim-north", "railcar", "2+2")
    await client.simulator.set_fault("sim-north", "cut", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.stream("sim-north", "shunter", SUMMARY)
    whole, cut = (await client.http.get(client.url("sim-north", "calls"))).json()
    assert whole == {
        "id": whole["id"],
        "model": "railcar",
        "asked": "2+2",
        "fault": None,
        "input_tokens": chunks[-1]["usage"]["prompt_tokens"],
        "output_tokens": chunks[-1]["usage"]["completion_tokens"],
        "finished": True,
    }
    assert (cut["model"], cut["fault"], cut["finished"]) == ("shunter", "cut", False)
    assert 0 < cut["output_tokens"] <= 20


async def test_a_call_that_is_cancelled_is_billed_for_what_was_sent() -> None:
    async with Simulator(speed=2) as simulator, httpx.AsyncClient() as http:
        client = Client(simulator, http)
        asked = body("tram", SUMMARY, stream=True)
        async with http.stream("POST", client.url("sim-south"), json=asked) as response:
            async for line in response.aiter_lines():
                if "content" in line and "role" not in line:
                    break
        served = simulator.served()["sim-south"]
        assert served["finished"] == 0
        assert 1 <= served["output_tokens"] < 20
        assert served["cost_nusd"] == served["input_tokens"] * 800 + served["output_tokens"] * 3200


async def test_logprobs_cover_the_text_and_are_probabilities(client: Client) -> None:
    choice = await client.ask("handcar", "upper case: grüße 🚂", logprobs=True, top_logprobs=5)
    entries = choice["logprobs"]["content"]
    assert b"".join(bytes(entry["bytes"]) for entry in entries).decode() == choice["message"]["content"]
    for entry in entries:
        likely = [alternative["logprob"] for alternative in entry["top_logprobs"]]
        assert likely == sorted(likely, reverse=True)
        assert sum(map(math.exp, likely)) <= 1.0001
        assert len({alternative["token"] for alternative in entry["top_logprobs"]}) == len(likely) <= 5
    assert (await client.ask("handcar", "2+2"))["logprobs"] is None


async def test_the_same_seed_gives_the_same_bytes_whatever_else_was_asked() -> None:
    async def replies(seed: int, others: int) -> list[bytes]:
        async with Simulator(seed=seed, clock=StillClock()) as simulator, httpx.AsyncClient() as http:
            client = Client(simulator, http)
            for n in range(others):
                await client.post("sim-north", "railcar", f"{n}+{n}")
            asked = [client.post("sim-north", "railcar", f"poem {n}", stream=True, logprobs=True) for n in range(4)]
            return [response.content for response in await asyncio.gather(*asked)]

    first = [_undated(reply) for reply in await replies(1, 0)]
    assert first == [_undated(reply) for reply in await replies(1, 5)]
    assert first != [_undated(reply) for reply in await replies(2, 0)]


async def test_a_repeated_call_varies_unless_it_has_a_seed_or_no_temperature(client: Client) -> None:
    async def twice(**options: Any) -> bool:
        first, second = [await client.ask("shunter", "a poem", **options) for _ in range(2)]
        return first["message"]["content"] == second["message"]["content"]

    assert not await twice()
    assert await twice(seed=3)
    assert await twice(temperature=0)


async def test_an_answer_is_cut_at_max_tokens(client: Client) -> None:
    chunks = await client.stream("sim-north", "railcar", SUMMARY, max_tokens=5)
    assert chunks[-2]["choices"][0]["finish_reason"] == "length"
    assert chunks[-1]["usage"]["completion_tokens"] == 5


async def test_reasoning_comes_before_the_answer_and_is_counted_in_it(client: Client) -> None:
    chunks = await client.stream("sim-north", "express", "2+2", reasoning_effort="low")
    kinds = [key for chunk in chunks for choice in chunk["choices"] for key in choice["delta"]]
    assert kinds.index("reasoning_content") < kinds.index("content", 2)
    usage = chunks[-1]["usage"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]
    assert usage["completion_tokens"] == len(chunks) - 3


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "amount": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "paid": {"type": "boolean"},
        "kind": {"enum": ["bill", "invoice"]},
    },
}


@pytest.mark.parametrize("model", ["railcar", "express"])
async def test_a_schema_is_kept(client: Client, model: str) -> None:
    response_format = {"type": "json_schema", "json_schema": {"name": "bill", "schema": SCHEMA}}
    prompt = "Extract: invoice for Ada Lovelace over $420, paid: yes, tags: rail"
    choice = await client.ask(model, prompt, response_format=response_format)
    assert json.loads(choice["message"]["content"]) == {
        "name": "Ada Lovelace",
        "amount": 420,
        "tags": ["rail"],
        "paid": True,
        "kind": "invoice",
    }


@pytest.mark.parametrize("prompt", ["2+2", "extract the email as JSON: a@b.org", "a poem", "sort: b, a"])
async def test_json_mode(client: Client, prompt: str) -> None:
    choice = await client.ask("express", prompt, response_format={"type": "json_object"})
    assert isinstance(json.loads(choice["message"]["content"]), dict)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"model": "tender"}, 404, "model_not_found"),
        ({"messages": []}, 400, None),
        ({"messages": "hello"}, 400, None),
        ({"messages": [{"content": "hello"}]}, 400, None),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]}, 400, None),
        ({"messages": [{"role": "user", "content": 3}]}, 400, None),
        ({"temperature": 3}, 400, None),
        ({"max_tokens": 0}, 400, None),
        ({"max_tokens": 1.5}, 400, None),
        ({"max_tokens": 10**6}, 400, "invalid_value"),
        ({"top_logprobs": 3}, 400, None),
        ({"stream_options": {"include_usage": True}}, 400, None),
        ({"stream": "yes"}, 400, None),
        ({"n": 2}, 400, None),
        ({"tools": {}}, 400, None),
        ({"response_format": {"type": "xml"}}, 400, None),
        ({"messages": [{"role": "user", "content": "word " * 40_000}]}, 400, "context_length_exceeded"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "unsupported_value"),
    ],
)
async def test_what_the_dialect_does_not_allow(
    client: Client, options: dict[str, Any], status: int, code: str | None
) -> None:
    asked = body("shunter", "hello") | options
    response = await client.http.post(client.url("sim-north"), json=asked)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")
    assert client.simulator.served()["sim-north"]["calls"] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
async def test_bodies_that_are_not_a_call(client: Client, content: bytes) -> None:
    response = await client.http.post(client.url("sim-north"), content=content)
    assert response.status_code == 400


async def test_unknown_paths_and_requests_that_are_not_http(client: Client) -> None:
    url = client.url("sim-north", "models")
    assert (await client.http.get(url + "/x")).status_code == 404
    assert (await client.http.delete(url)).status_code == 404
    assert (await client.http.get(url.replace("sim-north", "sim-west"))).status_code == 404
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"\x16\x03\x01\x00nonsense\r\n\r\n")
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    finally:
        writer.close()


async def test_tools_and_other_fields_are_accepted(client: Client) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    assert (await client.ask("shunter", "2+2", tools=tools, user="me"))["finish_reason"] == "stop"


async def test_failure_rates_are_data() -> None:
    offers = [replace(offer, failure_rate=0.5) for offer in load_offers()]
    async with Simulator(speed=0, offers=offers) as simulator, httpx.AsyncClient() as http:
        client = Client(simulator, http)
        statuses = [(await client.post("sim-north", "shunter", f"{n}+1")).status_code for n in range(40)]
    assert 8 < statuses.count(503) < 32
    assert set(statuses) == {200, 503}


async def test_forty_calls_at_once_and_a_long_text_hold_nobody_up(client: Client) -> None:
    """No slice of work is long: a ticker on the same loop is served between the pieces of every call."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticker = asyncio.create_task(tick())
    long_text = "summarise:\n" + "The night train left the old station late and nobody knew why. " * 6_000
    calls = [client.stream("sim-south", "tram", f"poem number {n}") for n in range(40)]
    *poems, summary = await asyncio.gather(*calls, client.stream("sim-south", "express", long_text))
    ticker.cancel()
    assert ticks > sum(len(poem) for poem in poems) / 40
    assert "night train" in text_of(summary)


async def test_served_alone_one_port_answers_for_all_and_never_refuses(unused_tcp_port_factory: Any) -> None:
    task, simulator, port = await _served_alone(unused_tcp_port_factory)
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as http:
        await http.post(f"{base}/sim-north/v1/faults", json={"kind": "refuse"})
        with pytest.raises(httpx.ConnectError):
            await Client(simulator, http).post("sim-north", "shunter", "2+2")
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await http.post(f"{base}/sim-north/v1/chat/completions", json=body("shunter", "2+2"))
        await http.post(f"{base}/sim-north/v1/faults", json={"kind": None})
        assert (await http.post(f"{base}/sim-north/v1/chat/completions", json=body("shunter", "2+2"))).is_success
        with pytest.raises(OSError, match="in use"):
            await serve(port)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _served_alone(port_factory: Any) -> tuple[asyncio.Task[None], Simulator, int]:
    """It takes three ports in a row, and another program may sit on one of them: then it is tried elsewhere."""
    for _ in range(20):
        port = port_factory()
        started: asyncio.Future[Simulator] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(port, speed=0, ready=started.set_result))
        await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
        if started.done():
            return task, started.result(), port
        assert isinstance(task.exception(), OSError)
    raise AssertionError("no three free ports in a row")


def _undated(reply: bytes) -> bytes:
    return re.sub(rb'"created":\d+', b"", reply)
