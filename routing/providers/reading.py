"""Reading an answer as it comes: its deadlines, its framing, and what a connection that breaks is called."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from socket import gaierror
from ssl import SSLError

import httpx
from httpx_sse import EventSource

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk
from routing.policy.model import Timeouts
from routing.providers.contract import Decoder, Framing
from routing.providers.encodings import decode
from routing.providers.failures import clean, error, malformed, not_a_stream
from routing.providers.sentences import NO_SCHEME

# What is still awaited after the end marker, so that the connection can be used again.
DRAIN_S = 0.05
_MAX_ERROR_BYTES = 65_536
_MAX_EVENT_BYTES = 64 * 1024 * 1024
_MAX_ANSWER_BYTES = 256 * 1024 * 1024
_NEVER_SENT = (httpx.ConnectError, httpx.ProxyError)


# ---------------------------------------------------------------- waiting
class Patience:
    """Until when the next bytes are awaited, and what is said if they do not come; and how many are read without an
    event in them, and in all. Times are the loop's; bytes are counted after decompression."""

    def __init__(self, timeouts: Timeouts, now_s: float) -> None:
        self._idle_s = timeouts.idle_s
        self._total_at = now_s + timeouts.total_s
        self._total_words = f"not finished in {timeouts.total_s:g} s"
        self._idle_words = f"went silent for {timeouts.idle_s:g} s"
        self.draining = False
        self.whole = False  # once the answer is, silence is an end like any other
        self._unread_bytes = 0
        self._read_bytes = 0
        self._until(now_s + timeouts.first_token_s, f"no first token in {timeouts.first_token_s:g} s")

    def took(self, size: int) -> None:
        """Bytes came. Raises ProviderError (malformed_stream) when they are too many for one event, or one answer."""
        self._unread_bytes += size
        self._read_bytes += size
        if self._unread_bytes > _MAX_EVENT_BYTES:
            raise malformed(f"an event is longer than {_MAX_EVENT_BYTES // 1024**2} MB")
        if self._read_bytes > _MAX_ANSWER_BYTES:
            raise malformed(f"it is longer than {_MAX_ANSWER_BYTES // 1024**2} MB")

    def parted(self) -> None:
        """An event was told apart from what follows it."""
        self._unread_bytes = 0

    def heard(self, now_s: float) -> None:
        """Something of the answer came."""
        self._until(now_s + self._idle_s, self._idle_words)

    def drain(self, now_s: float) -> None:
        """The answer is whole: wait for the end of the body a moment longer, in silence."""
        self.at, self.draining = now_s + DRAIN_S, True

    def _until(self, at_s: float, words: str) -> None:
        self.at, self.words = (at_s, words) if at_s < self._total_at else (self._total_at, self._total_words)


