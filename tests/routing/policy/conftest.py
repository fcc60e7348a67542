from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from routing.analysis.features import Features, Needs, Risk, TaskClass

PLAIN = Features(
    task=TaskClass.CONVERSATION,
    task_p=0.9,
    intent="chat",
    complexity=0.1,
    multi_step=False,
    risk=Risk.LOW,
    risk_p=0.9,
    response_format="text",
    latency="interactive",
    language="en",
    novelty=0.5,
    input_tokens=40,
    output_tokens=200,
    needs=Needs(),
)


@pytest.fixture(scope="session")
def features() -> Callable[..., Features]:
    """A plain, harmless request, but for the fields that are given; `tools` is a count."""

    def make(tools: int = 0, **fields: object) -> Features:
        return replace(PLAIN, needs=Needs(tools=tools), **fields)

    return make


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return Path(__file__).parent / "fixtures"
