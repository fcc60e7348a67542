from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_models_but_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key or a server of the machine that runs the tests is none of their business."""

    async def nothing(*_: object, **__: object) -> list[object]:
        return []

    monkeypatch.setattr("app.sources.discover", nothing)
