"""Recorded streams to chunks, read as the network is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st

from routing.messages import Chunk
from routing.policy.model import Timeouts
from routing.providers.contract import Decoder, Framing
from routing.providers.reading import Patience, chunks_of

WIRE = Path(__file__).parent


def recordings(folder: str) -> dict[str, bytes]:
    """The recorded streams of a dialect, by name."""
    found = {path.stem: path.read_bytes() for path in sorted((WIRE / folder).glob("*.sse"))}
    assert found
    return found


class Pieces(httpx.AsyncByteStream):
    """A body that comes in these pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


async def decoded(decoder: Decoder, *pieces: bytes, framing: Framing = "sse") -> list[Chunk]:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(pieces))
    patience = Patience(Timeouts(), asyncio.get_running_loop().time())
    return [chunk async for chunk in chunks_of(response, framing, decoder, patience, "")]


def fed(decoder: Decoder, *events: Any) -> list[Chunk]:
    """Events as objects, or as the text of their data."""
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    chunks = [chunk for text in texts for chunk in decoder.feed(text)]
    return chunks + decoder.finish()


def cut_anywhere(body: bytes) -> st.SearchStrategy[list[bytes]]:
    """The body in pieces, none of them empty."""

    def pieces(cuts: list[int]) -> list[bytes]:
        edges = sorted({0, len(body), *cuts})
        return [body[start:end] for start, end in pairwise(edges)]

    return st.lists(st.integers(0, len(body)), max_size=40).map(pieces)


def json_of(*names: str) -> st.SearchStrategy[Any]:
    """Any JSON whose objects have some of these fields."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(names)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=4),
        max_leaves=14,
    )
