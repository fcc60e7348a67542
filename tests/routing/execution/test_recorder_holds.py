"""What the ledger was told is known, however often the one who waits is cancelled."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.execution.recorder import uninterrupted


class Ledger:
    """A write that takes until the test says that it is done."""

    def __init__(self) -> None:
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.told: list[int] = []

    async def write(self) -> int:
        return await uninterrupted(self.done, self._tell)

    def _tell(self, answer: int) -> int:
        self.told.append(answer)
        return answer + 1


async def turns_of_the_loop(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@given(st.lists(st.integers(0, 3), max_size=5), st.integers(0, 3))
async def test_a_cancellation_waits_for_the_write_and_is_passed_on(pauses: list[int], late: int) -> None:
    """Whenever and however often it is cancelled, what follows the write is done once, and then it is cancelled."""
    ledger = Ledger()
    writing = asyncio.ensure_future(ledger.write())
    await turns_of_the_loop(1)
    for pause in pauses:
        writing.cancel()
        await turns_of_the_loop(pause)
        assert not writing.done()
    await turns_of_the_loop(late)
    assert ledger.told == []
    ledger.done.set_result(7)
    await asyncio.wait([writing])
    assert ledger.told == [7]
    assert writing.cancelled() == bool(pauses)
    if not pauses:
        assert writing.result() == 8


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_write_that_failed_comes_before_the_cancellation(cancelled: bool) -> None:
    """The ledger has to be known as broken: nothing more is told to it."""
    ledger = Ledger()
    writing = asyncio.ensure_future(ledger.write())
    await turns_of_the_loop(1)
    if cancelled:
        writing.cancel()
        await turns_of_the_loop(2)
    ledger.done.set_exception(OSError("the disk is full"))
    with pytest.raises(OSError, match="full"):
        await writing
    assert ledger.told == []
