"""All that touches the network: one provider over HTTP, and a look at what answers on a local port.

Nothing here is retried. Every failure becomes a `ProviderError`; a cancelled call closes its connection and stays
cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from importlib.util import find_spec
from ssl import SSLContext, TLSVersion
from typing import Any

import httpx

from routing.errors import ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, LimitsChunk
from routing.policy.model import Timeouts
from routing.providers.clear_text import IN_THE_CLEAR, in_the_clear
from routing.providers.contract import Call, Outgoing, ProviderConfig
from routing.providers.dialects import dialect_of
from routing.providers.embeddings import Embedded, embedded
from routing.providers.encodings import ENCODINGS, decode
from routing.providers.failures import clean, error, malformed
from routing.providers.known import is_loopback, only_model
from routing.providers.limits import read_limits
from routing.providers.listing import read_listing
from routing.providers.reading import ACCEPTED, Patience, before_answer, chunks_of, is_stream, read_body, refusal, send
from routing.registry.model import Model

LIST_TIMEOUT_S = 10.0
WARM_TIMEOUT_S = 5.0
_NO_LIST = (ErrorKind.NOT_FOUND, ErrorKind.INVALID_REQUEST, ErrorKind.MALFORMED_STREAM)
"""What a server answers that lists nothing."""
_MOST_LISTED_BYTES = 32 * 1024 * 1024
_MOST_LISTED = 5_000
"""Models of one list; details may be asked of each of them."""
_LAST_PORT = 65_535
_KEEP_ALIVE_S = 60.0
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_KEEP_ALIVE_S)


class HttpProvider:
    """A provider of any dialect. `key` is asked at each call, so that a new key needs no restart."""

    def __init__(self, config: ProviderConfig, key: Callable[[], str | None] = lambda: None) -> None:
        self.config = config
        self._dialect = dialect_of(config.dialect)
        self._root = self._dialect.root(config.base_url)
        self._key = key
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._used_at = -_KEEP_ALIVE_S

    async def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncGenerator[Chunk, None]:
        """See `Provider.stream`. The first chunk may be the rate limits that the server announces; the last ones are
        the usage, if it was sent, and a `FinishChunk`."""
        secret = self._key() or ""
        outgoing = self._dialect.encode(call, model, self.config)
        client = self._client or await self._open()
        patience = Patience(timeouts, asyncio.get_running_loop().time())
        try:
            request = self._request(client, outgoing, secret, timeouts.connect_s)
            response = await send(client, request, patience)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise before_answer(problem, timeouts.connect_s, secret) from problem
        self._used_at = asyncio.get_running_loop().time()
        try:
            if response.status_code != 200 or not is_stream(response, self._dialect.framing):
                raise await refusal(response, patience, secret)
            limits = read_limits(response.headers)
            if limits:
                yield LimitsChunk(limits)
            decoder = self._dialect.decoder(secret)
            async with aclosing(chunks_of(response, self._dialect.framing, decoder, patience, secret)) as chunks:
                async for chunk in chunks:
                    yield _with_request_id(chunk, response, secret) if isinstance(chunk, FinishChunk) else chunk
        finally:
            await response.aclose()

    async def list_models(self) -> tuple[Model, ...]:
        """What the server lists and the configuration names, completed from what is known of each family of models
        and its prices."""
        cards = [*await self._cards(), *({"id": name} for name in self.config.models)]
        return await asyncio.to_thread(read_listing, cards, self.config)

    async def lists_models(self) -> bool:
        """Whether its list of models has the shape that the dialect gives it. Raises ProviderError as `list_models`."""
        listing = await self._json(self._dialect.listing(self.config))
        self._dialect.cards(listing)
        return isinstance(listing, dict)

    async def embed(self, text: str, model: Model, timeout_s: float) -> Embedded:
        """See `Embedder.embed`."""
        question = self._dialect.embedding
        if question is None:
            raise ProviderError(ErrorKind.INVALID_REQUEST, "it has no embeddings", sent=False)
        return embedded(question, await self._json(question.ask(text, model, self.config), "embedding", timeout_s))

    async def warm(self) -> None:
        """A connection with its handshake done, unless one was used a moment ago."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._used_at < _KEEP_ALIVE_S / 2:
            return
        self._used_at = now_s
        with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ProviderError):
            client = self._client or await self._open()
            if not is_loopback(self._root):
                await client.head(self._root, timeout=WARM_TIMEOUT_S)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _cards(self) -> list[dict[str, Any]]:
        """The server's own; none where it has no list and the configuration names models instead."""
        dialect = self._dialect
        only = only_model(self.config.base_url)
        if only:
            return [{"id": only}]
        try:
            cards = dialect.cards(await self._json(dialect.listing(self.config)))[:_MOST_LISTED]
        except ProviderError as error:
            if self.config.models and error.kind in _NO_LIST:
                return []
            raise
        if dialect.details is not None:
            cards = list(await asyncio.gather(*map(self._detailed, cards)))
        return cards

    async def _detailed(self, card: dict[str, Any]) -> dict[str, Any]:
        """A card with what its details say; as it is when they cannot be had."""
        assert self._dialect.details is not None
        assert self._dialect.detailed is not None
        try:
            return self._dialect.detailed(card, await self._json(self._dialect.details(card)))
        except ProviderError:
            return card

    async def _json(
        self, outgoing: Outgoing, what: str = "list of models", timeout_s: float = LIST_TIMEOUT_S
    ) -> object:
        """The JSON that answers a question: `what` was asked for."""
        secret = self._key() or ""
        client = self._client or await self._open()
        body = bytearray()
        try:
            request = self._request(client, outgoing, secret, timeout_s)
            async with asyncio.timeout(timeout_s), aclosing(await client.send(request, stream=True)) as response:
                decode(response)
                await read_body(response, body, _MOST_LISTED_BYTES)
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise ProviderError(ErrorKind.TIMEOUT, f"no {what} in {timeout_s:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise before_answer(problem, timeout_s, secret) from problem
        self._used_at = asyncio.get_running_loop().time()
        if response.status_code != 200:
            raise error(response.status_code, body.decode("utf-8", "replace"), response.headers, secret)
        if len(body) > _MOST_LISTED_BYTES:
            raise malformed(f"its {what} is longer than {_MOST_LISTED_BYTES // 1024**2} MB")
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise malformed(f"its {what} is not JSON") from None

    def _request(self, client: httpx.AsyncClient, outgoing: Outgoing, secret: str, connect_s: float) -> httpx.Request:
        """Raises httpx.InvalidURL, and ProviderError (never sent) for a key that no header can carry (auth), or that
        strangers could read on its way (connection)."""
        if not (secret.isascii() and secret.isprintable()):
            raise ProviderError(ErrorKind.AUTH, "it holds a line break or a letter that no key has", sent=False)
        headers = dict(outgoing.headers)
        headers |= {
            "content-type": "application/json",
            "accept": ACCEPTED[self._dialect.framing],
            "accept-encoding": ENCODINGS,
        }
        if secret:
            if in_the_clear(self._root):
                raise ProviderError(ErrorKind.CONNECTION, IN_THE_CLEAR, sent=False)
            name, value = self._dialect.key_header(secret, self.config)
            headers[name] = value
        request = client.build_request(
            "GET" if outgoing.body is None else "POST",
            joined_url(self._root, outgoing.path),
            headers=headers,
            content=None if outgoing.body is None else _as_json(outgoing.body),
            timeout=httpx.Timeout(None, connect=connect_s, pool=connect_s),
        )
        if (request.url.port or 0) > _LAST_PORT:
            raise httpx.InvalidURL(f"there is no port {request.url.port}")
        return request

    async def _open(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await _open_client(self._root)
            return self._client


def joined_url(root: str, path: str) -> str:
    """A path below a root that may carry a query, as Azure's does."""
    root, mark, query = root.partition("?")
    path, own_mark, own_query = path.partition("?")
    both = "&".join(one for one in (own_query, query) if one)
    return f"{root.rstrip('/')}{path}{'?' if mark or own_mark else ''}{both}"


def _as_json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


async def probe(config: ProviderConfig, timeout_s: float) -> bool:
    """Whether a server of the dialect answers there with a list of models."""
    provider = HttpProvider(config)
    try:
        async with asyncio.timeout(timeout_s):
            return await provider.lists_models()
    except (TimeoutError, ProviderError):
        return False
    finally:
        await provider.aclose()


async def _open_client(base_url: str) -> httpx.AsyncClient:
    """A client for one provider: its pool of connections. HTTP/2 where the extra is installed; proxies and
    certificates as the environment says (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR). Loopback goes through no
    proxy and needs no certificates; for the rest reading them takes tens of milliseconds, in a thread.

    No redirect is followed: a key goes to the host that the user named and to no other.

    Raises ProviderError (connection, never sent) when the environment names what cannot be used."""
    verify: SSLContext | bool = False
    direct = is_loopback(base_url)
    try:
        if not direct or base_url.lower().startswith("https"):
            verify = await asyncio.to_thread(_strict_context)
    except OSError as problem:
        what = "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read"
        raise ProviderError(ErrorKind.CONNECTION, f"{what}: {problem.strerror or problem}", sent=False) from problem
    http2 = not direct and find_spec("h2") is not None
    try:
        return httpx.AsyncClient(
            verify=verify, trust_env=not direct, limits=_LIMITS, http2=http2, follow_redirects=False
        )
    except (ImportError, ValueError, httpx.InvalidURL) as problem:
        what = "the proxy that the environment names cannot be used"
        raise ProviderError(ErrorKind.CONNECTION, f"{what}: {clean(str(problem))}", sent=False) from problem


def _strict_context() -> SSLContext:
    """Certificates are checked against the host's name, and nothing older than TLS 1.2 is spoken, whatever the
    system's own settings allow."""
    context = httpx.create_ssl_context()
    context.minimum_version = TLSVersion.TLSv1_2
    return context


def _with_request_id(finish: FinishChunk, response: httpx.Response, secret: str) -> FinishChunk:
    """The id that the provider's support asks for stands in a header, where there is one."""
    named = response.headers.get("request-id") or response.headers.get("x-request-id") or finish.request_id
    return replace(finish, request_id=clean(named, secret)) if named else finish
