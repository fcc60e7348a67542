"""Compressed answers, unpacked piece by piece: a few bytes that unpack to gigabytes are never held at once."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

from routing.providers.failures import malformed

ENCODINGS = "gzip"
"""What is asked for, and all that is taken."""
_PIECE = 65_536
_GZIP = zlib.MAX_WBITS | 16


def decode(response: httpx.Response) -> None:
    """Let the body come unpacked, in pieces of at most 64 KiB. Raises ProviderError (malformed_stream) at once for an
    encoding that was not asked for, and while it is read for bytes that are not in it."""
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return
    if encoding not in ("gzip", "x-gzip"):
        raise malformed(f"answered in the encoding {encoding!r}, which was not asked for")
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _Unpacked(response.stream)


class _Unpacked(httpx.AsyncByteStream):
    def __init__(self, packed: httpx.AsyncByteStream) -> None:
        self._packed = packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpacker = zlib.decompressobj(_GZIP)
        async for packed in self._packed:
            rest = packed
            while rest:
                try:
                    piece = unpacker.decompress(rest, _PIECE)
                except zlib.error as problem:
                    raise httpx.DecodingError(f"its gzip is broken: {problem}") from problem
                rest = unpacker.unconsumed_tail
                if piece:
                    yield piece

    async def aclose(self) -> None:
        await self._packed.aclose()
