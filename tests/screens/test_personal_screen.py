"""Pictures of the question about personal data."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.screens.personal import PersonalScreen
from tests.app.driving import Driver
from tests.screens.test_screens import FULL, STRIP, Snap, client, scene


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_what_may_be_done_about_personal_data(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def ask(driver: Driver) -> None:
        driver.app.push_screen(PersonalScreen(("an e-mail address", "a bank account (IBAN)"), "balanced"))

    facts = ("an e-mail address", "a bank account (IBAN)", "send it as it is", "● always in this chat")
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene("a", facts=facts, before=ask))
