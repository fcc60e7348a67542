"""The decoder: fixtures to chunks, whatever the cuts of the network; and what it says of a broken stream."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from routing.errors import ErrorKind, ProviderError
from routing.messages import (
    Chunk,
    FinishChunk,
    ReasoningChunk,
    TextChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers.dialects.openai import Decoder
from tests.wire.events import decoded as through
from tests.wire.events import fed, json_of, recordings

RECORDED = recordings("openai")
BROKEN = ("openrouter-error", "litellm-error", "deepseek-busy")
FIXTURES = {name: body for name, body in RECORDED.items() if name not in BROKEN}


async def decoded(*pieces: bytes) -> list[Chunk]:
    return await through(Decoder(), *pieces)


def feed(*events: Any) -> list[Chunk]:
    return fed(Decoder(), *events)


def an_event(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


# ---------------------------------------------------------------- fixtures
async def test_llama_cpp_sends_tokens_with_their_runner_up() -> None:
    chunks = await decoded(FIXTURES["llamacpp"])
    words, (usage, finish) = chunks[:-2], chunks[-2:]
    assert all(isinstance(chunk, TextChunk) and len(chunk.logprobs) == 1 for chunk in words)
    first = words[0]
    assert isinstance(first, TextChunk)
    token = first.logprobs[0]
    assert token.token == first.text
    assert token.second is not None
    assert token.second != token.logprob
    assert isinstance(usage, UsageChunk)
    assert (usage.usage.input_tokens, usage.usage.output_tokens, usage.usage.reported) == (25, 4, True)
    assert isinstance(finish, FinishChunk)
    assert finish.reason == "length"
    assert finish.request_id is not None
    assert finish.request_id.startswith("chatcmpl-")


async def test_openrouter_sends_comments_and_reasoning() -> None:
    assert await decoded(FIXTURES["openrouter"]) == [
        ReasoningChunk("Two and "),
        ReasoningChunk("two."),
        TextChunk("Four"),
        TextChunk(" – 四 🙂"),
        UsageChunk(Usage(10, 14, cached_tokens=4, reasoning_tokens=9, reported=True)),
        FinishChunk("stop", "gen-1"),
    ]


async def test_vllm_sends_running_totals_and_the_last_counts() -> None:
    assert await decoded(FIXTURES["vllm"]) == [
        ReasoningChunk("Hm."),
        TextChunk("Yes", (TokenLogprob("Yes", -0.1, -2.5),)),
        TextChunk(".", (TokenLogprob(".", -0.2, -1.9),)),
        UsageChunk(Usage(5, 3, reported=True)),
        FinishChunk("stop", "chatcmpl-2"),
    ]


async def test_tool_calls_come_in_pieces() -> None:
    assert await decoded(FIXTURES["tools"]) == [
        ToolCallChunk(ToolCall(0, "call_a", "weather", "")),
        ToolCallChunk(ToolCall(0, "", "", '{"city":')),
        ToolCallChunk(ToolCall(0, "", "", '"Bern"}')),
        FinishChunk("tool_calls", "chatcmpl-3"),
    ]


async def test_gemini_counts_its_thoughts_in_the_total_alone() -> None:
    assert await decoded(FIXTURES["gemini"]) == [
        TextChunk("Grüezi"),
        TextChunk("!"),
        UsageChunk(Usage(6, 35, reasoning_tokens=32, reported=True)),
        FinishChunk("stop", "g-4"),
    ]


async def test_llama_cpp_counts_what_it_had_in_its_cache() -> None:
    chunks = await decoded(FIXTURES["llamacpp-schema"])
    assert json.loads(text(chunks)) == 7
    assert chunks[-2] == UsageChunk(Usage(25, 14, cached_tokens=24, reported=True))


HM = ReasoningChunk("Hm.")
JA = TextChunk("Ja")


@pytest.mark.parametrize(
    ("name", "chunks"),
    [
        (
            "azure",
            [TextChunk("Hello"), UsageChunk(Usage(1200, 2, cached_tokens=1024, reported=True)), "stop", "chatcmpl-az"],
        ),
        (
            "openrouter-cache",
            [
                JA,
                UsageChunk(Usage(3000, 2, cached_tokens=1000, reported=True, cache_write_tokens=1500)),
                "stop",
                "gen-5",
            ],
        ),
        (
            "vllm-reasoning",
            [ReasoningChunk("So."), JA, UsageChunk(Usage(9, 4, reported=True)), "stop", "chatcmpl-7"],
        ),
        ("lmstudio", [HM, JA, UsageChunk(Usage(21, 6, reasoning_tokens=4, reported=True)), "stop", "chatcmpl-8"]),
        ("llama-cpp-python", [JA, "stop", "chatcmpl-10"]),
        (
            "deepseek",
            [HM, JA, UsageChunk(Usage(200, 5, cached_tokens=128, reasoning_tokens=3, reported=True)), "stop", "ds-11"],
        ),
        (
            "mistral",
            [
                ReasoningChunk("Hm, "),
                ReasoningChunk("so."),
                JA,
                TextChunk("."),
                UsageChunk(Usage(11, 9, reported=True)),
                "length",
                "mi-13",
            ],
        ),
        (
            "groq",
            [HM, JA, UsageChunk(Usage(40, 7, cached_tokens=32, reasoning_tokens=3, reported=True)), "stop", "gq-14"],
        ),
        (
            "xai",
            [HM, JA, UsageChunk(Usage(32, 103, cached_tokens=6, reasoning_tokens=94, reported=True)), "stop", "xa-15"],
        ),
        ("together", [JA, UsageChunk(Usage(12, 2, reported=True)), "stop", "to-16"]),
        ("fireworks", [JA, UsageChunk(Usage(13, 1, cached_tokens=8, reported=True)), "length", "fw-17"]),
        ("cerebras", [HM, JA, UsageChunk(Usage(14, 5, reported=True)), "stop", "cb-18"]),
    ],
)
async def test_what_each_server_sends_in_its_own_way(name: str, chunks: list[Any]) -> None:
    *said, reason, request_id = chunks
    assert await decoded(FIXTURES[name]) == [*said, FinishChunk(reason, request_id)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("openrouter-error", ErrorKind.OVERLOADED),
        ("litellm-error", ErrorKind.OVERLOADED),
        ("deepseek-busy", ErrorKind.OVERLOADED),
    ],
)
async def test_how_each_server_says_that_it_broke(name: str, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        await decoded(RECORDED[name])
    assert caught.value.kind is kind


def test_a_flat_error_before_the_end_marker_is_no_answer() -> None:
    """As older vLLM writes it."""
    flat = {"object": "error", "message": "Internal server error", "type": "InternalServerError", "code": 500}
    with pytest.raises(ProviderError, match="Internal server error") as caught:
        feed(an_event(content="Yes"), flat, "[DONE]")
    assert caught.value.kind is ErrorKind.SERVER_ERROR


def test_calls_without_a_place_are_told_apart_by_their_order() -> None:
    one, two = ({"id": name, "function": {"name": name, "arguments": "{}"}} for name in "ab")
    assert feed(an_event(tool_calls=[one, two]), an_event("tool_calls"))[:2] == [
        ToolCallChunk(ToolCall(0, "a", "a", "{}")),
        ToolCallChunk(ToolCall(1, "b", "b", "{}")),
    ]


@pytest.mark.parametrize("prompt", [0, -1, 10**40, None, "9", True])
def test_counts_that_make_no_sense_are_not_known(prompt: Any) -> None:
    usage = {"usage": {"prompt_tokens": prompt, "completion_tokens": 3}}
    assert feed(an_event(content="Yes"), an_event("stop") | usage) == [TextChunk("Yes"), FinishChunk("stop", "x")]


# ---------------------------------------------------------------- cuts
@pytest.mark.parametrize("fixture", FIXTURES.values(), ids=FIXTURES.keys())
async def test_a_stream_without_its_last_newlines_is_whole(fixture: bytes) -> None:
    assert await decoded(fixture.rstrip()) == await decoded(fixture)


@pytest.mark.parametrize("fixture", FIXTURES.values(), ids=FIXTURES.keys())
async def test_a_stream_cut_before_its_finish_is_malformed(fixture: bytes) -> None:
    for end in range(0, fixture.index(b'finish_reason":"'), 7):
        with pytest.raises(ProviderError) as caught:
            await decoded(*([fixture[:end]] if end else []))
        assert caught.value.kind is ErrorKind.MALFORMED_STREAM


# ---------------------------------------------------------------- single events
def test_the_end_marker_alone_ends_an_answer() -> None:
    assert feed(an_event(content="Yes"), "[DONE]") == [TextChunk("Yes"), FinishChunk("stop", "x")]


def test_a_finish_alone_ends_an_answer() -> None:
    assert feed(an_event(content="Yes"), an_event("length")) == [TextChunk("Yes"), FinishChunk("length", "x")]


def test_a_refusal_is_text_that_ends_as_filtered() -> None:
    chunks = feed(an_event(refusal="I cannot"), an_event("stop"))
    assert chunks == [TextChunk("I cannot"), FinishChunk("content_filter", "x")]


def test_the_pieces_of_a_character_belong_to_the_text_that_follows() -> None:
    half, rest = an_event(content=""), an_event(content="é")
    half["choices"][0]["logprobs"] = {"content": [{"token": "\\xc3", "logprob": -1.0}]}
    rest["choices"][0]["logprobs"] = {"content": [{"token": "\\xa9", "logprob": -2.0}]}
    tokens = (TokenLogprob("\\xc3", -1.0), TokenLogprob("\\xa9", -2.0))
    assert feed(half, rest, "[DONE]")[0] == TextChunk("é", tokens)


@pytest.mark.parametrize(
    "unknown",
    [{"type": "ping"}, {"object": "response.created", "response": {}}, {}, {"id": "x", "usage": None}],
)
def test_unknown_events_are_skipped(unknown: dict[str, Any]) -> None:
    assert feed(unknown, an_event(content="Yes"), unknown, "[DONE]")[0] == TextChunk("Yes")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{oops", "not JSON"),
        ("[1]", "list"),
        ({"object": "chat.completion.chunk"}, "chat.completion.chunk without choices"),
        ({"object": "chat.completion", "choices": [{"message": {"content": "hi"}}]}, "chat.completion without delta"),
        ({"object": "chat.completion.chunk", "choices": [7]}, "chat.completion.chunk"),
        ({"object": "chat.completion.chunk", "choices": 7}, "chat.completion.chunk"),
        (an_event(content=["hi"]), "chat.completion.chunk"),
        (an_event(content=[{"type": "text", "text": 7}]), "chat.completion.chunk"),
        (an_event(content=7), "content is a int"),
        (an_event([]), "chat.completion.chunk"),
        (an_event(tool_calls=[{"index": "first"}]), "chat.completion.chunk"),
        (an_event(tool_calls=7), "chat.completion.chunk"),
        ({"choices": [{"delta": {"content": "a"}, "logprobs": {"content": [{"token": "a"}]}}]}, "logprob"),
        ({"choices": [{"delta": {"content": "a"}, "logprobs": {"content": [{"token": 7}]}}]}, "a token is a int"),
        ('{"choices": [{"delta": {"tool_calls": [{"index": Infinity}]}}]}', "infinity"),
    ],
)
def test_what_is_wrong_in_an_event_is_said(event: Any, said: str) -> None:
    with pytest.raises(ProviderError, match=said) as caught:
        feed(event)
    assert caught.value.kind is ErrorKind.MALFORMED_STREAM


JSON = json_of(
    *("choices", "delta", "content", "logprobs", "tool_calls", "usage", "error", "finish_reason", "function", "index"),
    *("object", "id", "code", "details", "metadata", "token", "logprob", "top_logprobs", "x_groq", "type", "text"),
    *("thinking", "reasoning", "arguments"),
)


@given(JSON)
def test_no_event_breaks_the_decoder(event: Any) -> None:
    decoder = Decoder()
    try:
        decoder.feed(json.dumps(event))
        decoder.finish()
    except ProviderError:
        pass


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ({"code": 429, "message": "slow"}, ErrorKind.RATE_LIMIT),
        ({"code": "502", "message": "bad gateway"}, ErrorKind.SERVER_ERROR),
        ({"type": "overloaded_error", "message": "busy"}, ErrorKind.OVERLOADED),
        ({"code": "context_length_exceeded", "message": "long"}, ErrorKind.CONTEXT_LENGTH),
        ({"message": "something"}, ErrorKind.MALFORMED_STREAM),
        ("something", ErrorKind.MALFORMED_STREAM),
    ],
)
def test_an_error_in_mid_stream_is_classified_by_its_code(inner: Any, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        feed(an_event(content="Yes"), {"error": inner})
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("eos", "stop"),
        ("function_call", "tool_calls"),
        ("max_tokens", "length"),
        ("content_filter", "content_filter"),
        ("stop_sequence", "stop"),
        ("something new", "stop"),
    ],
)
def test_a_finish_is_one_of_four(said: str, meant: str) -> None:
    assert feed(an_event(said)) == [FinishChunk(meant, "x")]


def test_a_finish_of_error_is_an_error() -> None:
    with pytest.raises(ProviderError) as caught:
        feed({"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 503, "message": "down"}}]})
    assert caught.value.kind is ErrorKind.OVERLOADED


def test_the_key_is_masked_wherever_a_stream_repeats_it() -> None:
    with pytest.raises(ProviderError) as caught:
        Decoder("sk-secret").feed('{"error": {"message": "bad key sk-secret"}}')
    assert "sk-secret" not in str(caught.value)
