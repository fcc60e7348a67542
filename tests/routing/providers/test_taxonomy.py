"""The table of `docs/providers.md`, played: each cell is a server on loopback that does what the cell says."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import pytest

from routing.errors import HANDLING, ErrorKind, ProviderError
from routing.messages import Chunk, FinishChunk, Message, TextChunk, TextPart
from routing.policy.model import Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.providers.dialects import dialect_names
from routing.providers.http import HttpProvider
from routing.providers.keys import Key
from routing.providers.sentences import sentence
from routing.registry.model import Model
from routing.simulator import Simulator
from tests.wire.rows import Cell, Row
from tests.wire.server import wire_server
from tests.wire.taxonomy import NO_NAME, NO_SERVER, NO_TRUST, NOT_OF_A_PROVIDER, ROWS

TLS = Path(__file__).parents[2] / "wire" / "tls"
CALL = Call((Message("user", (TextPart("Hello"),)),), 100)
MODEL = Model("p/m", "p", "m", "small")
KEY = Key("sk-1", "P_API_KEY in the environment")
FIRST = Timeouts(connect_s=5.0, first_token_s=0.1, idle_s=5.0, total_s=5.0)
IDLE = Timeouts(connect_s=5.0, first_token_s=5.0, idle_s=0.2, total_s=5.0)
PATIENT = Timeouts()

CELLS = [
    pytest.param(row, dialect, cell, id=f"{row}-{dialect}".replace(" ", "_"))
    for row in ROWS
    for dialect, cell in row.cells.items()
]


def timeouts_of(row: Row) -> Timeouts:
    return {"no first token": FIRST, "silent in mid-stream": IDLE}.get(row.name, PATIENT)


async def played(row: Row, dialect: str, cell: Cell) -> tuple[ProviderConfig, list[Chunk], ProviderError | None]:
    """How a call to a server that does what the cell says goes, and the provider as it was configured."""
    async with wire_server(*cell.script) as wire, elsewhere(cell.how) as base_url:
        config = ProviderConfig("p", base_url or f"http://127.0.0.1:{wire.port}", dialect, key="P_API_KEY")
        provider = HttpProvider(config, lambda: KEY.value)
        chunks: list[Chunk] = []
        try:
            async with aclosing(provider.stream(CALL, MODEL, timeouts_of(row))) as stream:
                async for chunk in stream:
                    chunks.append(chunk)
                    if row.kind is ErrorKind.CANCELLED:
                        break
            if row.kind is ErrorKind.CANCELLED:
                await asyncio.wait_for(wire.gone.wait(), 5)
                return config, chunks, ProviderError(ErrorKind.CANCELLED)
        except ProviderError as error:
            return config, chunks, error
        finally:
            await provider.aclose()
    return config, chunks, None


@asynccontextmanager
async def elsewhere(how: str) -> AsyncIterator[str | None]:
    """A base URL that leads to no server of the dialect; None for a cell that has its own server."""
    if how == NO_TRUST:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
    elif how == NO_SERVER:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    else:
        yield "https://models.invalid" if how == NO_NAME else None


def _no_names(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(("row", "dialect", "cell"), CELLS)
async def test_a_cell(row: Row, dialect: str, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    if cell.how == NO_NAME:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(socket, "getaddrinfo", _no_names)
    config, chunks, error = await played(row, dialect, cell)
    if row.finish is not None:
        assert error is None
        assert isinstance(chunks[-1], FinishChunk)
        assert chunks[-1].reason == row.finish
        error = ProviderError(row.kind) if row.kind else None
    else:
        assert error is not None
        assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)) == row.text
        assert (error.kind, error.sent, error.retry_after_s) == (row.kind, row.sent, row.wait_s)
        assert error.refused == (dict(zip(row.cells, row.refused, strict=True)).get(dialect) if row.refused else None)
    if error is not None:
        said = sentence(error, config, MODEL, KEY)
        assert row.says in said
        assert said.endswith((".", "?"))
        assert not said.endswith(("..", "?.", ";."))
        assert "sk-1" not in said


@pytest.mark.parametrize("dialect", dialect_names())
async def test_the_simulator_fails_in_the_same_ways(dialect: str) -> None:
    async with Simulator(seed=7, speed=math.inf) as simulator, AsyncExitStack() as stack:
        fields = simulator.providers(dialect)[0]
        provider = HttpProvider(ProviderConfig(fields["name"], fields["base_url"], dialect, simulated=True))
        stack.push_async_callback(provider.aclose)
        model = (await provider.list_models())[0]
        for row in ROWS:
            if row.fault is None or dialect not in row.cells:
                continue
            await simulator.set_fault(fields["name"], row.fault)
            expected = (None, row.finish) if row.finish else (row.kind, None)
            assert await _outcome(provider, model) == expected, row.name


async def _outcome(provider: HttpProvider, model: Model) -> tuple[ErrorKind | None, str | None]:
    try:
        chunks = [chunk async for chunk in provider.stream(CALL, model, IDLE)]
    except ProviderError as error:
        return error.kind, None
    assert isinstance(chunks[-1], FinishChunk)
    return None, chunks[-1].reason


@pytest.mark.parametrize("kind", sorted(set(ErrorKind) - NOT_OF_A_PROVIDER))
def test_every_kind_is_produced_in_every_dialect_that_can(kind: ErrorKind) -> None:
    dialects = {dialect for row in ROWS if row.kind is kind for dialect in row.cells}
    cannot = {"ollama"} if kind is ErrorKind.CONTENT_FILTER else set()
    assert dialects == set(dialect_names()) - cannot
    assert kind in HANDLING


@pytest.mark.parametrize(
    ("file", "name"), sorted({peer for row in ROWS for peer in row.peers}), ids=lambda value: str(value)
)
def test_the_tests_with_real_servers_that_the_table_names_are_there(file: str, name: str) -> None:
    source = (Path(__file__).parents[2] / "peers" / file).read_text(encoding="utf-8")
    assert f"def {name}(" in source