class _TimedStream(httpx.AsyncByteStream):
    """A body whose every read ends at the deadline of its `Patience`.

    The timer stands around the read alone, never around what the reader does with it.
    """

    def __init__(self, inner: httpx.AsyncByteStream, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = aiter(self._inner)
        while True:
            try:
                async with asyncio.timeout_at(self._patience.at):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as problem:
                if self._patience.whole:
                    return
                raise ProviderError(ErrorKind.TIMEOUT, self._patience.words) from problem
            self._patience.took(len(piece))
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


async def send(client: httpx.AsyncClient, request: httpx.Request, patience: Patience) -> httpx.Response:
    """The response as soon as its headers are here; its body is read against the deadlines."""
    try:
        async with asyncio.timeout_at(patience.at):
            response = await client.send(request, stream=True)
    except TimeoutError as problem:
        raise ProviderError(ErrorKind.TIMEOUT, patience.words) from problem
    try:
        decode(response)
    except ProviderError:
        await response.aclose()
        raise
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _TimedStream(response.stream, patience)
    return response


# ---------------------------------------------------------------- reading
async def chunks_of(
    response: httpx.Response, framing: Framing, decoder: Decoder, patience: Patience, secret: str
) -> AsyncGenerator[Chunk, None]:
    response.encoding = "utf-8-sig"  # a byte order mark would hide the first event
    now_s = asyncio.get_running_loop().time
    begun = False
    try:
        async with aclosing(_FRAMINGS[framing](response)) as events:
            async for data in events:
                patience.parted()
                if patience.draining or not data:
                    continue
                for chunk in decoder.feed(data):
                    begun = True
                    patience.heard(now_s())
                    yield chunk
                patience.whole = decoder.finished
                if decoder.done:
                    patience.drain(now_s())
    except httpx.HTTPError as problem:
        # A reset and a plain end look alike: after the terminal marker neither breaks anything.
        if not decoder.finished:
            raise _in_answer(problem, begun, secret) from problem
    for chunk in decoder.finish():
        yield chunk


async def _sse_data(response: httpx.Response) -> AsyncGenerator[str, None]:
    async with aclosing(EventSource(response).aiter_sse()) as events:
        async for event in events:
            yield event.data


async def _lines(response: httpx.Response) -> AsyncGenerator[str, None]:
    """Lines end with a newline and nothing else: JSON may hold every other separator as it is."""
    pieces: list[bytes] = []
    async for piece in response.aiter_bytes():
        *ended, rest = piece.split(b"\n")
        for line in ended:
            yield _text(b"".join((*pieces, line)))
            pieces.clear()
        pieces.append(rest)
    yield _text(b"".join(pieces))


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", "replace").strip()


_FRAMINGS: dict[Framing, Callable[[httpx.Response], AsyncGenerator[str, None]]] = {"sse": _sse_data, "ndjson": _lines}
ACCEPTED: dict[Framing, str] = {
    "sse": "text/event-stream, application/json",
    "ndjson": "application/x-ndjson, application/json",
}


def is_stream(response: httpx.Response, framing: Framing) -> bool:
    kind = response.headers.get("content-type", "").lower()
    return "text/event-stream" in kind if framing == "sse" else "ndjson" in kind or "jsonl" in kind


async def read_body(response: httpx.Response, into: bytearray, most: int) -> None:
    """The body as far as it is of use; what came before a failure is kept."""
    async for piece in response.aiter_bytes():
        into += piece
        if len(into) > most:
            return


async def refusal(response: httpx.Response, patience: Patience, secret: str) -> ProviderError:
    """The error behind an answer that holds no stream."""
    body = bytearray()
    try:
        await read_body(response, body, _MAX_ERROR_BYTES)
    except httpx.HTTPError:
        pass  # the status alone says enough
    except ProviderError as slow:
        if response.status_code == 200:
            return slow
    text = body[:_MAX_ERROR_BYTES].decode("utf-8", "replace")
    if response.status_code == 200:
        return not_a_stream(response.headers.get("content-type", "").split(";")[0], text, secret)
    return error(response.status_code, text, response.headers, secret)


# ---------------------------------------------------------------- failures of the connection
def before_answer(problem: Exception, connect_s: float, secret: str) -> ProviderError:
    if isinstance(problem, httpx.ConnectTimeout | httpx.PoolTimeout):
        return ProviderError(ErrorKind.TIMEOUT, f"no connection in {connect_s:g} s", sent=False)
    if isinstance(problem, httpx.InvalidURL):
        return ProviderError(ErrorKind.CONNECTION, clean(f"not a base URL: {problem}", secret), sent=False)
    if isinstance(problem, httpx.UnsupportedProtocol):
        return ProviderError(ErrorKind.CONNECTION, NO_SCHEME, sent=False)
    words = clean(_cause(problem), secret)
    if isinstance(problem, _NEVER_SENT):
        return ProviderError(ErrorKind.CONNECTION, words, sent=False)
    return ProviderError(ErrorKind.CONNECTION, f"the connection was lost before an answer ({words})")


def _in_answer(problem: Exception, begun: bool, secret: str) -> ProviderError:
    words = clean(_cause(problem), secret)
    if begun:
        return malformed(f"the stream broke off ({words})", secret)
    return ProviderError(ErrorKind.CONNECTION, f"the connection was lost before the first token ({words})")


def _cause(problem: BaseException) -> str:
    """What the system said: `connection refused` lies several exceptions below the one that is raised."""
    words, seen = str(problem), problem
    while (below := seen.__cause__ or seen.__context__) is not None:
        seen = below.exceptions[0] if isinstance(below, BaseExceptionGroup) else below
        if isinstance(seen, OSError):
            words = _system_words(seen) or words
    return words[:1].lower() + words[1:] or type(problem).__name__


def _system_words(problem: OSError) -> str:
    # For a failed connect asyncio puts the address where the reason should be.
    named = isinstance(problem, SSLError | gaierror) or not problem.errno
    return problem.strerror or "" if named else os.strerror(problem.errno or 0)
