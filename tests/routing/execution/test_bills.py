"""The bill of one call: every kind of token at its own price, and how the sum is known."""

from __future__ import annotations

from typing import Any

import pytest

from routing.execution.attempt import Attempt
from routing.messages import Usage
from routing.registry.model import FREE, Price, Step
from tests.fakes import a_model

ASSUMED = 30_000_000_000
PRICE = Price(2_000_000, 8_000_000, 500_000, "test", 2_500_000, (Step(1000, 4_000_000, 12_000_000, 1_000_000),))


def an_attempt(usage: Usage | None, price: Price | None, **fields: Any) -> Attempt:
    attempt = Attempt("a", a_model(price=price), 10**9, ASSUMED, 100, 0.0, sent=True, **fields)
    attempt.usage = usage
    return attempt


@pytest.mark.parametrize(
    ("usage", "nusd"),
    [
        (Usage(100, 10, reported=True), 100 * 2 + 10 * 8),
        # 60 of 100 read from the cache at a quarter, 20 written to it at five quarters
        (Usage(100, 10, 60, reported=True, cache_write_tokens=20), 20 * 2 + 30 + 50 + 10 * 8),
        # reasoning is inside the output
        (Usage(100, 10, reasoning_tokens=9, reported=True), 100 * 2 + 10 * 8),
        # beyond 1,000 tokens all of them are dearer; writes have no price there, so they cost what input costs
        (Usage(1001, 10, 1, reported=True, cache_write_tokens=500), 1000 * 4 + 1 + 10 * 12),
    ],
)
def test_every_kind_of_token_is_charged(usage: Usage, nusd: int) -> None:
    assert an_attempt(usage, PRICE).billed() == (nusd, "reported", usage)


def test_only_what_is_known_to_cost_nothing_is_free() -> None:
    usage = Usage(100, 10, reported=True, cache_write_tokens=100)
    assert an_attempt(usage, FREE).billed()[:2] == (0, "free")
    assert an_attempt(usage, None).billed()[:2] == (110 * ASSUMED // 10**6, "estimated")
    assert an_attempt(usage, Price(0, 0, cache_write_nusd_per_mtok=1_000_000)).billed()[:2] == (100, "reported")
    assert an_attempt(usage, Price(0, 0, steps=(Step(50, 1_000_000, 0),))).billed()[:2] == (100, "reported")


def test_a_count_of_nothing_for_an_answer_is_no_count() -> None:
    attempt = an_attempt(Usage(0, 0, reported=True), PRICE, characters=40)
    assert attempt.billed() == (100 * 2 + 10 * 8, "estimated", Usage(100, 10))
