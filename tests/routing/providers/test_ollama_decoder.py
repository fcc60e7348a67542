"""The lines of a chat to chunks, whatever the cuts of the network; and what is said of broken ones."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from routing.providers.dialects.ollama import Decoder
from tests.wire.events import decoded as through
from tests.wire.events import fed, json_of
from tests.wire.ollama_stand_in import RECORDED, stream

STREAMS = {path.stem: path.read_bytes() for path in sorted(RECORDED.glob("*.ndjson"))}
WHOLE = {name: body for name, body in STREAMS.items() if name != "error"}
COUNTED = UsageChunk(Usage(26, 9, reported=True))
END = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}


async def decoded(*pieces: bytes) -> list[Chunk]:
    return await through(Decoder(), *pieces, framing="ndjson")


def feed(*lines: Any) -> list[Chunk]:
    return fed(Decoder(), *lines)


def said(**message: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", **message}, "done": False}


# ---------------------------------------------------------------- streams
@pytest.mark.parametrize(
    ("name", "chunks"),
    [
        ("plain", [TextChunk("Grüezi"), TextChunk(" – 四 🙂\u2028"), COUNTED, FinishChunk("stop")]),
        (
            "thinking",
            [ReasoningChunk("Two and "), ReasoningChunk("two."), TextChunk("Four"), COUNTED, FinishChunk("length")],
        ),
        (
            "tools",
            [
                ReasoningChunk("The weather."),
                ToolCallChunk(ToolCall(0, "call_x1", "weather", '{"city": "Zürich", "days": 2}')),
                ToolCallChunk(ToolCall(1, "call_1", "clock", "{}")),
                COUNTED,
                FinishChunk("tool_calls"),
            ],
        ),
        ("cached", [TextChunk("Ja"), FinishChunk("stop")]),
        ("load", [FinishChunk("stop")]),
        ("aimock", [TextChunk("Hi there, this is a "), TextChunk("mock answer."), FinishChunk("stop")]),
        (
            "aimock-tools",
            [ToolCallChunk(ToolCall(0, "call_0", "get_weather", '{"city": "SF"}')), FinishChunk("tool_calls")],
        ),
    ],
)
async def test_streams(name: str, chunks: list[Chunk]) -> None:
    assert await decoded(STREAMS[name]) == chunks


async def test_log_probabilities_belong_to_the_answer_and_not_to_the_thoughts() -> None:
    assert await decoded(STREAMS["logprobs"]) == [
        ReasoningChunk("Hm."),
        TextChunk("é", (TokenLogprob("\ufffd", -0.4, -2.0), TokenLogprob("\ufffd", -0.3, -2.5))),
        TextChunk(".", (TokenLogprob(".", -0.1, -3.0),)),
        COUNTED,
        FinishChunk("stop"),
    ]


async def test_an_error_in_mid_stream_ends_it() -> None:
    with pytest.raises(ProviderError, match="encountered while running"):
        await decoded(STREAMS["error"])


# ---------------------------------------------------------------- cuts
@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
async def test_the_last_newline_may_be_missing_and_a_byte_order_mark_may_be_there(body: bytes) -> None:
    assert await decoded(b"\xef\xbb\xbf" + body.rstrip()) == await decoded(body)


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
async def test_a_stream_that_ends_early_is_malformed(body: bytes) -> None:
    for end in range(0, len(body.rstrip()), 5):
        with pytest.raises(ProviderError) as caught:
            await decoded(*([body[:end]] if end else []))
        assert caught.value.kind is ErrorKind.MALFORMED_STREAM


async def test_bytes_that_are_not_utf8_are_replaced() -> None:
    body = stream("plain").replace("四".encode(), b"\xff")
    assert TextChunk(" – \ufffd 🙂\u2028") in await decoded(body)


# ---------------------------------------------------------------- single lines
@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", "stop"), ("length", "length"), ("load", "stop"), ("unload", "stop"), ("", "stop"), (None, "stop")],
)
def test_a_finish_is_one_of_four(reason: object, finish: str) -> None:
    assert feed(END | {"done_reason": reason}) == [FinishChunk(finish)]


@pytest.mark.parametrize("done", ["true", 1, None, {}])
def test_only_a_plain_true_is_the_end(done: object) -> None:
    with pytest.raises(ProviderError, match="ended before"):
        feed(said(content="Yes") | {"done": done, "done_reason": "stop"})


def test_the_last_line_may_carry_text() -> None:
    assert feed(said(content="Yes") | {"done": True}) == [TextChunk("Yes"), FinishChunk("stop")]


@pytest.mark.parametrize(
    "counts", [{"eval_count": 3}, {"prompt_eval_count": 0, "eval_count": 3}, {"prompt_eval_count": "9"}]
)
def test_tokens_that_were_not_counted_are_not_reported(counts: dict[str, Any]) -> None:
    assert feed(END | counts) == [FinishChunk("stop")]


def test_unknown_lines_and_fields_are_skipped() -> None:
    assert feed({"status": "loading"}, said(content="Yes", mood="fine") | {"new": [1]}, END)[0] == TextChunk("Yes")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{oops", "not JSON"),
        ("[1]", "list"),
        ({"message": 7}, "a line of the chat"),
        (said(content=["hi"]), "content is a list"),
        (said(thinking={"a": 1}), "thinking is a dict"),
        (said(tool_calls=7), "a line of the chat"),
        (said(tool_calls=[7]), "a line of the chat"),
        (said(tool_calls=[{"function": None}]), "a line of the chat"),
        (said(tool_calls=[{"function": {"arguments": {}}}]), "name"),
        (said(content="a") | {"logprobs": 7}, "a line of the chat"),
        (said(content="a") | {"logprobs": [{"token": "a"}]}, "logprob"),
    ],
)
def test_what_is_wrong_in_a_line_is_said(line: Any, words: str) -> None:
    with pytest.raises(ProviderError, match=words) as caught:
        feed(line, END)
    assert caught.value.kind is ErrorKind.MALFORMED_STREAM


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("an error was encountered while running the model", ErrorKind.MALFORMED_STREAM),
        ("model 'x' not found", ErrorKind.NOT_FOUND),
        ({"code": 503, "message": "busy"}, ErrorKind.OVERLOADED),
    ],
)
def test_an_error_in_mid_stream_is_classified(error: object, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        feed(said(content="Yes"), {"error": error})
    assert caught.value.kind is kind


def test_the_key_is_masked_wherever_a_stream_repeats_it() -> None:
    for line in ('{"error": "bad key sk-secret"}', '["sk-secret', '{"message": {"content": 7}, "sk-secret": 1}'):
        with pytest.raises(ProviderError) as caught:
            Decoder("sk-secret").feed(line)
        assert "sk-secret" not in str(caught.value)


LINE = json_of(
    *("message", "content", "thinking", "tool_calls", "function", "name", "arguments", "id"),
    *("logprobs", "token", "logprob", "top_logprobs"),
    *("done", "done_reason", "prompt_eval_count", "eval_count", "error"),
)


@given(st.lists(LINE, max_size=4))
def test_no_line_breaks_the_decoder(lines: list[Any]) -> None:
    decoder = Decoder()
    with contextlib.suppress(ProviderError):
        for line in lines:
            decoder.feed(json.dumps(line))
        decoder.finish()
