"""Every way in which a call can end, in each dialect: what the server does, and what must come of it.

`docs/providers.md` shows this table and `tests/routing/providers/test_taxonomy.py` plays it: each cell is a test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from routing.errors import ErrorKind
from routing.errors import ErrorKind as K
from tests.wire.refused import REFUSALS
from tests.wire.rows import AIMOCK, LLAMA, Cell, Row
from tests.wire.server import Act, Step, refusal
from tests.wire.speech import SPEECHES, WORDS, Speech


# ---------------------------------------------------------------- broken on the way
def _each(name: str, how: str, script: Callable[[Speech], tuple[Step, ...]], kind: ErrorKind, **expected: Any) -> Row:
    cells = {dialect: Cell(how, script(speech)) for dialect, speech in SPEECHES.items()}
    return Row(name, kind, cells, **expected)


def _begun(*then: Step) -> Callable[[Speech], tuple[Step, ...]]:
    return lambda speech: (speech.stream(speech.begun), *then)


def _halved(speech: Speech) -> tuple[Step, ...]:
    """Chunked transfer that stops inside a chunk."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {speech.content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    body = speech.begun
    return (head.encode() + b"%x\r\n" % len(body) + body + b"\r\nzz\r\n",)


NO_SERVER, NO_NAME, NO_TRUST = "nothing listens", "no such name", "a certificate of its own"
"""Cells whose test leads the call to where no server of the dialect is."""

CONNECTIONS = (
    _each(
        "no server", NO_SERVER, lambda _: (), K.CONNECTION, says="is the server running?", sent=False, fault="refuse"
    ),
    _each("no such host", NO_NAME, lambda _: (), K.CONNECTION, says="Cannot reach models.invalid", sent=False),
    _each("no trust", NO_TRUST, lambda _: (), K.CONNECTION, says="Cannot trust 127.0.0.1", sent=False),
    _each(
        "lost before the answer",
        "reset",
        lambda _: (Act.RESET,),
        K.CONNECTION,
        says="was lost before an answer (connection reset by peer).",
    ),
    _each(
        "lost before the first token",
        "headers, then a reset",
        lambda speech: (speech.stream(), Act.RESET),
        K.CONNECTION,
        says="was lost before the first token (connection reset by peer).",
    ),
    _each("no first token", "silence", lambda _: (Act.STALL,), K.TIMEOUT, says="no first token in 0.1 s"),
    _each(
        "silent in mid-stream",
        "a word, then silence",
        _begun(Act.STALL),
        K.TIMEOUT,
        says="went silent for 0.2 s",
        text=WORDS,
        fault="stall",
    ),
)

