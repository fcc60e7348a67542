"""A client whose every picture is the same: a day of its own, a ledger told by hand, nothing that moves by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing import events as ev
from routing.clock import SystemClock
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from tests.app.conftest import no_models_but_simulated  # noqa: F401 - the same machine without models
from tests.app.traces import Script

NOW_S = 1_700_000_400.0


class StillClock(SystemClock):
    def wall(self) -> float:
        return NOW_S


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A quarter past ten in the evening of one day, wherever and whenever the tests run."""
    monkeypatch.setattr("app.runtime.SystemClock", StillClock)
    monkeypatch.setattr("app.runtime._session_id", lambda clock: "s1")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def told(script: Script, turn: str, prompt: str, parent: str | None = None) -> list[Any]:
    """The script's events as those of a turn of its own."""
    renamed: list[Any] = []
    for event in script.events:
        changes: dict[str, Any] = {"turn": turn}
        if getattr(event, "attempt", None) is not None:
            changes["attempt"] = f"{turn}.{event.attempt}"
        if isinstance(event, ev.TurnStarted):
            changes["request"] = replace(event.request, content=(ev_text(prompt),), chat_id="c1", parent_turn=parent)
        renamed.append(replace(event, **changes))
    return renamed


def ev_text(text: str) -> Any:
    from routing.messages import TextPart

    return TextPart(text)


def keep(home: Path, turns: Sequence[Sequence[Any]]) -> None:
    """Write turns into the ledger of this home."""
    asyncio.run(_keep(home, turns))


async def _keep(home: Path, turns: Sequence[Sequence[Any]]) -> None:
    store = Store(home / "data" / "ledger.db")
    journal = Journal(store, "s1")
    for events in turns:
        deltas = [event for event in events if isinstance(event, ev.TextDelta)]
        for event in events:
            if isinstance(event, ev.Reserved):
                assert await journal.reserve([], [event], limits=(), credit_nusd=10**12) is None
            elif not isinstance(event, ev.TextDelta):
                await journal.commit([event])
        await journal.commit([], deltas)
    store.close()
