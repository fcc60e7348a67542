"""All that touches the network: one provider over HTTP, and a look at what answers on a local port.

Nothing here is retried. Every failure becomes a `ProviderError`; a cancelled call closes its connection and stays
cancelled.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from socket import gaierror
from ssl import SSLContext, SSLError

import httpx
from httpx_sse import EventSource

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk
from routing.policy.model import Timeouts
from routing.providers import openai
from routing.providers.contract import Call, ProviderConfig
from routing.providers.failures import clean, malformed, not_a_stream
from routing.providers.known import is_loopback, service_at
from routing.providers.listing import read_listing
from routing.registry.model import Model

LIST_TIMEOUT_S = 10.0
# What is still awaited after the end marker, so that the connection can be used again.
DRAIN_S = 0.05
_KEEP_ALIVE_S = 60.0
_MAX_ERROR_BYTES = 65_536
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_KEEP_ALIVE_S)
_NEVER_SENT = (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.ProxyError)


class HttpProvider:
    """A provider of the OpenAI-compatible dialect. `key` is asked at each call, so that a new key needs no restart."""

    def __init__(self, config: ProviderConfig, key: Callable[[], str | None] = lambda: None) -> None:
        self.config = config
        self._key = key
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncGenerator[Chunk, None]:
        """See `Provider.stream`. The last chunks are the usage, if it was sent, and a `FinishChunk`."""
        secret = self._key() or ""
        path, headers, body = openai.encode(call, model, self.config)
        client = self._client or await self._open()
        patience = _Patience(timeouts, asyncio.get_running_loop().time())
        try:
            request = client.build_request(
                "POST",
                self.config.base_url.rstrip("/") + path,
                headers=_headers(headers, secret),
                content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
                timeout=httpx.Timeout(None, connect=timeouts.connect_s, pool=timeouts.connect_s),
            )
            response = await _send(client, request, patience)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise _before_answer(problem, timeouts.connect_s, secret) from problem
        try:
            if response.status_code != 200 or not _is_stream(response):
                raise await _refusal(response, patience, secret)
            async with aclosing(_chunks(response, patience, secret)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            await response.aclose()

    async def list_models(self) -> tuple[Model, ...]:
        """What `GET /models` says, completed from what is known of each family of models and its prices."""
        listing = await self._get_listing()
        return await asyncio.to_thread(read_listing, listing, self.config)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _get_listing(self) -> object:
        secret = self._key() or ""
        client = self._client or await self._open()
        service = service_at(self.config.base_url)
        headers = _headers(dict(self.config.headers), secret, service.list_key_header if service else None)
        url = self.config.base_url.rstrip("/") + "/models"
        try:
            async with asyncio.timeout(LIST_TIMEOUT_S):
                response = await client.get(url, headers=headers, timeout=LIST_TIMEOUT_S)
        except (TimeoutError, httpx.ReadTimeout) as problem:
            raise ProviderError(ErrorKind.TIMEOUT, f"no list of models in {LIST_TIMEOUT_S:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise _before_answer(problem, LIST_TIMEOUT_S, secret) from problem
        if response.status_code != 200:
            raise openai.error(response.status_code, response.text, response.headers, secret)
        try:
            return response.json()
        except ValueError:
            raise malformed("its list of models is not JSON; is the base URL right?") from None

    async def _open(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await _open_client(self.config.base_url)
            return self._client


async def probe(base_url: str, timeout_s: float) -> object | None:
    """The list of models that a local server gives without a key, as JSON; None when there is no such server."""
    async with await _open_client(base_url) as client:
        try:
            async with asyncio.timeout(timeout_s):
                response = await client.get(base_url.rstrip("/") + "/models", timeout=timeout_s)
            listing: object = response.json()
        except (TimeoutError, httpx.HTTPError, ValueError):
            return None
    return listing if response.status_code == 200 else None


async def _open_client(base_url: str) -> httpx.AsyncClient:
    """A client for one provider. Loopback goes through no proxy and needs no certificates; for the rest reading
    them takes tens of milliseconds, in a thread."""
    verify: SSLContext | bool = False
    direct = is_loopback(base_url)
    if not direct or base_url.startswith("https"):
        verify = await asyncio.to_thread(httpx.create_ssl_context)
    return httpx.AsyncClient(verify=verify, trust_env=not direct, limits=_LIMITS)


def _headers(headers: dict[str, str], secret: str, key_header: str | None = None) -> dict[str, str]:
    headers |= {"content-type": "application/json", "accept": "text/event-stream, application/json"}
    if secret and key_header:
        headers[key_header] = secret
    elif secret:
        headers["authorization"] = f"Bearer {secret}"
    return headers


# ---------------------------------------------------------------- waiting
class _Patience:
    """Until when the next bytes are awaited, and what is said if they do not come. Times are the loop's."""

    def __init__(self, timeouts: Timeouts, now_s: float) -> None:
        self._idle_s = timeouts.idle_s
        self._total_at = now_s + timeouts.total_s
        self._total_words = f"not finished in {timeouts.total_s:g} s"
        self._idle_words = f"went silent for {timeouts.idle_s:g} s"
        self.draining = False
        self._until(now_s + timeouts.first_token_s, f"no first token in {timeouts.first_token_s:g} s")

    def heard(self, now_s: float) -> None:
        """Something of the answer came."""
        self._until(now_s + self._idle_s, self._idle_words)

    def drain(self, now_s: float) -> None:
        """The answer is whole: wait for the end of the body a moment longer, in silence."""
        self.at, self.draining = now_s + DRAIN_S, True

    def _until(self, at_s: float, words: str) -> None:
        self.at, self.words = (at_s, words) if at_s < self._total_at else (self._total_at, self._total_words)


