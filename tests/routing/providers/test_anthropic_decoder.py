"""The decoder of the Messages API: recordings to chunks, whatever the cuts of the network; and broken streams."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.messages import (
    FinishChunk,
    ReasoningChunk,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers.dialects.anthropic import Decoder
from tests.wire.events import decoded, fed, json_of, recordings

RECORDED = recordings("anthropic")
START = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 5, "output_tokens": 1}}}
END = {"type": "message_stop"}


def text_delta(text: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def stopped(reason: Any, **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}


def tool_start(index: Any = 0, **block: Any) -> dict[str, Any]:
    block = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}} | block
    return {"type": "content_block_start", "index": index, "content_block": block}


# ---------------------------------------------------------------- recordings
async def test_llama_cpp() -> None:
    *words, usage, finish = await decoded(Decoder(), RECORDED["llamacpp"])
    assert len(words) == 12
    assert words[:2] == [TextChunk(" kno"), TextChunk(" ove")]
    assert usage == UsageChunk(Usage(43, 12, cached_tokens=42, reported=True))
    assert isinstance(finish, FinishChunk)
    assert finish.reason == "length"
    assert finish.request_id is not None
    assert finish.request_id.startswith("chatcmpl-")


async def test_thoughts_come_before_the_answer_and_their_signature_is_left_out() -> None:
    chunks = await decoded(Decoder(), RECORDED["aimock"])
    *words, finish = chunks
    assert words == [ReasoningChunk("2+2 is 4"), TextChunk("The answer is 4.")]
    assert isinstance(finish, FinishChunk)
    assert finish.reason == "stop"


async def test_a_tool_call() -> None:
    start, arguments, finish = await decoded(Decoder(), RECORDED["aimock-tools"])
    assert isinstance(start, ToolCallChunk)
    assert (start.call.index, start.call.name, start.call.arguments) == (0, "get_weather", "")
    assert start.call.id.startswith("toolu_")
    assert arguments == ToolCallChunk(ToolCall(0, "", "", '{"city":"SF"}'))
    assert isinstance(finish, FinishChunk)
    assert finish.reason == "tool_calls"


async def test_everything_at_once_with_the_cache_read_and_written() -> None:
    assert await decoded(Decoder(), RECORDED["thinking-and-tools"]) == [
        ReasoningChunk("They ask for "),
        ReasoningChunk("the weather."),
        TextChunk("Moment – "),
        TextChunk("四 🙂"),
        ToolCallChunk(ToolCall(3, "toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather", "")),
        ToolCallChunk(ToolCall(3, "", "", '{"city": "Zü')),
        ToolCallChunk(ToolCall(3, "", "", 'rich"}')),
        ToolCallChunk(ToolCall(4, "toolu_02", "get_time", "")),
        ToolCallChunk(ToolCall(4, "", "", "{}")),
        UsageChunk(
            Usage(21 + 188 + 2048, 89, cached_tokens=2048, reasoning_tokens=17, reported=True, cache_write_tokens=188)
        ),
        FinishChunk("tool_calls", "msg_01XFDUDYJgAACzvnptvVoYEL"),
    ]


# ---------------------------------------------------------------- cuts
@pytest.mark.parametrize("name", RECORDED)
async def test_a_stream_cut_before_its_stop_reason_is_malformed(name: str) -> None:
    body = RECORDED[name]
    for end in range(0, body.index(b'"type":"message_delta"'), 7):
        with pytest.raises(ProviderError) as caught:
            await decoded(Decoder(), *([body[:end]] if end else []))
        assert caught.value.kind is ErrorKind.MALFORMED_STREAM


# ---------------------------------------------------------------- ends
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("a_reason_of_tomorrow", "stop"),
    ],
)
def test_why_it_ended(said: str, meant: str) -> None:
    decoder = Decoder()
    assert fed(decoder, START, text_delta("Yes"), stopped(said))[-1] == FinishChunk(meant, "msg_1")
    assert decoder.finished
    assert not decoder.done


def test_the_end_marker_alone_ends_an_answer_and_nothing_follows_it() -> None:
    decoder = Decoder()
    assert fed(decoder, text_delta("Yes"), END) == [TextChunk("Yes"), FinishChunk("stop")]
    assert decoder.finished
    assert decoder.done


def test_a_stop_reason_that_is_not_known_yet_ends_nothing() -> None:
    with pytest.raises(ProviderError, match="before the answer did"):
        fed(Decoder(), START, text_delta("Yes"), stopped(None))


def test_an_empty_reply_is_said() -> None:
    with pytest.raises(ProviderError, match="empty reply"):
        Decoder().finish()


# ---------------------------------------------------------------- usage
def test_counts_are_running_totals() -> None:
    chunks = fed(Decoder(), START, stopped(None, output_tokens=4), stopped("end_turn", output_tokens=9), END)
    assert chunks[0] == UsageChunk(Usage(5, 9, reported=True))


def test_counts_that_are_missing_or_null_are_those_of_before() -> None:
    chunks = fed(Decoder(), START, stopped("end_turn", input_tokens=None, output_tokens=2), END)
    assert chunks[0] == UsageChunk(Usage(5, 2, reported=True))


def test_counts_may_come_late() -> None:
    chunks = fed(Decoder(), stopped("end_turn", input_tokens=7, output_tokens=2, cache_read_input_tokens=3), END)
    assert chunks[0] == UsageChunk(Usage(10, 2, cached_tokens=3, reported=True))


# ---------------------------------------------------------------- single events
@pytest.mark.parametrize(
    "unknown",
    [
        {"type": "ping"},
        {"type": "an_event_of_tomorrow", "delta": 7},
        {},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "web_search_tool_result", "content": []}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"q"'}},
        {"type": "content_block_stop", "index": 0},
    ],
)
def test_what_is_not_for_us_is_skipped(unknown: dict[str, Any]) -> None:
    assert fed(Decoder(), START, unknown, text_delta("Yes"), unknown, END)[0] == TextChunk("Yes")


def test_arguments_that_come_whole_with_their_call_are_kept() -> None:
    stop = {"type": "content_block_stop", "index": 2}
    chunks = fed(Decoder(), tool_start(2, input={"a": "ü"}), stop, stop, stopped("tool_use"))
    assert chunks == [
        ToolCallChunk(ToolCall(2, "toolu_1", "f", "")),
        ToolCallChunk(ToolCall(2, "", "", '{"a": "ü"}')),
        FinishChunk("tool_calls"),
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{oops", "not JSON"),
        ("[1]", "list"),
        ({"type": "message_start"}, "message_start .*message is a NoneType"),
        ({"type": "message_start", "message": {"id": 7}}, "message_start"),
        ({"type": "content_block_start", "index": 0}, "content_block_start"),
        (tool_start("first"), "content_block_start .*index is a str"),
        (tool_start(name=None), "content_block_start .*name of a tool call"),
        ({"type": "content_block_delta", "index": 0, "delta": 7}, "content_block_delta"),
        (text_delta(["hi"]), "content_block_delta .*text is a list"),
        (text_delta(None), "content_block_delta .*text is a NoneType"),
        ({"type": "message_delta", "delta": None}, "message_delta"),
        (stopped(7), "message_delta .*stop_reason is a int"),
    ],
)
def test_what_is_wrong_in_an_event_is_said(event: Any, said: str) -> None:
    with pytest.raises(ProviderError, match=said) as caught:
        fed(Decoder(), event)
    assert caught.value.kind is ErrorKind.MALFORMED_STREAM


ANY_EVENT = json_of(
    "type",
    "index",
    "message",
    "content_block",
    "delta",
    "usage",
    "id",
    "name",
    "input",
    "text",
    "thinking",
    "partial_json",
    "stop_reason",
    "output_tokens_details",
    "input_tokens",
    "error",
    "message_start",
    "text_delta",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "tool_use",
    "input_json_delta",
    "thinking_delta",
)
KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error"]
)


@given(st.lists(st.tuples(KINDS, ANY_EVENT), max_size=4))
def test_no_event_breaks_the_decoder(events: list[tuple[str, Any]]) -> None:
    with contextlib.suppress(ProviderError):
        fed(Decoder(), *(event | {"type": kind} if isinstance(event, dict) else event for kind, event in events))


EVENTS = [
    json.loads(line[6:]) for body in RECORDED.values() for line in body.decode().splitlines() if line[:5] == "data:"
]


@given(st.sampled_from(EVENTS), ANY_EVENT, st.data())
def test_no_value_of_another_type_breaks_the_decoder(event: dict[str, Any], value: Any, data: st.DataObject) -> None:
    holder = data.draw(st.sampled_from([event, *(one for one in event.values() if isinstance(one, dict))]))
    changed = holder | {data.draw(st.sampled_from(list(holder))): value}
    whole = changed if holder is event else {key: changed if one is holder else one for key, one in event.items()}
    with contextlib.suppress(ProviderError):
        fed(Decoder(), tool_start(), whole, END)


# ---------------------------------------------------------------- errors in mid-stream
@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, ErrorKind.OVERLOADED),
        ({"type": "rate_limit_error", "message": "slow"}, ErrorKind.RATE_LIMIT),
        ({"type": "api_error", "message": "Internal server error"}, ErrorKind.SERVER_ERROR),
        ({"type": "authentication_error", "message": "no"}, ErrorKind.AUTH),
    ],
)
async def test_an_error_in_mid_stream_is_classified_by_its_type(inner: dict[str, str], kind: ErrorKind) -> None:
    body = RECORDED["llamacpp"]
    until = body.index(b"event: content_block_stop")
    event = f"event: error\ndata: {json.dumps({'type': 'error', 'error': inner})}\n\n"
    with pytest.raises(ProviderError, match=inner["message"]) as caught:
        await decoded(Decoder(), body[:until], event.encode())
    assert caught.value.kind is kind


def test_an_error_without_words_is_one() -> None:
    with pytest.raises(ProviderError):
        fed(Decoder(), START, {"type": "error"}, stopped("end_turn"), END)


def test_the_key_is_masked_wherever_a_stream_repeats_it() -> None:
    for data in ('{"type": "error", "error": {"message": "bad key sk-secret"}}', "sk-secret", '{"type": "sk-secret"'):
        with pytest.raises(ProviderError) as caught:
            Decoder("sk-secret").feed(data)
        assert "sk-secret" not in str(caught.value)
