"""What the user says of answers, by key; and the question that one turn in eight asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app import runtime
from app.chat.empty import STARTERS
from routing import router
from routing.decision.model import Acceptance
from routing.events import Rated, RatingAsked
from routing.ledger.acceptance import read_acceptance
from routing.ledger.ratings import read_ratings
from routing.ledger.store import Store
from tests.app.driving import PATIENCE_S, QUICK, driven

QUESTION = "Was this answer good?"


@pytest.fixture(params=[True, False], ids=["asked", "not-asked"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(router, "RATING_SHARE", 1.0 if request.param else 0.0)
    return bool(request.param)


async def test_a_key_rates_the_answer_and_the_strip_shows_it(tmp_path: Path, asked: bool) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask("What is 2 + 3?")
        if asked:
            await driver.until(lambda: QUESTION in driver.rows)
        await driver.press("escape", "g")
        await driver.until(lambda: "✓ good" in driver.rows)
        assert QUESTION not in driver.rows
        await driver.press("b")
        await driver.until(lambda: "✗ bad" in driver.rows)
        last = driver.events(turn)[-1]
        assert isinstance(last, Rated)
        assert (last.good, last.solicited) == (False, asked)
        (rating,) = read_ratings(driver.runtime.store)
        assert (rating.good, rating.propensity) == (False, 1.0 if asked else None)


async def test_the_question_is_asked_once_and_typing_on_is_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "RATING_SHARE", 1.0)
    async with driven(tmp_path) as driver:
        first = await driver.ask("What is 2 + 3?")
        await driver.until(lambda: QUESTION in driver.rows)
        await driver.ask("What is 4 + 5?")
        await driver.until(lambda: driver.rows.count(QUESTION) == 1)
        assert sum(isinstance(event, RatingAsked) for event in driver.events(first)) == 1


async def test_nobody_is_asked_who_does_not_want_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "RATING_SHARE", 1.0)
    (tmp_path / "config.yaml").write_text("ratings: {ask: false}\n", "utf-8")
    async with driven(tmp_path, replace(QUICK)) as driver:
        turn = await driver.ask("What is 2 + 3?")
        await driver.pilot.pause(0.1)
        assert QUESTION not in driver.rows
        assert not any(isinstance(event, RatingAsked) for event in driver.events(turn))


async def test_a_draft_under_the_cursor_is_rated_for_itself(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask('Give me JSON with the keys "name", "born" and "works" for three composers.')
        attempts = [one.id for one in driver.app.conversation.trace(turn).attempts]
        assert len(attempts) > 1, "it begins with a draft that is superseded"
        driver.app.transcript.focus()
        driver.app.transcript.place_cursor(f"attempt/{attempts[0]}")
        await driver.press("b")
        await driver.until(lambda: [one.attempt for one in read_ratings(driver.runtime.store)] == [attempts[0]])


async def test_a_draft_that_is_asked_about_is_what_the_key_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "RATING_SHARE", 0.0)
    monkeypatch.setattr(router, "DRAFT_SHARE", 1.0)
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2 + 3?")
        turn = await driver.ask(next(one.prompt for one in STARTERS if one.shows == "an escalation"))
        *_, draft, answer = [one.id for one in driver.app.conversation.trace(turn).attempts]
        await driver.until(lambda: any(isinstance(event, RatingAsked) for event in driver.events(turn)))
        driver.app.transcript.focus()
        await driver.press("home")
        await driver.until(lambda: "By lot: was this draft good?" in driver.rows)
        await driver.press("b")
        await driver.until(lambda: "✗ bad" in driver.rows)
        assert "By lot" not in driver.rows
        await driver.press("g")
        await driver.until(lambda: "✓ good" in driver.rows)
        found = {one.attempt: (one.good, one.propensity) for one in read_ratings(driver.runtime.store)}
        assert found == {draft: (False, 1.0), answer: (True, None)}


async def test_ratings_move_the_confidence_and_the_panel_tells_of_them(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        for _ in range(6):
            await driver.ask("What is 2 + 3?")
            await driver.press("escape", "b")
            rated = len(driver.app.conversation.turns)
            await driver.until(lambda rated=rated: driver.runtime.trust.judged == rated)
        scores = []
        for turn in driver.app.conversation.turns:
            attempt = driver.app.conversation.trace(turn).attempts[0]
            assert attempt.confidence is not None
            scores.append(attempt.confidence.score)
        assert scores[-1] < scores[0] - 0.1
        assert "calibration" in driver.panel_text("confidence")
        await driver.until(lambda: "6 ratings: too few to tell" in driver.panel_text("confidence"))


async def test_ratings_are_learned_from_one_after_another_whatever_is_shown_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, learning, most = threading.Event(), [], []

    def held(store: Store) -> Acceptance:
        learning.append(store)
        most.append(len(learning))
        gate.wait(PATIENCE_S)
        learning.pop()
        return read_acceptance(store)

    async with driven(tmp_path) as driver:
        await driver.ask("What is 2 + 3?")
        monkeypatch.setattr(runtime, "read_acceptance", held)
        await driver.press("escape", "g")
        await driver.until(lambda: "✓ good" in driver.rows)
        await driver.press("b")
        await driver.until(lambda: "✗ bad" in driver.rows)
        await driver.press("ctrl+n")
        await driver.until(lambda: driver.app.conversation.turns == [])
        gate.set()
        await driver.told("Noted as good, of sim-")
        await driver.told("Noted as bad, of sim-")
        assert most == [1, 1]
