"""A mistake in our own code: the user reads one sentence, and no value of a variable is told anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.client import Client
from app.controls.base import Launch
from app.settings import Paths, Settings

PLANTED = "sk-planted"


def _fail(client: Client) -> None:
    secret = PLANTED
    raise RuntimeError(f"not {len(secret)}")


async def _press_help(client: Client) -> None:
    async with client.run_test() as pilot:
        while client.runtime is None:
            await pilot.pause()
        await pilot.press("f1")


async def test_an_action_that_fails_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "action_help", _fail)
    paths = Paths(tmp_path / "data", tmp_path / "config.yaml")
    client = Client(paths, Settings(), Launch(speed=50))
    with pytest.raises(RuntimeError):
        await _press_help(client)
    place = paths.data_dir / "fault.txt"
    assert str(place) in client.last_words
    assert "Traceback" not in client.last_words
    told = place.read_text(encoding="utf-8")
    assert "_fail" in told
    assert PLANTED not in told
