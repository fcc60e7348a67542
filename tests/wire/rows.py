"""What a row and a cell of the table of failures are."""

from __future__ import annotations

from dataclasses import dataclass, field

from routing.errors import ErrorKind
from tests.wire.server import Step


@dataclass(frozen=True)
class Cell:
    """What a server of one dialect does: in words, and byte for byte."""

    how: str
    script: tuple[Step, ...]


@dataclass(frozen=True)
class Row:
    """One error or ending. `says` stands in the sentence that the person reads; `text` came before it broke.

    `refused` is what the model turned out not to take, for each cell; `fault` the simulator's that does the same;
    `peers` are tests in which a server that nobody here wrote did it (file and function).
    """

    name: str
    kind: ErrorKind | None
    cells: dict[str, Cell]
    says: str = ""
    finish: str | None = None
    text: str = ""
    sent: bool = True
    wait_s: float | None = None
    refused: tuple[str, ...] = ()
    fault: str | None = None
    peers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.name


LLAMA, AIMOCK = "test_llama_calls.py", "test_aimock_calls.py"
PEERS = {LLAMA: "llama-server", AIMOCK: "aimock"}