class _TimedStream(httpx.AsyncByteStream):
    """A body whose every read ends at the deadline of its `_Patience`.

    The timer stands around the read alone, never around what the reader does with it.
    """

    def __init__(self, inner: httpx.AsyncByteStream, patience: _Patience) -> None:
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
                if self._patience.draining:
                    return
                raise ProviderError(ErrorKind.TIMEOUT, self._patience.words) from problem
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _send(client: httpx.AsyncClient, request: httpx.Request, patience: _Patience) -> httpx.Response:
    """The response as soon as its headers are here; its body is read against the deadlines."""
    try:
        async with asyncio.timeout_at(patience.at):
            response = await client.send(request, stream=True)
    except TimeoutError as problem:
        raise ProviderError(ErrorKind.TIMEOUT, patience.words) from problem
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _TimedStream(response.stream, patience)
    return response


# ---------------------------------------------------------------- reading
async def _chunks(response: httpx.Response, patience: _Patience, secret: str) -> AsyncGenerator[Chunk, None]:
    decoder = openai.Decoder(secret)
    response.encoding = "utf-8"
    now_s = asyncio.get_running_loop().time
    begun = False
    try:
        async with aclosing(EventSource(response).aiter_sse()) as events:
            async for event in events:
                if decoder.done or not event.data:
                    continue
                for chunk in decoder.feed(event.data):
                    begun = True
                    patience.heard(now_s())
                    yield chunk
                if event.data == openai.END:
                    patience.drain(now_s())
    except httpx.HTTPError as problem:
        # A reset and a plain end look alike: after the terminal marker neither breaks anything.
        if not decoder.finished:
            raise _in_answer(problem, begun, secret) from problem
    for chunk in decoder.finish():
        yield chunk


def _is_stream(response: httpx.Response) -> bool:
    return "text/event-stream" in response.headers.get("content-type", "").lower()


async def _refusal(response: httpx.Response, patience: _Patience, secret: str) -> ProviderError:
    """The error behind an answer that holds no stream."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _MAX_ERROR_BYTES:
                break
    except httpx.HTTPError:
        pass  # the status alone says enough
    except ProviderError as slow:
        if response.status_code == 200:
            return slow
    text = body[:_MAX_ERROR_BYTES].decode("utf-8", "replace")
    if response.status_code == 200:
        return not_a_stream(response.headers.get("content-type", "").split(";")[0], text, secret)
    return openai.error(response.status_code, text, response.headers, secret)


# ---------------------------------------------------------------- failures of the connection
def _before_answer(problem: Exception, connect_s: float, secret: str) -> ProviderError:
    if isinstance(problem, httpx.ConnectTimeout | httpx.PoolTimeout):
        return ProviderError(ErrorKind.TIMEOUT, f"no connection in {connect_s:g} s", sent=False)
    if isinstance(problem, httpx.InvalidURL):
        return ProviderError(ErrorKind.CONNECTION, clean(f"not a base URL: {problem}", secret), sent=False)
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
