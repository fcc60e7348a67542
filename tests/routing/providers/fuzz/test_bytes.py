"""Whatever the network does to a recorded stream: the whole answer, or the right kind of error, never a shorter one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ErrorKind, ProviderError
from routing.providers.dialects import dialect_names, dialect_of
from tests.routing.providers.fuzz.streams import Recording, Said, heard, read, recordings
from tests.wire.events import cut_anywhere

EACH = pytest.mark.parametrize("recording", recordings(), ids=str)
MARK = b"\xef\xbb\xbf"
PIECE = 65_536
LONG = 10_000_000


def in_pieces(body: bytes, size: int = PIECE) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def alike(one: object, other: object) -> bool:
    if isinstance(one, ProviderError) and isinstance(other, ProviderError):
        return (one.kind, one.words) == (other.kind, other.words)
    return one == other


def test_every_dialect_has_recordings() -> None:
    assert {one.dialect for one in recordings()} == set(dialect_names())


# ---------------------------------------------------------------- cut and split
@EACH
async def test_cut_at_every_byte_it_is_whole_or_an_error(recording: Recording) -> None:
    dialect, body = recording.speaks, recording.body
    whole = await read(dialect, [body])
    for length in range(len(body)):
        cut = await read(dialect, [body[:length]])
        if isinstance(cut, ProviderError):
            assert isinstance(whole, ProviderError) or cut.kind is ErrorKind.MALFORMED_STREAM, (length, cut)
        else:
            assert cut == whole, length


@EACH
async def test_split_at_every_byte_it_says_the_same(recording: Recording) -> None:
    """In pieces of one byte, and in two pieces at up to 300 places."""
    dialect, body = recording.speaks, recording.body
    whole = await heard(dialect, [body])
    assert alike(await heard(dialect, in_pieces(body, 1)), whole)
    for length in range(1, len(body), 1 + len(body) // 300):
        assert alike(await heard(dialect, [body[:length], body[length:]]), whole), length


@given(st.sampled_from(recordings()), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
async def test_split_anywhere_it_says_the_same(recording: Recording, newline: bytes, data: st.DataObject) -> None:
    if newline == b"\r" and recording.speaks.framing == "ndjson":
        newline = b"\n"  # nothing else ends a line of JSON
    pieces = data.draw(cut_anywhere(recording.body.replace(b"\n", newline)))
    assert alike(await heard(recording.speaks, pieces), await heard(recording.speaks, [recording.body]))


# ---------------------------------------------------------------- the same stream in other clothes
CLOTHES: dict[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda body: body.replace(b"\n", b"\r\n"),
    "byte order mark": lambda body: MARK + body,
    "byte order mark and CRLF": lambda body: MARK + body.replace(b"\n", b"\r\n"),
    "blank lines before": lambda body: b"\n\n" + body,
    "blank lines after": lambda body: body + b"\n\n\n",
}
SSE_CLOTHES: dict[str, Callable[[bytes], bytes]] = {
    "CR": lambda body: body.replace(b"\n", b"\r"),
    "comments": lambda body: b": hello\n\n" + body.replace(b"\n\n", b"\n\n: OPENROUTER PROCESSING\n\n:\n\n"),
    "comments inside": lambda body: body.replace(b"data:", b": note\ndata:"),
    "no space": lambda body: body.replace(b"data: ", b"data:"),
    "other fields": lambda body: body.replace(b"data:", b"id: 7\nretry: 10\nretry: soon\nnew: 1\nnothing\ndata:"),
    "fields alone": lambda body: b"event: ping\n\nid: 3\n\n" + body,
    "empty data": lambda body: b"data:\n\n" + body.replace(b"\n\n", b"\n\ndata: \n\n"),
}


@pytest.mark.parametrize("clothes", [*CLOTHES, *SSE_CLOTHES])
async def test_a_stream_in_other_clothes_says_the_same(clothes: str) -> None:
    dress = (CLOTHES | SSE_CLOTHES)[clothes]
    for recording in recordings():
        if clothes in SSE_CLOTHES and recording.speaks.framing != "sse":
            continue
        dressed, whole = dress(recording.body), await read(recording.speaks, [recording.body])
        assert alike(await read(recording.speaks, [dressed]), whole), str(recording)
        assert alike(await read(recording.speaks, in_pieces(dressed, 1)), whole), str(recording)


@EACH
async def test_a_byte_that_is_no_text_breaks_nothing(recording: Recording) -> None:
    for at in range(0, len(recording.body), 3):
        await read(recording.speaks, [recording.body[:at] + b"\xff" + recording.body[at + 1 :]])


@pytest.mark.parametrize("dialect", dialect_names())
@pytest.mark.parametrize("torn", [b"\xff", b"\xc3", b"\xf0\x9f\x99", b"\xed\xa0\x80"])
async def test_bytes_in_a_text_that_are_no_text_are_shown_as_such(dialect: str, torn: bytes) -> None:
    body = long_answer(dialect, "before|after").replace(b"|", torn)
    for pieces in ([body], in_pieces(body, 1)):
        answer = await read(dialect_of(dialect), pieces)
        assert isinstance(answer, Said)
        assert answer.text.strip("\ufffd") == answer.text
        assert answer.text.replace("\ufffd", "") == "beforeafter"
        assert "\ufffd" in answer.text


# ---------------------------------------------------------------- size
def long_answer(dialect: str, text: str) -> bytes:
    """An answer whose text stands in one event."""
    quoted = json.dumps(text)
    streams = {
        "anthropic": (
            'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}\n\n'
            'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\ndata: {"type":"message_stop"}\n\n'
        ),
        "gemini": 'data: {"candidates":[{"content":{"parts":[{"text":%s}]},"finishReason":"STOP"}]}\n\n',
        "ollama": '{"message":{"content":%s},"done":false}\n{"done":true,"done_reason":"stop"}\n',
        "openai": 'data: {"choices":[{"index":0,"delta":{"content":%s},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    }
    return (streams[dialect] % quoted).encode()


@pytest.mark.parametrize("dialect", dialect_names())
async def test_a_line_of_ten_megabytes_is_read(dialect: str) -> None:
    answer = await read(dialect_of(dialect), in_pieces(long_answer(dialect, "x" * LONG)))
    assert isinstance(answer, Said)
    assert len(answer.text) == LONG


@pytest.mark.parametrize("dialect", dialect_names())
async def test_a_long_line_that_is_cut_is_an_error(dialect: str) -> None:
    answer = await read(dialect_of(dialect), in_pieces(long_answer(dialect, "x" * 1_000_000)[:900_000]))
    assert isinstance(answer, ProviderError)
    assert answer.kind is ErrorKind.MALFORMED_STREAM


@pytest.mark.parametrize("dialect", dialect_names())
async def test_line_separators_inside_text_end_no_line(dialect: str) -> None:
    text = "a\u2028b\u2029c\u0085d"
    body = long_answer(dialect, text).decode().replace(json.dumps(text), json.dumps(text, ensure_ascii=False))
    answer = await read(dialect_of(dialect), [body.encode()])
    assert isinstance(answer, Said)
    assert answer.text == text


# ---------------------------------------------------------------- deeper
@pytest.mark.soak
@pytest.mark.parametrize("dialect", dialect_names())
async def test_a_long_line_costs_what_its_length_says(dialect: str) -> None:
    """In pieces 64 times as small it costs a few times as much (of the processor), not 64 times."""
    body, cost = long_answer(dialect, "x" * LONG), {}
    for size in (PIECE, PIECE // 64):
        begun = time.process_time()
        await read(dialect_of(dialect), in_pieces(body, size))
        cost[size] = time.process_time() - begun
    assert cost[PIECE // 64] < 10 * cost[PIECE] + 1.0


@pytest.mark.soak
@EACH
async def test_split_at_every_pair_of_bytes_it_says_the_same(recording: Recording) -> None:
    dialect, body = recording.speaks, recording.body
    whole = await read(dialect, [body])
    step = max(1, len(body) // 150)
    for first in range(1, len(body), step):
        for second in range(first + 1, len(body), step):
            assert alike(await read(dialect, [body[:first], body[first:second], body[second:]]), whole)


@pytest.mark.soak
@EACH
async def test_every_byte_left_out_or_doubled_breaks_nothing(recording: Recording) -> None:
    dialect, body = recording.speaks, recording.body
    for at in range(len(body)):
        for middle in (b"", body[at : at + 1] * 2, b"\x00", b"\n", b'"', b"\\"):
            await read(dialect, [body[:at] + middle + body[at + 1 :]])
