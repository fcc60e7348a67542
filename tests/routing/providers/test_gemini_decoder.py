"""The decoder of `streamGenerateContent`: recordings to chunks, whatever the cuts; and broken streams."""

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
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
)
from routing.providers.dialects.gemini import Decoder
from tests.wire.events import decoded, fed, json_of, recordings

RECORDED = recordings("gemini")


def an_event(*parts: Any, finish: Any = None, **candidate: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0} | candidate
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})], "responseId": "r-1"}


# ---------------------------------------------------------------- recordings
async def test_thoughts_come_before_the_answer_and_counts_of_nothing_count_nothing() -> None:
    assert await decoded(Decoder(), RECORDED["aimock"]) == [
        ReasoningChunk("2+2 is 4"),
        TextChunk("The answer is 4."),
        FinishChunk("stop"),
    ]


async def test_a_tool_call_whose_finish_has_a_name_of_its_own() -> None:
    assert await decoded(Decoder(), RECORDED["aimock-tools"]) == [
        ToolCallChunk(ToolCall(0, "", "get_weather", '{"city": "SF"}')),
        FinishChunk("tool_calls"),
    ]


async def test_counts_of_the_last_event() -> None:
    assert await decoded(Decoder(), RECORDED["aimock-usage"]) == [
        TextChunk("Hi there, this is a "),
        TextChunk("mock answer."),
        UsageChunk(Usage(11, 7, reported=True)),
        FinishChunk("stop"),
    ]


async def test_thoughts_log_probabilities_and_the_cache() -> None:
    assert await decoded(Decoder(), RECORDED["thinking"]) == [
        ReasoningChunk("**Counting**\n\nTwo and two."),
        TextChunk("Four", (TokenLogprob("Four", -0.25, -1.75),)),
        TextChunk(" – 四 🙂", (TokenLogprob(" –", -1.5, -0.75), TokenLogprob(" 四 🙂", -0.5))),
        UsageChunk(Usage(1080, 56, cached_tokens=1024, reasoning_tokens=51, reported=True)),
        FinishChunk("stop", "kq8faZ2vLYeDnsEPxr6AmAk"),
    ]


async def test_tool_calls_come_whole_and_their_own_input_counts() -> None:
    assert await decoded(Decoder(), RECORDED["tools"]) == [
        ToolCallChunk(ToolCall(0, "", "get_weather", '{"city": "Zürich"}')),
        ToolCallChunk(ToolCall(1, "call-7", "get_time", "{}")),
        UsageChunk(Usage(68, 52, reasoning_tokens=32, reported=True)),
        FinishChunk("tool_calls", "r-2"),
    ]


# ---------------------------------------------------------------- cuts
@pytest.mark.parametrize("name", RECORDED)
async def test_a_stream_cut_before_its_finish_is_malformed(name: str) -> None:
    body = RECORDED[name]
    for end in range(0, body.index(b'"finishReason"'), 7):
        with pytest.raises(ProviderError) as caught:
            await decoded(Decoder(), *([body[:end]] if end else []))
        assert caught.value.kind is ErrorKind.MALFORMED_STREAM


# ---------------------------------------------------------------- ends
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("CONTINUATION", "length"),
        ("A_REASON_OF_TOMORROW", "stop"),
        *(
            (reason, "content_filter")
            for reason in (
                "SAFETY",
                "RECITATION",
                "PROHIBITED_CONTENT",
                "BLOCKLIST",
                "SPII",
                "LANGUAGE",
                "MODEL_ARMOR",
                "IMAGE_SAFETY",
                "IMAGE_PROHIBITED_CONTENT",
                "IMAGE_RECITATION",
                "ESCALATION",
                "PUP_LIMITED_DISABLED",
            )
        ),
    ],
)
def test_why_it_ended(said: str, meant: str) -> None:
    decoder = Decoder()
    assert fed(decoder, an_event({"text": "Yes"}, finish=said)) == [TextChunk("Yes"), FinishChunk(meant, "r-1")]
    assert decoder.finished
    assert not decoder.done


