"""Pictures of a draft beside its answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.screens.compare import CompareScreen, Side
from tests.app.driving import Driver
from tests.screens.test_screens import ANSWER, FULL, STRIP, Snap, client, scene

DRAFT = "Wrap the loop in [b]try[/b] and [/finally.\x1b[2J\nThat should be enough, probably.\n\tretry(call)"


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_a_draft_beside_its_answer(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def compare(driver: Driver) -> None:
        draft = Side("sim-north/pebble[/]", ".41 < .66", DRAFT)
        driver.app.push_screen(CompareScreen(draft, Side("sim-north/boulder", ".87 ≥ .66", ANSWER)))

    facts = ("Which is better?", "1 draft", "[b]try[/b] and [/finally.\ufffd[2J", "2 answer", "0 no difference")
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene(facts=facts, before=compare))
