"""Forty turns of a person who knows the truth, with a model on loopback that is right half of the time and sounds sure:
each answer is rated with a key, and the confidence that is shown moves to the truth."""

from __future__ import annotations

import random
import statistics
from pathlib import Path

import pytest

from app.chat import hotkeys
from app.controls.base import Launch
from routing.ledger.ratings import read_ratings
from tests.app.driving import Driver, driven
from tests.paths.forty import PART, TURNS, figures
from tests.paths.voices import OVER_SURE, Told
from tests.wire.chat import ChatServer, chat_server


async def shown(driver: Driver, chat: ChatServer, told: Told) -> float:
    """Ask, read the confidence, say with a key whether the answer is right."""
    chat.say(told.text, end=True)
    turn = await driver.ask(told.prompt)
    attempt = driver.app.conversation.trace(turn).current
    assert attempt is not None
    assert attempt.confidence is not None
    confidence = attempt.confidence.score
    await driver.press("escape", "g" if told.right else "b")
    await driver.until(lambda: driver.runtime.trust.judged == len(driver.app.conversation.turns))
    return confidence


async def test_forty_ratings_move_the_confidence_that_is_shown_to_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotkeys, "PAUSE_S", 0.001)  # nobody writes here
    answers = OVER_SURE.answers(TURNS, random.Random(11))
    async with chat_server() as chat:
        (tmp_path / "config.yaml").write_text(chat.config)
        async with driven(tmp_path, Launch(seed=7)) as driver:
            scores = [await shown(driver, chat, told) for told in answers]
            first, last = (figures(scores[part], answers[part]) for part in (slice(PART), slice(-PART, None)))
            assert statistics.fmean(scores[:3]) > OVER_SURE.skill + 0.2
            assert last.distance < 0.15
            assert last.brier < first.brier
            ratings = read_ratings(driver.runtime.store)
            assert [one.good for one in ratings] == [told.right for told in answers]
            assert 1 <= sum(one.propensity is not None for one in ratings) <= 12, "40 × 1/8 = 5"
            panel = driver.panel_text("confidence")
            assert "learned from 40 ratings" in " ".join(panel.split())
