"""The official clients of each dialect against the simulated providers: what they reject, the simulator has wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from routing.simulator import Simulator

WHY = "the official clients are not installed: pip install --constraint constraints.txt -e '.[clients]'"
SUM = "What is 17*23?"
WEATHER = "What is the weather in Lisbon?"
INVOICE = "Extract: invoice for Ada Lovelace over $420, paid: yes"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
    "required": ["city"],
    "additionalProperties": False,
}
BILL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "amount": {"type": "number"}, "paid": {"type": "boolean"}},
    "required": ["name", "amount", "paid"],
    "additionalProperties": False,
}
LONG = "word " * 40_000
"""More than the window of a small model."""


def url(simulator: Simulator, dialect: str) -> str:
    return str(simulator.providers(dialect)[0]["base_url"])


def billed(simulator: Simulator) -> tuple[int, int]:
    """Tokens in and out, of all that was served."""
    served: dict[str, Any] = simulator.served()["sim-north"]
    return served["input_tokens"], served["output_tokens"]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=0) as running:
        yield running