@pytest.mark.parametrize(
    "reason",
    [
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "OTHER",
        "MISSING_THOUGHT_SIGNATURE",
        "IMAGE_OTHER",
        "NO_IMAGE",
    ],
)
def test_an_answer_that_the_model_could_not_end_is_malformed_after_what_it_said(reason: str) -> None:
    decoder = Decoder()
    assert decoder.feed(json.dumps(an_event({"text": "Ye"}, finish=reason))) == [TextChunk("Ye")]
    with pytest.raises(ProviderError, match=reason) as caught:
        decoder.finish()
    assert caught.value.kind is ErrorKind.MALFORMED_STREAM


def test_a_prompt_that_is_blocked_is_a_filtered_answer() -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
    assert fed(Decoder(), blocked) == [UsageChunk(Usage(9, reported=True)), FinishChunk("content_filter")]


def test_feedback_that_blocks_nothing_ends_nothing() -> None:
    feedback = {"promptFeedback": {"safetyRatings": []}}
    assert fed(Decoder(), feedback, an_event({"text": "Yes"}, finish="STOP"))[-1] == FinishChunk("stop", "r-1")
    for unsaid in ("FINISH_REASON_UNSPECIFIED", ""):
        with pytest.raises(ProviderError, match="before the answer did"):
            fed(Decoder(), feedback, an_event({"text": "Yes"}, finish=unsaid))


def test_what_follows_the_finish_still_counts() -> None:
    later = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "thoughtsTokenCount": None}}
    chunks = fed(Decoder(), an_event({"text": "Yes"}, finish="STOP"), later)
    assert chunks[1:] == [UsageChunk(Usage(3, 2, reported=True)), FinishChunk("stop", "r-1")]


def test_an_empty_reply_is_said() -> None:
    with pytest.raises(ProviderError, match="empty reply"):
        Decoder().finish()


# ---------------------------------------------------------------- single events
@pytest.mark.parametrize(
    "unknown",
    [
        {},
        {"candidates": None},
        {"candidates": []},
        {"candidates": [{"index": 0}]},
        {"candidates": [{"content": {"role": "model"}}]},
        an_event({"text": ""}),
        an_event({"executableCode": {"code": "1"}}, {"inlineData": {"data": "aGk="}}, {"partOfTomorrow": 7}),
        {"modelVersion": "gemini-9", "usageMetadata": None, "promptFeedback": None},
    ],
)
def test_what_is_not_for_us_is_skipped(unknown: dict[str, Any]) -> None:
    assert fed(Decoder(), unknown, an_event({"text": "Yes"}, finish="STOP"), unknown)[0] == TextChunk("Yes")


def test_log_probabilities_of_thoughts_are_left_out_and_those_without_text_wait() -> None:
    def result(token: str) -> dict[str, Any]:
        return {"chosenCandidates": [{"token": token, "logProbability": -0.5}, {"token": "none"}]}

    thought = an_event({"text": "Hm", "thought": True}, logprobsResult=result("Hm"))
    silent = an_event(logprobsResult=result("a"))
    words = an_event({"text": "ab"}, logprobsResult=result("b"), finish="STOP")
    tokens = (TokenLogprob("a", -0.5), TokenLogprob("b", -0.5))
    assert fed(Decoder(), thought, silent, words)[:2] == [ReasoningChunk("Hm"), TextChunk("ab", tokens)]


def test_a_runner_up_without_a_probability_is_none() -> None:
    result = {
        "chosenCandidates": [{"token": "a", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "b"}, {"token": "c", "logProbability": -3}]}],
    }
    chunks = fed(Decoder(), an_event({"text": "a"}, logprobsResult=result, finish="STOP"))
    assert chunks[0] == TextChunk("a", (TokenLogprob("a", -0.5, -3.0),))


