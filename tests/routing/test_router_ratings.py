"""What a user says of answers: kept as events after the turn's end, beside the confidence that was shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routing import events as ev
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.ratings import labels, read_ratings
from routing.ledger.retention import erase_chat
from routing.ledger.store import Store
from routing.ledger.transfer import export_lines, import_lines
from routing.router import DRAFT_SHARE, RATING_SHARE
from tests.fakes import (
    HELLO,
    LARGE,
    SMALL,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence", "session")


async def test_the_last_word_on_an_answer_counts(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Paris.", score=0.8)]})
    end = told(await line.ask(HELLO))
    assert await line.router.rate(end.turn, good=True) is not None
    assert await line.router.rate(end.turn, good=True) is None
    last = await line.router.rate(end.turn, good=False)
    events = journal.events(end.turn)
    assert events[-1] == last
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    (rating,) = read_ratings(journal.store)
    assert (rating.attempt, rating.model, rating.good, rating.propensity) == (f"{end.turn}.1", SMALL, False, None)
    assert rating.shown == pytest.approx(0.8)


async def test_a_superseded_draft_can_be_rated_by_itself(journal: Journal) -> None:
    route = a_route(a_rung("small", 0.8), a_rung("large"))
    scripts = {SMALL: [says("hm", score=0.2)], LARGE: [says("Paris.", score=0.9)]}
    line = a_line(journal, scripts, a_policy(route), models=[a_model(SMALL), a_model(LARGE)])
    end = told(await line.ask(HELLO))
    await line.router.rate(end.turn, good=True)
    await line.router.rate(end.turn, good=False, attempt=f"{end.turn}.1")
    assert {one.model: one.good for one in read_ratings(journal.store)} == {LARGE: True, SMALL: False}


async def test_what_gave_no_answer_is_not_rated(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("connection")]})
    end = told(await line.ask(HELLO))
    for attempt in (None, f"{end.turn}.1", "nobody.1"):
        assert await line.router.rate(end.turn, good=True, attempt=attempt) is None
    assert await line.router.rate("nobody", good=True) is None
    assert read_ratings(journal.store) == ()


async def test_about_one_turn_in_eight_is_asked_about_and_only_once(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Paris.")] * 200})
    ends = [told(await line.ask(HELLO)) for _ in range(200)]
    asked = [one for end in ends if (one := await line.router.ask_rating(end.turn)) is not None]
    assert 12 <= len(asked) <= 40, "200 × 1/8 = 25, ± 3 standard deviations"
    assert {one.propensity for one in asked} == {RATING_SHARE}
    again = [await line.router.ask_rating(one.turn) for one in asked for _ in range(20)]
    assert not any(again)
    rated = await line.router.rate(asked[0].turn, good=True)
    assert rated is not None
    assert rated.solicited
    good = [(one.propensity, one.good) for one in read_ratings(journal.store)]
    assert sorted(good, key=str) == sorted([(RATING_SHARE, True), *[(RATING_SHARE, None)] * (len(asked) - 1)], key=str)


async def test_about_one_left_draft_in_twenty_is_asked_about_and_no_other_draft(journal: Journal) -> None:
    route = a_route(a_rung("small", 0.8), a_rung("large"))
    scripts = {SMALL: [says("hm", score=0.2)], LARGE: [says("Paris.", score=0.9)]}
    line = a_line(journal, scripts, a_policy(route), models=[a_model(SMALL), a_model(LARGE)])
    ends = [told(await line.ask(HELLO)) for _ in range(200)]
    asked = [one for end in ends if (one := await line.router.ask_rating(end.turn)) is not None]
    drafts = [one for one in asked if one.attempt == f"{one.turn}.1"]
    assert 2 <= len(drafts) <= 20, "200 × 1/20 = 10, ± 3 standard deviations"
    assert {one.propensity for one in drafts} == {DRAFT_SHARE}
    assert {one.propensity for one in asked if one not in drafts} == {RATING_SHARE}
    rated = await line.router.rate(drafts[0].turn, good=True, attempt=drafts[0].attempt)
    assert rated is not None
    assert rated.solicited


async def test_a_turn_that_is_rated_is_not_asked_about(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Paris.")] * 60})
    for _ in range(60):
        end = told(await line.ask(HELLO))
        assert await line.router.rate(end.turn, good=True) is not None
        assert await line.router.ask_rating(end.turn) is None


async def test_ratings_survive_an_export_and_go_with_their_chat(journal: Journal, tmp_path: Path) -> None:
    line = a_line(journal, {SMALL: [says("Paris.")]})
    events = await line.ask(HELLO)
    (started, *_) = events
    assert isinstance(started, ev.TurnStarted)
    await line.router.rate(told(events).turn, good=False)
    other = Store(tmp_path / "other.db")
    import_lines(other, [one.encode() + b"\n" for one in export_lines(journal.store)], "f")
    assert read_ratings(other) == read_ratings(journal.store) != ()
    erase_chat(other, started.chat)
    assert read_ratings(other) == ()
    other.close()


async def test_an_answer_that_was_found_bad_is_no_success_of_its_model(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Paris."), says("Rome.")]})
    ends = [told(await line.ask(HELLO)) for _ in range(2)]
    await line.router.rate(ends[1].turn, good=False)
    (record,) = read_acceptance(journal.store).records
    assert (record.kept, record.answered) == (1, 2)


@pytest.mark.parametrize("good", [True, False])
async def test_labels_are_what_was_measured_before_ratings_moved_it(journal: Journal, good: bool) -> None:
    parts = (
        ev.ConfidencePart("base", "", 1.5),
        ev.ConfidencePart("kept before", "1 of 9", -0.8),
        ev.ConfidencePart("agreement", "", 0.4),
        ev.ConfidencePart("calibration", "3 ratings", -0.7),
        ev.ConfidencePart("ceiling", "empty", -2.0),
    )
    line = a_line(journal, {SMALL: [says("Paris.", score=0.8)]})
    end = told(await line.ask(HELLO))
    measured = next(one for one in journal.events(end.turn) if isinstance(one, ev.ConfidenceMeasured))
    told_so = ev.dump(replace(measured, parts=parts)).decode()
    journal.store.write_now(
        lambda db: (
            db.execute(
                "UPDATE event SET body = ? WHERE turn = ? AND seq = ?", (told_so, end.turn, measured.seq)
            ).rowcount
        )
    )
    await line.router.rate(end.turn, good)
    assert [(one.log_odds, one.good) for one in labels(read_ratings(journal.store))] == [(1.5, float(good))]
    assert read_acceptance(journal.store).calibration.overall.labels == 1