STREAMS = (
    _each(
        "no end marker",
        "a word, then the end",
        _begun(),
        K.MALFORMED_STREAM,
        says="p sent is not a whole answer: the stream ended before the answer did.",
        text=WORDS,
        peers=((AIMOCK, "test_half_an_answer_is_no_answer"),),
    ),
    _each(
        "lost in mid-stream",
        "a word, then a reset",
        _begun(Act.RESET),
        K.MALFORMED_STREAM,
        says="the stream broke off",
        text=WORDS,
        peers=((LLAMA, "test_a_server_that_dies_in_mid_answer_is_no_end_of_it"),),
        fault="cut",
    ),
    _each(
        "protocol error",
        "a broken chunk",
        _halved,
        K.MALFORMED_STREAM,
        says="the stream broke off",
        text=WORDS,
    ),
    _each(
        "an event that is none",
        "half of a JSON object, then the end",
        lambda speech: (speech.stream(speech.begun, speech.nonsense, speech.ended["stop"]),),
        K.MALFORMED_STREAM,
        says="not a whole answer",
        text=WORDS,
        peers=((AIMOCK, "test_a_fault_is_of_its_kind"),),
        fault="garbage",
    ),
    _each(
        "overloaded in mid-stream",
        "a word, then its error event",
        lambda speech: (speech.stream(speech.begun, speech.overloaded, speech.ended["stop"]),),
        K.OVERLOADED,
        says="p is overloaded",
        text=WORDS,
    ),
    Row(
        "an error of its own in mid-stream",
        K.SERVER_ERROR,
        {
            dialect: Cell("a word, then its error event", (speech.stream(speech.begun, speech.own_error),))
            for dialect, speech in SPEECHES.items()
            if speech.own_error
        },
        says="p failed with an error",
        text=WORDS,
        fault="error",
    ),
    _each(
        "an error in mid-stream",
        "a word, then an error without a code",
        lambda speech: (speech.stream(speech.begun, speech.failed, speech.ended["stop"]),),
        K.MALFORMED_STREAM,
        says="not a whole answer: it fell over.",
        text=WORDS,
    ),
    _each(
        "an empty reply",
        "200, nothing",
        lambda speech: (speech.stream(),),
        K.MALFORMED_STREAM,
        says="p answered with an empty reply",
        fault="empty",
    ),
    _each(
        "a reply that is no stream",
        "200, JSON",
        lambda speech: (refusal(200, json.dumps(speech.whole).encode()),),
        K.MALFORMED_STREAM,
        says="p answered with JSON instead of a stream; is the base URL right?",
    ),
    _each(
        "an error at 200",
        "200, its error as JSON",
        lambda _: (refusal(200, b'{"error": {"code": 429, "message": "slow down"}}'),),
        K.RATE_LIMIT,
        says="it did not say until when",
    ),
    _each(
        "a web page",
        "200, HTML",
        lambda _: (refusal(200, b"<!doctype html><title>Hi", kind="text/html"),),
        K.MALFORMED_STREAM,
        says="p answered with a web page; is the base URL right?",
    ),
    _each(
        "a redirect",
        "302",
        lambda _: (refusal(302, b"", "location: https://elsewhere.example/"),),
        K.MALFORMED_STREAM,
        says="p answered with a redirect to https://elsewhere.example/; is the base URL right?",
    ),
    _each("stopped by you", "a word; the call is closed", _begun(Act.STALL), K.CANCELLED, says="Stopped", text=WORDS),
)


# ---------------------------------------------------------------- endings
def _ending(name: str, finish: str, end: str, kind: ErrorKind | None = None, says: str = "", **expected: Any) -> Row:
    cells = {
        dialect: Cell(_HOW[end][dialect], (speech.stream(speech.begun, speech.ended[end]),))
        for dialect, speech in SPEECHES.items()
        if end in speech.ended
    }
    return Row(name, kind, cells, says, finish=finish, **expected)


_HOW = {
    "stop": {"anthropic": "`end_turn`", "gemini": "`STOP`", "ollama": "`stop`", "openai": "`stop`"},
    "length": {"anthropic": "`max_tokens`", "gemini": "`MAX_TOKENS`", "ollama": "`length`", "openai": "`length`"},
    "tool_calls": {
        "anthropic": "`tool_use`",
        "gemini": "`functionCall`",
        "ollama": "`tool_calls`",
        "openai": "`tool_calls`",
    },
    "content_filter": {"anthropic": "`refusal`", "gemini": "`SAFETY`", "openai": "`content_filter`"},
    "refused": {"anthropic": "`refusal`", "gemini": "`blockReason`", "openai": "`delta.refusal`"},
}

ENDINGS = (
    _ending("a whole answer", "stop", "stop"),
    _ending("cut at the limit", "length", "length", K.LENGTH, "The answer of m was cut"),
    _ending("a tool is called", "tool_calls", "tool_calls"),
    _ending("withheld", "content_filter", "content_filter", K.CONTENT_FILTER, "p declined to answer", fault="filter"),
    _ending("declined", "content_filter", "refused", K.CONTENT_FILTER, "p declined to answer"),
)

ROWS: tuple[Row, ...] = (*REFUSALS, *CONNECTIONS, *STREAMS, *ENDINGS)
NOT_OF_A_PROVIDER = frozenset((K.INTERRUPTED,))
"""Pointsman's own end in mid-answer: the next start finds it in the ledger."""
