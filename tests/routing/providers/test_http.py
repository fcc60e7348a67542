"""Over real sockets: every way in which a server on loopback can answer, refuse, stall or break."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from pathlib import Path

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, LimitsChunk, Message, TextChunk, TextPart, UsageChunk
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.http import HttpProvider, probe
from routing.registry.model import FREE, Model
from tests.fakes import take
from tests.wire.server import Act, WireServer, chunked, refusal, sse, wire_server

WIRE = Path(__file__).parents[2] / "wire" / "openai"
WHOLE = (WIRE / "vllm.sse").read_bytes()
BEGUN = b'data: {"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"One "}}]}\n\n'
COMMENT = b": still here\n\n"
CALL = Call((Message("user", (TextPart("Hello \ud800"),)),), 100)
MODEL = Model("p/m", "p", "m", "small")
PATIENT = Timeouts()
SOON = Timeouts(connect_s=5.0, first_token_s=0.05, idle_s=0.05, total_s=5.0)
K = ErrorKind


def a_provider(wire: WireServer, key: str | None = None) -> HttpProvider:
    return HttpProvider(ProviderConfig("p", wire.base_url, key="P_API_KEY"), lambda: key)


@asynccontextmanager
async def answering(*script: bytes | Act, key: str | None = None) -> AsyncIterator[tuple[HttpProvider, WireServer]]:
    async with wire_server(*script) as wire:
        provider = a_provider(wire, key)
        try:
            yield provider, wire
        finally:
            await provider.aclose()


async def failing(
    *script: bytes | Act, timeouts: Timeouts = PATIENT, key: str | None = None
) -> tuple[ProviderError, str]:
    """How a call to a server with this script fails, and the text that came before."""
    chunks: list[Chunk] = []
    async with answering(*script, key=key) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await take(provider.stream(CALL, MODEL, timeouts), chunks)
    return caught.value, "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


# ---------------------------------------------------------------- what goes well
async def test_a_stream_ends_with_its_usage_and_its_finish() -> None:
    chunks: list[Chunk] = []
    async with answering(sse(WHOLE), key="sk-1") as (provider, wire):
        await take(provider.stream(CALL, MODEL, PATIENT), chunks)
    assert [type(chunk) for chunk in chunks[-2:]] == [UsageChunk, FinishChunk]
    request = wire.requests[0]
    assert request.head.startswith("POST /v1/chat/completions ")
    assert "authorization: bearer sk-1" in request.head.lower()
    assert json.loads(request.body)["messages"][0]["content"] == "Hello ?"


async def test_without_a_key_no_authorization_is_sent() -> None:
    async with answering(sse(WHOLE)) as (provider, wire):
        await take(provider.stream(CALL, MODEL, PATIENT), [])
    assert "authorization" not in wire.requests[0].head.lower()


async def test_a_connection_is_used_again() -> None:
    async with answering(chunked(WHOLE), Act.KEEP) as (provider, wire):
        for _ in range(3):
            await take(provider.stream(CALL, MODEL, PATIENT), [])
    assert (wire.connections, len(wire.requests)) == (1, 3)


async def test_a_server_that_keeps_the_body_open_after_the_end_marker_is_not_waited_for() -> None:
    chunks: list[Chunk] = []
    async with answering(sse(WHOLE), Act.STALL) as (provider, wire):
        await take(provider.stream(CALL, MODEL, PATIENT), chunks)
        await wire.gone.wait()
    assert isinstance(chunks[-1], FinishChunk)


@pytest.mark.parametrize("ending", [(), (Act.RESET,)], ids=["EOF", "reset"])
async def test_what_breaks_after_the_finish_breaks_nothing(ending: tuple[Act, ...]) -> None:
    chunks: list[Chunk] = []
    async with answering(sse(WHOLE.removesuffix(b"data: [DONE]\n\n")), *ending) as (provider, _):
        await take(provider.stream(CALL, MODEL, PATIENT), chunks)
    assert isinstance(chunks[-1], FinishChunk)


async def test_silence_after_the_finish_loses_nothing() -> None:
    chunks: list[Chunk] = []
    patient = Timeouts(first_token_s=5.0, idle_s=0.05)
    async with answering(sse(WHOLE.removesuffix(b"data: [DONE]\n\n")), Act.STALL) as (provider, _):
        await take(provider.stream(CALL, MODEL, patient), chunks)
    assert isinstance(chunks[-1], FinishChunk)


async def test_a_request_id_is_masked_and_on_one_line() -> None:
    named = WHOLE.replace(b'"chatcmpl-2"', b'"of sk-77\\u001b[0m\\n"')
    chunks: list[Chunk] = []
    async with answering(sse(named), key="sk-77") as (provider, _):
        await take(provider.stream(CALL, MODEL, PATIENT), chunks)
    assert chunks[-1] == FinishChunk("stop", "of ••• [0m")


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (401, b'{"error":{"message":"bad key"}}', (), K.AUTH),
        (403, b"{}", (), K.PERMISSION),
        (404, b'{"error":{"code":"model_not_found","message":"model gone"}}', (), K.NOT_FOUND),
        (400, b'{"error":{"message":"no"}}', (), K.INVALID_REQUEST),
        (400, b'{"error":{"type":"exceed_context_size_error","message":"9 > 8"}}', (), K.CONTEXT_LENGTH),
        (400, b'{"error":{"code":"content_filter","message":"no"}}', (), K.CONTENT_FILTER),
        (429, b"", ("retry-after: 7",), K.RATE_LIMIT),
        (402, b"", (), K.QUOTA),
        (504, b"", (), K.TIMEOUT),
        (503, b"", (), K.OVERLOADED),
        (500, b"<html>", (), K.SERVER_ERROR),
        (307, b"", ("location: http://elsewhere/",), K.MALFORMED_STREAM),
    ],
)
async def test_a_refusal(status: int, body: bytes, headers: tuple[str, ...], kind: ErrorKind) -> None:
    failure, _ = await failing(refusal(status, body, *headers))
    assert (failure.kind, failure.status, failure.sent) == (kind, status, True)
    assert failure.retry_after_s == (7.0 if status == 429 else None)


async def test_a_refusal_that_repeats_the_key_is_masked() -> None:
    failure, _ = await failing(refusal(401, b'{"error":{"message":"bad key sk-77"}}'), key="sk-77")
    assert failure.words == "bad key •••"


async def test_a_refusal_without_end_is_not_read_to_its_end() -> None:
    async with answering(refusal(500, b"x" * 200_000).replace(b"200000", b"900000"), Act.STALL) as (provider, wire):
        with pytest.raises(ProviderError) as caught:
            await take(provider.stream(CALL, MODEL, PATIENT), [])
        await wire.gone.wait()
    assert caught.value.kind is K.SERVER_ERROR


async def test_a_refusal_cut_in_its_body_is_known_by_its_status() -> None:
    failure, _ = await failing(b"HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\nhalf", Act.RESET)
    assert failure.kind is K.SERVER_ERROR


# ---------------------------------------------------------------- broken streams
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sse(b""), "empty reply"),
        (sse(COMMENT), "empty reply"),
        (refusal(200, b"", kind="text/plain"), "empty reply"),
        (refusal(200, b"<!doctype html><p>hi", kind="text/html; charset=utf-8"), "web page; is the base URL right"),
        (refusal(200, b'{"choices": []}'), "JSON instead of a stream"),
        (refusal(200, b"hello", kind="text/plain"), "text/plain instead of a stream"),
        (sse(b"data: garbage\n\n"), "not JSON"),
        (sse(BEGUN), "ended before the answer did"),
        (sse(BEGUN + b'data: {"error": {"message": "it fell over"}}\n\n'), "it fell over"),
    ],
)
async def test_an_answer_that_is_no_whole_stream(answer: bytes, said: str) -> None:
    failure, _ = await failing(answer)
    assert failure.kind is K.MALFORMED_STREAM
    assert said in failure.words


async def test_an_error_as_json_at_200_is_classified() -> None:
    failure, _ = await failing(refusal(200, b'{"error":{"code":"rate_limit_exceeded","message":"slow"}}'))
    assert failure.kind is K.RATE_LIMIT


async def test_a_stream_that_breaks_keeps_what_came() -> None:
    failure, text = await failing(sse(BEGUN), b"data: {", Act.RESET)
    assert (failure.kind, text) == (K.MALFORMED_STREAM, "One ")


async def test_a_chunked_stream_cut_in_its_middle() -> None:
    failure, text = await failing(chunked(BEGUN).removesuffix(b"0\r\n\r\n"))
    assert (failure.kind, text) == (K.MALFORMED_STREAM, "One ")


@pytest.mark.parametrize("script", [(Act.RESET,), (), (sse(b""), Act.RESET)], ids=["reset", "EOF", "headers"])
async def test_a_connection_lost_before_the_first_token(script: tuple[bytes | Act, ...]) -> None:
    failure, _ = await failing(*script)
    assert (failure.kind, failure.sent) == (K.CONNECTION, True)
    assert "lost before" in failure.words


async def test_an_event_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.reading._MAX_EVENT_BYTES", 100_000)
    events = BEGUN * 2000  # more than that in all, and none of them alone
    failure, text = await failing(sse(events), b"data: " + b"x" * 200_000, Act.STALL)
    assert (failure.kind, text) == (K.MALFORMED_STREAM, "One " * 2000)
    assert "longer than" in failure.words


# ---------------------------------------------------------------- connecting
async def test_a_refused_connection_was_never_sent() -> None:
    async with wire_server() as wire:
        provider = a_provider(wire)
    with pytest.raises(ProviderError, match="connection refused") as caught:
        await take(provider.stream(CALL, MODEL, PATIENT), [])
    await provider.aclose()
    assert (caught.value.kind, caught.value.sent) == (K.CONNECTION, False)


@pytest.mark.parametrize(
    "base_url",
    ["ftp://127.0.0.1/v1", "no url", "http://[::1/v1", "https://127.0.0.1:1/v1", "http://127.0.0.1:99999/v1"],
)
async def test_a_base_url_that_leads_nowhere(base_url: str) -> None:
    provider = HttpProvider(ProviderConfig("p", base_url))
    with pytest.raises(ProviderError) as caught:
        await take(provider.stream(CALL, MODEL, PATIENT), [])
    await provider.aclose()
    assert (caught.value.kind, caught.value.sent) == (K.CONNECTION, False)


async def test_a_connection_that_nobody_takes() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as waiting:
        for _ in range(4):  # more than the queue of a listener holds, so that the next one is left unanswered
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(busy.getsockname())
        provider = HttpProvider(ProviderConfig("p", f"http://127.0.0.1:{busy.getsockname()[1]}/v1"))
        with pytest.raises(ProviderError, match=r"no connection in 0\.05 s") as caught:
            await take(provider.stream(CALL, MODEL, Timeouts(connect_s=0.05)), [])
        await provider.aclose()
    assert (caught.value.kind, caught.value.sent) == (K.TIMEOUT, False)


@pytest.mark.parametrize("key", ["sk-clé", "sk-one\ntwo", "sk-one\r\nx-other: two", "sk-\ud800"])
async def test_a_key_that_no_header_can_carry_is_not_sent_and_not_repeated(key: str) -> None:
    async with answering(sse(WHOLE), key=key) as (provider, wire):
        with pytest.raises(ProviderError) as asked:
            await take(provider.stream(CALL, MODEL, PATIENT), [])
        with pytest.raises(ProviderError) as listed:
            await provider.list_models()
    for failure in (asked.value, listed.value):
        assert (failure.kind, failure.sent) == (K.AUTH, False)
        assert "sk-" not in str(failure)
    assert wire.requests == []


# ---------------------------------------------------------------- waiting
@pytest.mark.parametrize(
    "script", [(Act.STALL,), (sse(b""), Act.STALL), (sse(COMMENT), Act.STALL)], ids=["nothing", "headers", "comment"]
)
async def test_no_first_token(script: tuple[bytes | Act, ...]) -> None:
    failure, _ = await failing(*script, timeouts=SOON)
    assert (failure.kind, failure.words) == (K.TIMEOUT, "no first token in 0.05 s")


async def test_silence_in_mid_stream_keeps_what_came() -> None:
    patient = Timeouts(first_token_s=5.0, idle_s=0.05)
    failure, text = await failing(sse(BEGUN), Act.STALL, timeouts=patient)
    assert (failure.kind, failure.words, text) == (K.TIMEOUT, "went silent for 0.05 s", "One ")


async def test_an_answer_that_takes_too_long_in_all() -> None:
    patient = Timeouts(first_token_s=5.0, idle_s=5.0, total_s=0.1)
    failure, text = await failing(sse(BEGUN), Act.STALL, timeouts=patient)
    assert (failure.kind, failure.words, text) == (K.TIMEOUT, "not finished in 0.1 s", "One ")


async def test_a_slow_reader_is_no_silence() -> None:
    """Only waiting for the server counts: here the reader waits longer than `idle_s` for its own work."""
    async with answering(sse(WHOLE)) as (provider, _):
        chunks: list[Chunk] = []
        hurried = Timeouts(first_token_s=5.0, idle_s=0.02)
        async for chunk in provider.stream(CALL, MODEL, hurried):
            chunks.append(chunk)
            own_work = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.04, own_work.set_result, None)
            await own_work
    assert isinstance(chunks[-1], FinishChunk)


# ---------------------------------------------------------------- cancelling and closing
@pytest.mark.parametrize("script", [(Act.STALL,), (sse(BEGUN), Act.STALL)], ids=["before", "in mid-stream"])
async def test_cancelling_closes_the_connection(script: tuple[bytes | Act, ...]) -> None:
    async with answering(*script) as (provider, wire):
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in provider.stream(CALL, MODEL, PATIENT):
                begun.set()

        task = asyncio.create_task(read())
        await (begun if len(script) > 1 else wire.asked).wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wire.gone.wait()


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with answering(sse(BEGUN), Act.STALL) as (provider, wire):
        async with aclosing(provider.stream(CALL, MODEL, PATIENT)) as chunks:
            assert await anext(chunks) == TextChunk("One ")
        await wire.gone.wait()


async def test_closing_the_iterator_before_the_answer_closes_the_connection() -> None:
    announced = sse(b"").replace(b"connection: close", b"x-ratelimit-remaining-requests: 1")
    async with answering(announced, Act.STALL) as (provider, wire):
        async with aclosing(provider.stream(CALL, MODEL, PATIENT)) as chunks:
            assert isinstance(await anext(chunks), LimitsChunk)
        await asyncio.wait_for(wire.gone.wait(), 5.0)


@pytest.mark.parametrize(
    ("recorded", "kind", "said"),
    [
        ("llamacpp-overflow", K.CONTEXT_LENGTH, "924 tokens"),
        ("llamacpp-wrong-key", K.AUTH, "Invalid API Key"),
        ("llamacpp-loading", K.OVERLOADED, "Loading model"),
    ],
)
async def test_how_llama_cpp_refuses(recorded: str, kind: ErrorKind, said: str) -> None:
    error, _ = await failing((WIRE / f"{recorded}.http").read_bytes())
    assert error.kind is kind
    assert said in str(error)


# ---------------------------------------------------------------- lists of models
async def test_a_local_server_lists_its_models() -> None:
    listing = (WIRE / "llamacpp-models.json").read_bytes()
    async with answering(refusal(200, listing)) as (provider, wire):
        (model,) = await provider.list_models()
        assert await probe(ProviderConfig("p", wire.base_url), 5.0)
    assert (model.id, model.context_window, model.local, model.price) == ("p/tiny-sure", 512, True, FREE)
    assert wire.requests[0].head.startswith("GET /v1/models ")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(401, b""), K.AUTH),
        (refusal(200, b"<html>", kind="text/html"), K.MALFORMED_STREAM),
        (refusal(200, b'{"models": 7}'), K.MALFORMED_STREAM),
        (Act.RESET, K.CONNECTION),
    ],
)
async def test_a_list_that_cannot_be_had(answer: bytes | Act, kind: ErrorKind) -> None:
    async with answering(answer) as (provider, wire):
        with pytest.raises(ProviderError) as caught:
            await provider.list_models()
        assert not await probe(ProviderConfig("p", wire.base_url), 5.0)
    assert caught.value.kind is kind


async def test_a_list_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.providers.http._MOST_LISTED_BYTES", 1000)
    endless = refusal(200, b"[" * 5000).replace(b"5000", b"9000")
    async with answering(endless, Act.STALL) as (provider, wire):
        with pytest.raises(ProviderError, match="its list of models is longer"):
            await provider.list_models()
        await wire.gone.wait()


async def test_a_server_without_a_list_has_the_models_that_the_configuration_names() -> None:
    async with wire_server(refusal(404, b"not here")) as wire:
        provider = HttpProvider(ProviderConfig("p", wire.base_url, models=("one", "two")))
        assert [model.id for model in await provider.list_models()] == ["p/one", "p/two"]
        await provider.aclose()


async def test_named_models_stand_beside_those_that_are_listed() -> None:
    async with wire_server(refusal(200, b'{"data": [{"id": "one", "context_window": 7000}]}')) as wire:
        provider = HttpProvider(ProviderConfig("p", wire.base_url, models=("one", "two")))
        found = {model.name: model.context_window for model in await provider.list_models()}
        await provider.aclose()
    assert (list(found), found["one"]) == (["one", "two"], 7000)


async def test_names_do_not_hide_that_a_server_is_down() -> None:
    provider = HttpProvider(ProviderConfig("p", "http://127.0.0.1:9/v1", models=("one",)))
    with pytest.raises(ProviderError):
        await provider.list_models()
    await provider.aclose()
