"""Where an earlier draft is the best there is, the chat tells so."""

from __future__ import annotations

from pathlib import Path

from app.controls.base import Launch
from tests.app.driving import driven

SEED = 5
"""With it the middle model's answer scores below the small one's."""


async def test_a_later_answer_that_was_no_better_is_a_draft_and_the_best_comes_last(tmp_path: Path) -> None:
    async with driven(tmp_path, Launch(profile="economy", speed=0, seed=SEED)) as driver:
        turn = await driver.ask("Name three colours as a JSON array")
        first, second = driver.app.conversation.trace(turn).attempts
        assert (first.outcome, second.outcome) == ("kept", "superseded"), "choose another seed"
        text = driver.app.transcript.visible_text()
        assert "weighed" not in text
        assert text.index(f"{second.model} · draft") < text.index(f"{first.model} · answer · ! below floor")
