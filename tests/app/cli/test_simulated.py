"""The simulated models asked in each of the dialects that they speak."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import pytest

from app.sources import SIMULATED_DIALECT
from routing.simulator import DIALECTS
from tests.app.cli.conftest import Shell


@dataclass(frozen=True)
class Speaking(Shell):
    """A shell in which the simulated models are asked in one dialect."""

    dialect: str = ""

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, SIMULATED_DIALECT: self.dialect}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_turn_in_every_dialect(bare: Shell, dialect: str) -> None:
    end = Speaking(bare.home, dialect).run("ask", "--json", "what is 17% of 2,340?").events[-1]
    assert (end["status"], end["simulated"]) == ("answered", True)
    assert "397.8" in end["reply"]
    assert end["simulated_spend_nusd"] > 0


def test_a_dialect_that_is_not_spoken(bare: Shell) -> None:
    done = Speaking(bare.home, "morse").run("ask", "hello", code=2)
    assert "openai, anthropic, gemini, ollama" in done.err


def test_simulate_names_every_address(bare: Shell) -> None:
    program = bare.start("simulate", "--speed", "0")
    assert program.stdout is not None
    url = program.stdout.readline().split()[1]
    introduction = "".join(iter(program.stdout.readline, "Ctrl-C stops.\n"))
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=30)
    for dialect in DIALECTS:
        base = url if dialect == "openai" else url.removesuffix("/v1")
        assert [dialect, base] in [line.split()[1:] for line in introduction.splitlines()]
