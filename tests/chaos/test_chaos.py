"""The run under chaos, small; the long ones are for `make soak`."""

from __future__ import annotations

import pytest

from tests.chaos.caps import contest
from tests.chaos.run import run_chaos, run_one_down
from tests.chaos.schedule import chaos


async def test_sixty_turns_under_chaos_lose_nothing() -> None:
    report = await run_chaos(seed=3, turns=60, concurrency=4)
    assert report["broken"] == []
    assert report["kills"] >= 3
    assert report["attempts_that_failed"]
    assert report["answered"] > 0


def test_the_seed_fixes_the_schedule() -> None:
    assert chaos(7, 200) == chaos(7, 200) != chaos(8, 200)


def test_many_processes_keep_one_cap() -> None:
    assert contest(asks=10, seed=1, fits=(7, 16))["broken"] == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
async def test_a_thousand_turns_lose_nothing(seed: int) -> None:
    report = await run_chaos(seed=seed, turns=1_000, concurrency=8)
    assert report["broken"] == []


@pytest.mark.soak
async def test_one_provider_down_leaves_no_turn_without_an_answer() -> None:
    report = await run_one_down(seed=1, turns=400, concurrency=8)
    assert report["broken"] == []
