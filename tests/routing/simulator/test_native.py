"""The dialects beside OpenAI's, as they stand on the wire: paths, events, counts, refusals."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from routing.simulator import DIALECTS, Simulator
from tests.routing.simulator.conftest import Client
from tests.routing.simulator.test_faults import SUMMARY

NATIVE = ("anthropic", "gemini", "ollama")
NESTED = b'{"contents": %s%s, "messages": 7}' % (b"[" * 900, b"]" * 900)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def url(client: Client, path: str) -> str:
    return client.url("sim-north", "").replace("/v1/", f"/{path}")


def asked(dialect: str, prompt: Any, stream: bool = False, model: str = "railcar") -> tuple[str, dict[str, Any]]:
    """The path below the provider and the smallest body that it takes."""
    messages = [{"role": "user", "content": prompt}]
    match dialect:
        case "openai":
            return "v1/chat/completions", {"model": model, "messages": messages, "stream": stream}
        case "anthropic":
            return "v1/messages", {"model": model, "max_tokens": 999, "messages": messages, "stream": stream}
        case "gemini":
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return f"v1beta/models/{model}:{method}", {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
        case _:
            return "api/chat", {"model": model, "messages": messages, "stream": stream}


async def post(client: Client, dialect: str, prompt: Any, stream: bool = False, **options: Any) -> httpx.Response:
    path, body = asked(dialect, prompt, stream, options.pop("model", "railcar"))
    return await client.http.post(url(client, path), json=body | options)


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """The data of every server-sent event, or every line."""
    if response.headers["content-type"] == "application/x-ndjson":
        return [json.loads(line) for line in response.text.splitlines()]
    blocks = response.text.strip("\n").split("\n\n")
    return [json.loads(block.partition("data: ")[2]) for block in blocks if "[DONE]" not in block]


async def test_the_events_of_a_message_in_anthropics_dialect(client: Client) -> None:
    response = await post(client, "anthropic", "2+2", True, model="express", thinking={"type": "adaptive"})
    assert response.headers["request-id"].startswith("req_")
    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    seen = events(response)
    assert names == [event["type"] for event in seen]
    assert (names[:3], names[-2:]) == (
        ["message_start", "ping", "content_block_start"],
        ["message_delta", "message_stop"],
    )
    blocks = [event["content_block"]["type"] for event in seen if event["type"] == "content_block_start"]
    assert blocks == ["thinking", "text"]
    opened = [event["index"] for event in seen if event["type"] == "content_block_start"]
    closed = [event["index"] for event in seen if event["type"] == "content_block_stop"]
    assert opened == closed == [0, 1]
    deltas = [event["delta"]["type"] for event in seen if event["type"] == "content_block_delta"]
    assert deltas.count("signature_delta") == 1
    assert seen[0]["message"]["usage"]["input_tokens"] == seen[-2]["usage"]["input_tokens"]
    assert seen[-2]["usage"]["output_tokens"] == len(deltas) - 1


async def test_the_chunks_of_a_reply_in_geminis_dialect(client: Client) -> None:
    response = await post(
        client,
        "gemini",
        "2+2",
        True,
        model="express",
        generationConfig={"thinkingConfig": {"includeThoughts": True}, "responseLogprobs": True},
    )
    seen = events(response)
    assert "event:" not in response.text
    reasons = [event["candidates"][0].get("finishReason") for event in seen]
    assert reasons == [None] * (len(seen) - 1) + ["STOP"]
    totals = [event["usageMetadata"]["totalTokenCount"] for event in seen]
    assert totals == sorted(totals)
    usage = seen[-1]["usageMetadata"]
    thoughts = [event for event in seen if event["candidates"][0]["content"]["parts"][0].get("thought")]
    assert usage["thoughtsTokenCount"] == len(thoughts)
    assert usage["candidatesTokenCount"] == len(seen) - len(thoughts) - 1
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + len(seen) - 1
    assert sum("logprobsResult" in event["candidates"][0] for event in seen) == usage["candidatesTokenCount"]


async def test_the_lines_of_a_chat_in_ollamas_dialect(client: Client) -> None:
    response = await client.http.post(
        url(client, "api/chat"), json={"model": "railcar:latest", "messages": [{"role": "user", "content": "2+2"}]}
    )
    seen = events(response)
    assert [line["done"] for line in seen] == [False] * (len(seen) - 1) + [True]
    assert seen[-1]["eval_count"] == len(seen) - 1
    assert "eval_count" not in seen[0]
    assert (await client.http.get(url(client, "api/version"))).json()["version"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_tool_call_that_is_cut_off(client: Client, dialect: str, stream: bool) -> None:
    """Where a call may come in pieces there is a part of it; elsewhere there is none."""
    function = {"name": "get_weather", "description": "", "parameters": WEATHER}
    options: dict[str, Any] = {
        "openai": {"max_tokens": 4, "tools": [{"type": "function", "function": function}]},
        "anthropic": {"max_tokens": 4, "tools": [{"name": "get_weather", "input_schema": WEATHER}]},
        "gemini": {"generationConfig": {"maxOutputTokens": 4}, "tools": [{"functionDeclarations": [function]}]},
        "ollama": {"options": {"num_predict": 4}, "tools": [{"type": "function", "function": function}]},
    }[dialect]
    response = await post(client, dialect, "what is the weather in Lisbon", stream, **options)
    assert response.status_code == 200
    assert re.search(r'"(max_tokens|length|MAX_TOKENS)"', response.text)
    assert ("get_weather" in response.text) == (dialect in ("openai", "anthropic"))
    assert client.simulator.served()["sim-north"]["output_tokens"] == 4


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["cut", "garbage", "empty", "error"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_that_breaks(client: Client, dialect: str, fault: str, stream: bool) -> None:
    await client.simulator.set_fault("sim-north", fault)
    if fault == "cut":
        with pytest.raises(httpx.RemoteProtocolError):
            await post(client, dialect, SUMMARY, stream)
        return
    response = await post(client, dialect, SUMMARY, stream)
    if fault == "error":
        assert response.status_code == (200 if stream else 500)
        assert "error" in (events(response)[-1] if stream else response.json())
    else:
        assert response.status_code == 200
        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            json.loads(response.content)
        assert (b"\xff\xfe" in response.content) == (fault == "garbage")


@pytest.mark.parametrize(
    ("kind", "dialect", "status", "said"),
    [
        ("401", "anthropic", 401, "authentication_error"),
        ("401", "gemini", 400, "API_KEY_INVALID"),
        ("401", "ollama", 401, "unauthorized"),
        ("403", "anthropic", 403, "permission_error"),
        ("403", "gemini", 403, "PERMISSION_DENIED"),
        ("429", "anthropic", 429, "rate_limit_error"),
        ("429", "gemini", 429, '"retryDelay":"2s"'),
        ("429", "ollama", 429, "too many requests"),
        ("quota", "openai", 429, "insufficient_quota"),
        ("quota", "anthropic", 400, "credit balance is too low"),
        ("quota", "gemini", 429, "PerDay"),
        ("quota", "ollama", 402, "usage limit"),
        ("500", "anthropic", 500, "api_error"),
        ("500", "gemini", 500, "INTERNAL"),
        ("500", "ollama", 500, "terminated"),
        ("overloaded", "openai", 503, "overloaded"),
        ("overloaded", "anthropic", 529, "overloaded_error"),
        ("overloaded", "gemini", 503, "UNAVAILABLE"),
        ("overloaded", "ollama", 503, "server busy"),
    ],
)
async def test_refusals_in_the_dialects_own_words(kind: str, dialect: str, status: int, said: str) -> None:
    async with Simulator() as simulator, httpx.AsyncClient() as http:
        await simulator.set_fault("sim-north", kind)
        response = await post(Client(simulator, http), dialect, "hello", True)
    assert response.status_code == status
    assert said in response.text
    assert ("retry-after" in response.headers) == (kind == "429" and dialect == "anthropic")


@pytest.mark.parametrize("dialect", NATIVE)
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"{}", b"[" * 100_000, NESTED])
async def test_bodies_that_are_not_a_call(client: Client, dialect: str, content: bytes) -> None:
    path, _ = asked(dialect, "")
    response = await client.http.post(url(client, path), content=content)
    assert response.status_code == 400
    assert response.json()["error"]


WRONG: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {"max_tokens": None},
        {"max_tokens": 0},
        {"max_tokens": 10**6},
        {"messages": []},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": [{"role": "user", "content": 3}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "x"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
        {"temperature": 1.5},
        {"tools": {}},
        {"tools": [{"input_schema": {}}]},
        {"tool_choice": {"type": "tool", "name": "f"}},
        {"thinking": {"type": "enabled"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "always"}},
        {"output_config": {"format": {"type": "json_schema"}}},
        {"stream": "yes"},
    ],
    "gemini": [
        {"contents": []},
        {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]},
        {"contents": [{"parts": []}]},
        {"contents": [{"parts": [{"text": 3}]}]},
        {"contents": [{"parts": [{"inlineData": {}}]}]},
        {"generationConfig": {"temperature": 3}},
        {"generationConfig": {"maxOutputTokens": 10**6}},
        {"generationConfig": {"responseSchema": {"type": "STRING"}}},
        {"generationConfig": [1]},
        {"tools": [{"functionDeclarations": [{"description": "x"}]}]},
    ],
    "ollama": [
        {"messages": []},
        {"messages": [{"role": "developer", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]},
        {"format": "xml"},
        {"format": {}, "options": 3},
        {"options": {"temperature": "hot"}},
        {"tools": [{"type": "function"}]},
        {"stream": 1},
    ],
}


@pytest.mark.parametrize(("dialect", "options"), [(name, one) for name, wrong in WRONG.items() for one in wrong])
async def test_what_the_dialect_does_not_allow(client: Client, dialect: str, options: dict[str, Any]) -> None:
    response = await post(client, dialect, "hello", **options)
    assert response.status_code == 400, response.text
    assert client.simulator.served()["sim-north"]["calls"] == 0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_small_models_take_no_schema_and_some_no_tools(client: Client, dialect: str) -> None:
    function = {"name": "f", "parameters": WEATHER}
    schema: dict[str, Any] = {
        "openai": {"response_format": {"type": "json_schema", "json_schema": {"schema": WEATHER}}},
        "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}},
        "gemini": {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": WEATHER}},
        "ollama": {"format": WEATHER},
    }[dialect]
    assert (await post(client, dialect, "hello", model="shunter", **schema)).status_code == 400
    tools: dict[str, Any] = {
        "anthropic": {"tools": [{"name": "f", "input_schema": WEATHER}]},
        "gemini": {"tools": [{"functionDeclarations": [function]}]},
    }.get(dialect, {"tools": [{"type": "function", "function": function}]})
    path, body = asked(dialect, "hello", model="handcar")
    south = client.url("sim-south", "").replace("/v1/", f"/{path}")
    assert (await client.http.post(south, json=body)).status_code == 200
    assert (await client.http.post(south, json=body | tools)).status_code == 400


async def test_the_list_of_models_is_told_apart_by_what_clients_send(client: Client) -> None:
    where = url(client, "v1/models")
    shapes = {
        "openai": {},
        "anthropic": {"anthropic-version": "2023-06-01"},
        "gemini": {"x-goog-api-key": "none"},
    }
    keys = {name: set((await client.http.get(where, headers=sent)).json()) for name, sent in shapes.items()}
    assert keys["openai"] == {"object", "data"}
    assert keys["anthropic"] == {"data", "has_more", "first_id", "last_id"}
    assert keys["gemini"] == set((await client.http.get(url(client, "v1beta/models"))).json()) == {"models"}
    missing = await client.http.get(f"{where}/tender", headers=shapes["anthropic"])
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("v1/nothing", "openai"),
        ("v1/messages/nothing", "anthropic"),
        ("v1beta/models/railcar:nothing", "gemini"),
        ("v1beta/models/railcar:streamGenerateContent", "gemini"),
        ("api/nothing", "ollama"),
    ],
)
async def test_unknown_paths_are_refused_in_the_shape_that_fits(client: Client, path: str, shape: str) -> None:
    response = await client.http.post(url(client, path), json={})
    error = response.json()["error"]
    assert response.status_code == 404
    shapes = {
        "openai": lambda: error["type"] == "invalid_request_error",
        "anthropic": lambda: error["type"] == "not_found_error",
        "gemini": lambda: error["status"] == "NOT_FOUND",
        "ollama": lambda: isinstance(error, str),
    }
    assert shapes[shape]()


async def test_fields_in_geminis_other_spelling(client: Client) -> None:
    body = {
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"parts": [{"text": "what is the weather in Lisbon"}]},
            {"role": "model", "parts": [{"function_call": {"name": "get_weather", "args": {"my_city": "Lisbon"}}}]},
            {"parts": [{"function_response": {"name": "get_weather", "response": {"my_sky": "clear"}}}]},
        ],
        "generation_config": {"max_output_tokens": 50},
    }
    response = await client.http.post(url(client, "v1beta/models/railcar:generateContent"), json=body)
    assert '{"my_sky":"clear"}' in response.json()["candidates"][0]["content"]["parts"][0]["text"]


async def test_counting_costs_nothing(client: Client) -> None:
    body = asked("anthropic", "hello")[1]
    del body["max_tokens"]
    counted = (await client.http.post(url(client, "v1/messages/count_tokens"), json=body)).json()
    assert counted["input_tokens"] > 0
    assert client.simulator.served()["sim-north"]["calls"] == 0
    assert (
        await client.http.post(url(client, "v1/messages/count_tokens"), json=body | {"model": "x"})
    ).status_code == 404


async def test_a_dialect_that_is_not_spoken(client: Client) -> None:
    with pytest.raises(ValueError, match="openai, anthropic, gemini, ollama"):
        client.simulator.providers("morse")
