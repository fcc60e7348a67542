from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.asking import Desk
from tests.peers.fetching import MissingError, Program, aimock, llama_server
from tests.peers.serving import Aimock, LlamaServer, running_aimock, running_llama

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture(scope="session")
def llama_program() -> Program:
    try:
        return llama_server()
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def sure(llama_program: Program, logs: Path) -> Iterator[LlamaServer]:
    """A llama-server that knows what it says, and says it at temperature 0 to whoever names none."""
    with running_llama(llama_program, "sure", logs / "sure", "--temp", "0") as server:
        yield server


@pytest.fixture(scope="session")
def unsure(llama_program: Program, logs: Path) -> Iterator[LlamaServer]:
    """A llama-server that says the same, and is not sure of it."""
    with running_llama(llama_program, "unsure", logs / "unsure", "--temp", "0") as server:
        yield server


@pytest.fixture(scope="session")
def locked(llama_program: Program, logs: Path) -> Iterator[LlamaServer]:
    """A llama-server that asks for a key."""
    with running_llama(llama_program, "sure", logs / "locked", key="sesame") as server:
        yield server


@pytest.fixture(scope="session")
def mock(logs: Path) -> Iterator[Aimock]:
    try:
        program = aimock()
    except MissingError as missing:
        pytest.skip(str(missing))
    with running_aimock(program, FIXTURES, logs / "aimock") as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A shell on a machine on which nothing was ever set up."""
    return Desk(tmp_path)
