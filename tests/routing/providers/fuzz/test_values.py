"""Whatever stands in the JSON of an event: chunks that make sense, or a `ProviderError`; nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.errors import ProviderError
from routing.messages import Chunk, ReasoningChunk, TextChunk, ToolCallChunk, UsageChunk
from routing.providers.dialects import dialect_names, dialect_of
from tests.routing.providers.fuzz.streams import Recording, Said, read, recordings, said

EACH = pytest.mark.parametrize("recording", recordings(), ids=str)
SECRET = "sk-secret"
Path = tuple[str | int, ...]

OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    1.5,
    10**30,
    float("inf"),
    float("nan"),
    -1e308,
    "",
    "x",
    "\ud800",
    [],
    [None],
    [[]],
    [{}],
    {},
    {"x": None},
    [1, "x", {}],
)


def events_of(recording: Recording) -> list[str]:
    """The data of each event as it reaches the decoder."""
    lines = recording.body.decode().splitlines() if recording.speaks.framing == "sse" else []
    if recording.speaks.framing == "ndjson":
        return [line for line in recording.body.decode().split("\n") if line.strip()]
    return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]


def fed(dialect: str, events: list[str]) -> Said | ProviderError:
    """Events straight to the decoder; what comes out of it must make sense."""
    decoder = dialect_of(dialect).decoder(SECRET)
    chunks: list[Chunk] = []
    try:
        for event in events:
            chunks += decoder.feed(event)
            if decoder.done:
                break
        chunks += decoder.finish()
    except ProviderError as error:
        check_words(error)
        return error
    for chunk in chunks:
        check(chunk)
    return said(chunks)


def check_words(error: ProviderError) -> None:
    assert error.words
    assert SECRET not in error.words


def check(chunk: Chunk) -> None:
    if isinstance(chunk, TextChunk | ReasoningChunk):
        assert isinstance(chunk.text, str)
    if isinstance(chunk, TextChunk):
        for token in chunk.logprobs:
            assert isinstance(token.token, str)
            assert isinstance(token.logprob, float)
    if isinstance(chunk, ToolCallChunk):
        assert isinstance(chunk.call.index, int)
        assert all(isinstance(text, str) for text in (chunk.call.id, chunk.call.name, chunk.call.arguments))
    if isinstance(chunk, UsageChunk):
        usage = chunk.usage
        counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens)
        assert all(isinstance(count, int) and count >= 0 for count in counts)
        assert usage.cached_tokens <= usage.input_tokens
        assert usage.reasoning_tokens <= usage.output_tokens


# ---------------------------------------------------------------- other values
def places(value: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*at, key))


def with_other(value: Any, at: Path, other: Any) -> Any:
    if not at:
        return other
    changed = copy.deepcopy(value)
    place = changed
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = other
    return changed


def shape(at: Path) -> Path:
    return tuple(key for key in at if isinstance(key, str))


@EACH
def test_another_value_in_any_place_breaks_nothing(recording: Recording) -> None:
    """Each place of each event (of places that look alike, one) takes every other type of value."""
    events = events_of(recording)
    seen: set[tuple[object, Path]] = set()
    for index, event in enumerate(events):
        if not event.startswith("{"):
            continue
        value = json.loads(event)
        for at in places(value):
            known = (value.get("type"), shape(at))
            if known in seen:
                continue
            seen.add(known)
            for other in OTHERS:
                changed = json.dumps(with_other(value, at, other))
                fed(recording.dialect, [*events[:index], changed, *events[index + 1 :]])


@EACH
def test_a_field_that_is_missing_breaks_nothing(recording: Recording) -> None:
    events = events_of(recording)
    for index, event in enumerate(events):
        value = json.loads(event) if event.startswith("{") else {}
        for at in [at for at in places(value) if at and isinstance(at[-1], str)]:
            changed = copy.deepcopy(value)
            place = changed
            for key in at[:-1]:
                place = place[key]
            del place[at[-1]]
            fed(recording.dialect, [*events[:index], json.dumps(changed), *events[index + 1 :]])


# ---------------------------------------------------------------- more than is known
def grown(value: Any) -> Any:
    if isinstance(value, dict):
        return {"new_field": [{"type": "new"}]} | {key: grown(one) for key, one in value.items()} | {"newer": None}
    return [grown(one) for one in value] if isinstance(value, list) else value


def plain(answer: Said | ProviderError) -> object:
    return (answer.kind, answer.words) if isinstance(answer, ProviderError) else answer


@EACH
def test_unknown_fields_and_events_change_nothing(recording: Recording) -> None:
    events = events_of(recording)
    whole = plain(fed(recording.dialect, events))
    unknown = json.dumps({"type": "new_event", "object": "new", "new": [1], "event": {"a": 1}})
    with_events = [one for event in events for one in (unknown, event)]
    assert plain(fed(recording.dialect, with_events)) == whole
    # What stands below the arguments of a call is the call's own: it is left as it is.
    if isinstance(whole, Said) and not whole.calls:
        with_fields = [json.dumps(grown(json.loads(one))) if one.startswith("{") else one for one in events]
        assert plain(fed(recording.dialect, with_fields)) == whole


@EACH
def test_a_key_that_stands_twice_has_its_last_value(recording: Recording) -> None:
    events = events_of(recording)
    twice = [
        one[:1] + '"model": 1, "type": 7, "choices": 3, "message": 1, ' + one[1:] for one in events if one[0] == "{"
    ]
    fed(recording.dialect, twice)


# ---------------------------------------------------------------- what JSON allows and nobody sends
HOSTILE = (
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"choices":' + "[" * 2_000 + "]" * 2_000 + "}",
    "1" * 5_000,
    '{"usage":{"prompt_tokens":' + "9" * 5_000 + "}}",
    '{"usage":{"prompt_tokens":1e400,"output_tokens":1e400}}',
    '{"usageMetadata":{"promptTokenCount":1e400},"prompt_eval_count":1e400,"done":true}',
    '{"choices":[{"delta":{"tool_calls":[{"index":1e400,"function":{"name":"x"}}]}}]}',
    '{"choices":[{"delta":{"content":"x"},"logprobs":{"content":[{"token":"x","logprob":-1e400,"top_logprobs":[]}]}}]}',
    '{"error":{"code":1e400,"message":"x"}}',
    '{"error":{"code":' + "9" * 4_000 + ',"message":"x"}}',
    "NaN",
    "null",
    "true",
    '""',
    '"\\ud800"',
    "{",
    "\x00",
    "\ufeff{}",
    " ",
)


@pytest.mark.parametrize("dialect", dialect_names())
@pytest.mark.parametrize("event", HOSTILE, ids=lambda event: event[:24])
async def test_hostile_json_is_an_error_or_nothing(dialect: str, event: str) -> None:
    fed(dialect, [event])
    framed = f"data: {event}\n\n" if dialect_of(dialect).framing == "sse" else f"{event}\n"
    await read(dialect_of(dialect), [framed.encode("utf-8", "replace")])


_KEYS = st.sampled_from(
    (
        "type",
        "choices",
        "delta",
        "content",
        "finish_reason",
        "error",
        "message",
        "done",
        "candidates",
        "parts",
        "text",
        "index",
        "usage",
        "tool_calls",
        "function",
        "arguments",
        "functionCall",
        "content_block",
        "logprobs",
        "id",
    )
)
_WORDS = st.sampled_from(("message_start", "content_block_delta", "content_block_start", "text_delta", "message_delta"))
_EVENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize("dialect", dialect_names())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(_EVENTS, max_size=4))
def test_no_events_break_a_decoder(dialect: str, events: list[Any]) -> None:
    fed(dialect, [json.dumps(event) for event in events])


@pytest.mark.soak
@pytest.mark.parametrize("dialect", dialect_names())
@settings(max_examples=3_000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(events=st.lists(_EVENTS, max_size=6))
def test_a_great_many_events_break_no_decoder(dialect: str, events: list[Any]) -> None:
    fed(dialect, [json.dumps(event) for event in events])
