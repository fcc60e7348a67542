"""The four dialects as a server writes them: a stream that begins, ends well or breaks, and an answer of one piece."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

WORDS = "One "
"""What `begun` says."""


@dataclass(frozen=True)
class Speech:
    """`begun` is the start of a stream, with one word in it; `ended` its end for each way to end.

    `own_error` is an error event with the server's code for an error of its own (empty: it has none), `failed` one
    without a code.
    """

    content_type: str
    begun: bytes
    ended: dict[str, bytes]
    overloaded: bytes
    own_error: bytes
    failed: bytes
    nonsense: bytes
    whole: Any

    def stream(self, *pieces: bytes) -> bytes:
        """An answer of these pieces, which ends when the connection does."""
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {self.content_type}\r\nconnection: close\r\n\r\n"
        return head.encode() + b"".join(pieces)


def _sse(*events: Any) -> bytes:
    return b"".join(b"data: " + (one.encode() if isinstance(one, str) else _json(one)) + b"\n\n" for one in events)


def _named(*events: dict[str, Any]) -> bytes:
    return b"".join(b"event: " + event["type"].encode() + b"\n" + _sse(event) for event in events)


def _lines(*lines: Any) -> bytes:
    return b"".join(_json(line) + b"\n" for line in lines)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# ---------------------------------------------------------------- OpenAI
def _chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c-1", "object": "chat.completion.chunk", "choices": [choice]}


_CALL = {"index": 0, "id": "call-1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
_OPENAI = Speech(
    content_type="text/event-stream",
    begun=_sse(_chunk(content=WORDS)),
    ended={
        "stop": _sse(_chunk("stop"), "[DONE]"),
        "length": _sse(_chunk("length"), "[DONE]"),
        "tool_calls": _sse(_chunk(tool_calls=[_CALL]), _chunk("tool_calls"), "[DONE]"),
        "content_filter": _sse(_chunk("content_filter"), "[DONE]"),
        "refused": _sse(_chunk(refusal="I will not."), _chunk("stop"), "[DONE]"),
    },
    overloaded=_sse({"error": {"message": "Provider disconnected", "code": 502, "metadata": {"provider_name": "X"}}}),
    own_error=_sse({"error": {"message": "it fell over", "type": "server_error", "code": "internal_error"}}),
    failed=_sse({"error": {"message": "it fell over"}}),
    nonsense=_sse("{half of it"),
    whole={"object": "chat.completion", "choices": [{"message": {"content": "One"}, "finish_reason": "stop"}]},
)


# ---------------------------------------------------------------- Anthropic
def _stopped(reason: str) -> bytes:
    delta = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 3}}
    return _named(delta, {"type": "message_stop"})


_START = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 9, "output_tokens": 1}}}
_TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORDS}}
_TOOL = {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "clock"}}
_ANTHROPIC = Speech(
    content_type="text/event-stream; charset=utf-8",
    begun=_named(_START, _TEXT),
    ended={
        "stop": _stopped("end_turn"),
        "length": _stopped("max_tokens"),
        "tool_calls": _named(_TOOL, {"type": "content_block_stop", "index": 1}) + _stopped("tool_use"),
        "content_filter": _stopped("refusal"),
        "refused": _stopped("refusal"),
    },
    overloaded=_named({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    own_error=_named({"type": "error", "error": {"type": "api_error", "message": "it fell over"}}),
    failed=_named({"type": "error", "error": {"message": "it fell over"}}),
    nonsense=_sse("{half of it"),
    whole={"type": "message", "content": [{"type": "text", "text": "One"}], "stop_reason": "end_turn"},
)


# ---------------------------------------------------------------- Gemini
def _candidate(reason: str | None = None, **part: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": [part] if part else []}
    return {"candidates": [{"content": content, "index": 0} | ({"finishReason": reason} if reason else {})]}


_GEMINI = Speech(
    content_type="text/event-stream",
    begun=_sse(_candidate(text=WORDS)),
    ended={
        "stop": _sse(_candidate("STOP")),
        "length": _sse(_candidate("MAX_TOKENS")),
        "tool_calls": _sse(_candidate("STOP", functionCall={"name": "clock", "args": {}})),
        "content_filter": _sse(_candidate("SAFETY")),
        "refused": _sse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
    },
    overloaded=_sse({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    own_error=_sse({"error": {"code": 500, "message": "it fell over", "status": "INTERNAL"}}),
    failed=_sse({"error": {"message": "it fell over"}}),
    nonsense=_sse("{half of it"),
    whole=[_candidate("STOP", text="One")],
)


# ---------------------------------------------------------------- Ollama
def _line(reason: str | None = None, **message: Any) -> dict[str, Any]:
    line = {"model": "m", "message": {"role": "assistant", "content": ""} | message, "done": reason is not None}
    return line | ({"done_reason": reason} if reason else {})


_OLLAMA = Speech(
    content_type="application/x-ndjson",
    begun=_lines(_line(content=WORDS)),
    ended={
        "stop": _lines(_line("stop")),
        "length": _lines(_line("length")),
        "tool_calls": _lines(_line(tool_calls=[{"function": {"name": "clock", "arguments": {}}}]), _line("stop")),
    },
    overloaded=_lines({"error": "server busy, please try again.  maximum pending requests exceeded"}),
    own_error=b"",
    failed=_lines({"error": "it fell over"}),
    nonsense=b"{half of it\n",
    whole=_line("stop", content="One"),
)

SPEECHES: dict[str, Speech] = {"anthropic": _ANTHROPIC, "gemini": _GEMINI, "ollama": _OLLAMA, "openai": _OPENAI}
