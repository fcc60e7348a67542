"""An Ollama around its chat: its models, a whole call and its failures over real sockets, against a stand-in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, Message, TextChunk, TextPart, Usage, UsageChunk
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.dialects.ollama import cards, detailed
from routing.providers.http import HttpProvider, probe
from routing.providers.known import LOCAL_SERVERS
from routing.providers.listing import read_listing
from routing.registry.loading import build_registry, read_overrides
from routing.registry.model import FREE, Model
from tests.wire.events import json_of
from tests.wire.ollama_stand_in import ndjson, ollama_stand_in, stream
from tests.wire.server import Act, Step, WireServer, refusal

CALL = Call((Message("user", (TextPart("Hello"),)),), 100)
HERE = ProviderConfig("ollama", "http://127.0.0.1:11434", "ollama")


@asynccontextmanager
async def an_ollama(*chat: Step, key: str | None = None) -> AsyncIterator[tuple[HttpProvider, WireServer]]:
    async with ollama_stand_in(*chat) as wire:
        provider = HttpProvider(ProviderConfig("ollama", wire.base_url, "ollama"), lambda: key)
        try:
            yield provider, wire
        finally:
            await provider.aclose()


async def models() -> dict[str, Model]:
    async with an_ollama() as (provider, _):
        return {model.name: model for model in await provider.list_models()}


# ---------------------------------------------------------------- its models
async def test_what_only_embeds_is_not_listed() -> None:
    assert list(await models()) == ["qwen3:8b", "gemma3:latest", "gpt-oss:120b-cloud"]


def test_a_name_that_says_nothing_may_belong_to_one_that_only_embeds() -> None:
    card = cards({"models": [{"model": "mine"}]})[0]
    assert read_listing([detailed(card, {"capabilities": ["embedding"]})], HERE) == ()
    assert len(read_listing([detailed(card, {"capabilities": ["completion"]})], HERE)) == 1


def test_a_server_may_state_the_fields_of_the_registry() -> None:
    entry = {"model": "mine", "pointsman": {"tier": "large", "context_window": 1000, "simulated": True}}
    (model,) = read_listing(cards({"models": [entry]}), HERE)
    assert (model.tier, model.context_window, model.simulated) == ("large", 1000, True)


async def test_what_a_model_can_do_is_what_the_server_says() -> None:
    listed = await models()
    assert listed["qwen3:8b"].capabilities == {"tools", "reasoning", "json", "json_schema", "logprobs"}
    assert listed["gemma3:latest"].capabilities == {"vision", "json", "json_schema", "logprobs"}
    assert listed["qwen3:8b"].determinism == "seed"
    assert [model.tier for model in listed.values()] == ["small", "small", "mid"]


async def test_the_window_is_what_the_modelfile_sets_or_what_memory_allows() -> None:
    listed = await models()
    set_to, affordable = listed["qwen3:8b"], listed["gemma3:latest"]
    assert (set_to.context_window, dict(set_to.sources)["context_window"]) == (16384, "server")
    assert (affordable.context_window, dict(affordable.sources)["context_window"]) == (8192, "assumed")


async def test_the_users_file_sets_a_larger_window(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text("models: {'ollama/*': {context_window: 32768}}", encoding="utf-8")
    registry = build_registry((await models()).values(), read_overrides(path))
    assert {model.context_window for model in registry.models} == {32768}


async def test_what_runs_here_is_local_and_free_and_what_is_passed_on_is_neither() -> None:
    listed = await models()
    assert (listed["qwen3:8b"].local, listed["qwen3:8b"].price) == (True, FREE)
    passed_on = listed["gpt-oss:120b-cloud"]
    assert (passed_on.local, passed_on.price, passed_on.context_window) == (False, None, 131072)
    assert passed_on.capabilities == {"tools", "reasoning"}


def test_its_cloud_makes_no_promises_of_a_machine_here() -> None:
    card = cards({"models": [{"model": "gpt-oss:120b", "details": {}}]})[0]
    shown = detailed(
        card, {"model_info": {"gptoss.context_length": 131072}, "capabilities": ["completion", "thinking"]}
    )
    (model,) = read_listing([shown], ProviderConfig("ollama-cloud", "https://ollama.com", "ollama"))
    assert (model.context_window, model.local, model.capabilities) == (131072, False, {"reasoning"})


@pytest.mark.parametrize(
    ("entry", "tier"),
    [
        ("8.2B", "small"),
        ("137M", "small"),
        ("32.8B", "mid"),
        ("1.1T", "large"),
        ("70b", "large"),
        ("", "mid"),
        (7, "mid"),
        ("9" * 400 + "T", "mid"),
    ],
)
def test_the_number_of_parameters_gives_the_tier(entry: object, tier: str) -> None:
    (model,) = read_listing(cards({"models": [{"model": "thing", "details": {"parameter_size": entry}}]}), HERE)
    assert (model.tier, model.context_window) == (tier, 4096)


async def test_a_model_that_cannot_be_shown_is_listed_all_the_same() -> None:
    def answer(head: str) -> bytes:
        if "/api/show" in head:
            return refusal(404, b'{"error": "model not found"}')
        return refusal(200, b'{"models": [{"name": "mine:1b"}]}')

    async with ollama_stand_in() as wire:
        wire.script = lambda seen: (answer(seen.head),)
        provider = HttpProvider(ProviderConfig("ollama", wire.base_url, "ollama"))
        (model,) = await provider.list_models()
        await provider.aclose()
    assert (model.name, model.context_window) == ("mine:1b", 4096)


async def test_it_is_found_by_its_list() -> None:
    async with an_ollama() as (_, wire):
        assert await probe(ProviderConfig("ollama", wire.base_url, "ollama"), 5.0)
        assert not await probe(ProviderConfig("openai", wire.base_url), 5.0)


def test_the_usual_port_is_asked_in_its_own_dialect() -> None:
    (ollama,) = [server for server in LOCAL_SERVERS if server.name == "ollama"]
    assert (ollama.dialect, ollama.base_url) == ("ollama", "http://127.0.0.1:11434")


@pytest.mark.parametrize("listing", [None, {}, {"models": {}}, {"data": []}, [], "x", 7])
def test_what_is_no_list_is_said(listing: object) -> None:
    with pytest.raises(ProviderError, match="its list of models is not one"):
        cards(listing)


SHOWN = json_of(
    "capabilities",
    "model_info",
    "parameters",
    "details",
    "parameter_size",
    "general.context_length",
    "completion",
    "vision",
    "tools",
    "thinking",
    "model",
    "name",
    "remote_host",
)


@given(st.lists(SHOWN, max_size=3), SHOWN)
def test_no_answer_breaks_the_list(entries: list[Any], shown: Any) -> None:
    for model in read_listing([detailed(card, shown) for card in cards({"models": entries})], HERE):
        assert model.context_window > 0


# ---------------------------------------------------------------- whole calls
async def collect(provider: HttpProvider) -> list[Chunk]:
    (model, *_) = await provider.list_models()
    return [chunk async for chunk in provider.stream(CALL, model, Timeouts())]


async def test_a_whole_call() -> None:
    async with an_ollama(ndjson(stream("plain")), key="sk-1") as (provider, wire):
        chunks = await collect(provider)
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)) == "Grüezi – 四 🙂\u2028"
    assert chunks[-2:] == [UsageChunk(Usage(26, 9, reported=True)), FinishChunk("stop")]
    request = wire.requests[-1]
    assert request.head.startswith("POST /api/chat ")
    assert "authorization: bearer sk-1" in request.head.lower()
    assert json.loads(request.body)["options"] == {"num_ctx": 16384, "num_predict": 100}


TOO_LONG = {
    "code": 400,
    "message": "request (351 tokens) exceeds the available context size (256 tokens), try increasing it",
    "type": "exceed_context_size_error",
}
OVERFLOW = json.dumps({"error": json.dumps({"error": TOO_LONG})}).encode()  # JSON in JSON, as it is passed on


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(404, b'{"error":"model \'qwen3:8b\' not found"}'), ErrorKind.NOT_FOUND),
        (refusal(400, OVERFLOW), ErrorKind.CONTEXT_LENGTH),
        (refusal(401, b'{"error":"unauthorized","signin_url":"https://ollama.com/connect"}'), ErrorKind.AUTH),
        (refusal(503, b'{"error":"server busy, maximum pending requests exceeded"}'), ErrorKind.OVERLOADED),
        (refusal(500, b'{"error":"llama runner process has terminated"}'), ErrorKind.SERVER_ERROR),
        (refusal(502, b'{"error":"upstream error"}'), ErrorKind.SERVER_ERROR),
        (ndjson(b""), ErrorKind.MALFORMED_STREAM),
        (ndjson(stream("error")), ErrorKind.MALFORMED_STREAM),
        (ndjson(stream("plain").splitlines()[0]), ErrorKind.MALFORMED_STREAM),
        (refusal(200, stream("plain").splitlines()[-1]), ErrorKind.MALFORMED_STREAM),
        (refusal(200, b"<html>", kind="text/html"), ErrorKind.MALFORMED_STREAM),
        (Act.RESET, ErrorKind.CONNECTION),
    ],
)
async def test_how_a_call_fails(answer: Step, kind: ErrorKind) -> None:
    async with an_ollama(answer) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await collect(provider)
    assert caught.value.kind is kind


async def test_a_body_that_stays_open_after_its_last_line_is_not_waited_for() -> None:
    async with an_ollama(ndjson(stream("plain")), Act.STALL) as (provider, wire):
        chunks = await collect(provider)
        await wire.gone.wait()
    assert chunks[-1] == FinishChunk("stop")