def test_only_the_first_candidate_is_read() -> None:
    event, other = an_event({"text": "One"}, finish="STOP"), an_event({"text": "Two"})
    event["candidates"] += other["candidates"]
    assert fed(Decoder(), event) == [TextChunk("One"), FinishChunk("stop", "r-1")]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{oops", "not JSON"),
        ("[1]", "list"),
        ({"candidates": 7}, "GenerateContentResponse"),
        ({"candidates": [7]}, "GenerateContentResponse .*a candidate is a int"),
        ({"candidates": {"content": {}}}, "GenerateContentResponse"),
        ({"candidates": [{"content": "hi"}]}, "GenerateContentResponse .*content is a str"),
        (an_event("hi"), "GenerateContentResponse .*a part is a str"),
        (an_event({"text": ["hi"]}), "GenerateContentResponse .*text is a list"),
        (an_event({"functionCall": {"name": 7}}), "GenerateContentResponse .*name of a function call"),
        (an_event({"functionCall": {"name": "f", "args": "x"}}), "GenerateContentResponse .*args is a str"),
        (an_event({"functionCall": 7}), "GenerateContentResponse"),
        (an_event(finish=7), "GenerateContentResponse .*finishReason is a int"),
        (an_event(logprobsResult={"chosenCandidates": [{"logProbability": "x"}]}), "GenerateContentResponse"),
        ({"responseId": 7}, "GenerateContentResponse .*responseId"),
        ({"promptFeedback": 7}, "GenerateContentResponse .*promptFeedback"),
    ],
)
def test_what_is_wrong_in_an_event_is_said(event: Any, said: str) -> None:
    with pytest.raises(ProviderError, match=said) as caught:
        fed(Decoder(), event)
    assert caught.value.kind is ErrorKind.MALFORMED_STREAM


ANY_VALUE = json_of(
    "candidates",
    "content",
    "parts",
    "text",
    "thought",
    "functionCall",
    "name",
    "args",
    "finishReason",
    "responseId",
    "logprobsResult",
    "chosenCandidates",
    "topCandidates",
    "token",
    "logProbability",
    "usageMetadata",
    "blockReason",
    "promptFeedback",
    "promptTokenCount",
    "error",
    "code",
    "details",
)
PARTS = st.dictionaries(st.sampled_from(["text", "thought", "functionCall", "name"]), ANY_VALUE, max_size=3)
FIELDS = st.sampled_from(["content", "finishReason", "logprobsResult", "index"])


@given(ANY_VALUE, st.lists(PARTS, max_size=2), st.dictionaries(FIELDS, ANY_VALUE, max_size=2))
def test_no_event_breaks_the_decoder(event: Any, parts: list[Any], candidate: dict[str, Any]) -> None:
    for broken in (event, an_event(*parts), an_event({"text": "a"}, **candidate)):
        with contextlib.suppress(ProviderError):
            fed(Decoder(), broken, an_event(finish="STOP"))


@given(ANY_VALUE, ANY_VALUE)
def test_no_log_probabilities_break_the_decoder(chosen: Any, top: Any) -> None:
    for result in (
        {"chosenCandidates": chosen, "topCandidates": top},
        {"chosenCandidates": [chosen, {"token": "a", "logProbability": -1}], "topCandidates": [top, top]},
        {
            "chosenCandidates": [{"token": "a", "logProbability": chosen}],
            "topCandidates": [{"candidates": [{"token": top, "logProbability": chosen}]}],
        },
    ):
        with contextlib.suppress(ProviderError):
            fed(Decoder(), an_event({"text": "a"}, logprobsResult=result, finish="STOP"))


# ---------------------------------------------------------------- errors in mid-stream
@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ({"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow"}, ErrorKind.RATE_LIMIT),
        ({"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}, ErrorKind.OVERLOADED),
        ({"code": 500, "status": "INTERNAL", "message": "An internal error"}, ErrorKind.SERVER_ERROR),
        ({"message": "something"}, ErrorKind.MALFORMED_STREAM),
    ],
)
def test_an_error_in_mid_stream_is_classified_by_its_code(inner: dict[str, Any], kind: ErrorKind) -> None:
    with pytest.raises(ProviderError, match=inner["message"]) as caught:
        fed(Decoder(), an_event({"text": "Yes"}), {"error": inner})
    assert caught.value.kind is kind


def test_the_key_is_masked_wherever_a_stream_repeats_it() -> None:
    for data in ('{"error": {"message": "bad key k-secret"}}', "k-secret"):
        with pytest.raises(ProviderError) as caught:
            Decoder("k-secret").feed(data)
        assert "k-secret" not in str(caught.value)
