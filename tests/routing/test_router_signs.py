"""What the ledger makes of answers that nobody rated: compared, asked again, gone on from, copied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routing import events as ev
from routing.confidence.calibration import COMPARED_WEIGHT, KEPT_WEIGHT, REASK_WEIGHT
from routing.folding import fold
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.ratings import labels, read_ratings
from routing.ledger.retention import erase_chat
from routing.ledger.signs import MOST, read_signs
from routing.ledger.store import Store
from routing.ledger.transfer import export_lines, import_lines
from routing.messages import Request, ask
from tests.fakes import LARGE, SMALL, Line, a_line, a_model, a_policy, a_route, a_rung, fails, says, told

pytestmark = pytest.mark.usefixtures("scripted_confidence", "session")

SKY = "Why is the sky blue?"


def asks(text: str, after: str | None = None) -> Request:
    """A prompt of the chat, which goes on from a turn."""
    return replace(ask(text, chat_id="c1"), parent_turn=after)


async def turn_of(line: Line, text: str, after: str | None = None) -> str:
    return told(await line.ask(asks(text, after))).turn


def signs(journal: Journal) -> set[tuple[str, str, bool | None]]:
    """Attempt, kind and whether it is a good sign."""
    return {(one.attempt, one.kind, one.good) for one in read_signs(journal.store)}


def climbing(journal: Journal) -> Line:
    """One whose small model's drafts do not do."""
    scripts = {SMALL: [says("hm", score=0.2)], LARGE: [says("Paris.", score=0.9)]}
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("large")))
    return a_line(journal, scripts, policy, models=[a_model(SMALL), a_model(LARGE)])


# ---------------------------------------------------------------- compared
@pytest.mark.parametrize(("better", "draft_good"), [(1, True), (2, False)])
async def test_the_better_of_a_draft_and_its_answer_is_a_good_sign_of_one_and_a_bad_one_of_the_other(
    journal: Journal, better: int, draft_good: bool
) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    said = await line.router.compare(turn, f"{turn}.1", f"{turn}.{better}")
    assert said is not None
    assert (said.attempt, said.other, said.better) == (f"{turn}.1", f"{turn}.2", f"{turn}.{better}")
    assert journal.events(turn)[-1] == said
    assert signs(journal) == {(f"{turn}.1", "compared", draft_good), (f"{turn}.2", "compared", not draft_good)}
    weak = labels(read_ratings(journal.store), read_signs(journal.store))
    assert {(one.model, one.good, one.weight) for one in weak} == {
        (SMALL, float(draft_good), COMPARED_WEIGHT),
        (LARGE, float(not draft_good), COMPARED_WEIGHT),
    }
    drafted, answered = fold(journal.events(turn)).attempts
    assert (drafted.better, answered.better) == (draft_good, not draft_good)


async def test_the_last_comparison_counts_and_no_difference_says_nothing_of_either(journal: Journal) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    draft = f"{turn}.1"
    assert await line.router.compare(turn, draft, draft) is not None
    assert await line.router.compare(turn, draft, draft) is None
    assert await line.router.compare(turn, draft, None) is not None
    assert await line.router.compare(turn, draft, None) is None
    assert signs(journal) == {(draft, "compared", None), (f"{turn}.2", "compared", None)}
    assert labels((), read_signs(journal.store)) == []
    assert [one.better for one in fold(journal.events(turn)).attempts] == [None, None]


async def test_a_rated_answer_has_its_rating_alone(journal: Journal) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    await line.router.compare(turn, f"{turn}.1", f"{turn}.1")
    await line.router.rate(turn, good=True)
    found = labels(read_ratings(journal.store), read_signs(journal.store))
    assert {(one.model, one.good, one.weight) for one in found} == {(LARGE, 1.0, 1.0), (SMALL, 1.0, COMPARED_WEIGHT)}


async def test_only_a_draft_and_its_answer_are_compared(journal: Journal) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    draft, answer = f"{turn}.1", f"{turn}.2"
    assert await line.router.compare(turn, answer, answer) is None
    assert await line.router.compare(turn, draft, "another.1") is None
    assert await line.router.compare(turn, "another.1", answer) is None
    assert await line.router.compare("nobody", draft, draft) is None
    assert signs(journal) == set()


# ---------------------------------------------------------------- asked again, gone on from
async def test_who_goes_on_says_a_little_for_the_answer(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Scattering.")]})
    first = await turn_of(line, SKY)
    assert signs(journal) == set()
    await turn_of(line, "And how far away is the moon?", first)
    assert signs(journal) == {(f"{first}.1", "gone on", True)}
    (label,) = labels((), read_signs(journal.store))
    assert (label.model, label.good, label.weight, label.solicited) == (SMALL, 1.0, KEPT_WEIGHT, False)
    assert read_acceptance(journal.store).calibration.overall.labels == pytest.approx(KEPT_WEIGHT)


@pytest.mark.parametrize("words", ["Why, is the sky blue?", "That's wrong, think once more"])
@pytest.mark.parametrize("beside", [True, False], ids=["in its place", "after it"])
async def test_who_asks_again_says_something_against_it(journal: Journal, words: str, beside: bool) -> None:
    line = a_line(journal, {SMALL: [says("Scattering.")]})
    first = await turn_of(line, SKY)
    await turn_of(line, words, None if beside else first)
    assert signs(journal) == {(f"{first}.1", "asked again", False)}
    (label,) = labels((), read_signs(journal.store))
    assert (label.good, label.weight) == (0.0, REASK_WEIGHT)


async def test_the_same_words_much_later_go_on_and_another_prompt_in_its_place_says_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Scattering.")]})
    first = await turn_of(line, SKY)
    await turn_of(line, "How far away is the moon?")
    assert signs(journal) == set()
    line.clock.pass_s(301)
    await turn_of(line, SKY, first)
    assert signs(journal) == {(f"{first}.1", "gone on", True)}


async def test_what_is_no_answer_has_no_signs(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("connection")]})
    first = await turn_of(line, SKY)
    await turn_of(line, SKY, first)
    assert await line.router.note_copied(first) is None
    assert signs(journal) == set()


# ---------------------------------------------------------------- copied
async def test_copying_counts_once(journal: Journal) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    copied = await line.router.note_copied(turn)
    assert isinstance(copied, ev.Copied)
    assert copied.attempt == f"{turn}.2"
    assert await line.router.note_copied(turn) is None
    assert await line.router.note_copied(turn, f"{turn}.1") is not None
    assert signs(journal) == {(f"{turn}.1", "copied", True), (f"{turn}.2", "copied", True)}


# ---------------------------------------------------------------- kept and forgotten
async def test_signs_survive_an_export_and_go_with_their_chat(journal: Journal, tmp_path: Path) -> None:
    line = climbing(journal)
    first = await turn_of(line, SKY)
    await line.router.compare(first, f"{first}.1", f"{first}.2")
    await line.router.note_copied(first)
    await turn_of(line, "And how far away is the moon?", first)
    other = Store(tmp_path / "other.db")
    import_lines(other, [one.encode() + b"\n" for one in export_lines(journal.store)], "f")
    assert read_signs(other) == read_signs(journal.store)
    assert len(read_signs(other)) == 4
    erase_chat(other, "c1")
    assert read_signs(other) == ()
    other.close()


async def test_only_the_latest_signs_are_learned_from(journal: Journal) -> None:
    line = climbing(journal)
    turn = await turn_of(line, SKY)
    await line.router.compare(turn, f"{turn}.1", f"{turn}.2")
    journal.store.write_now(
        lambda db: (
            db.executemany(
                "INSERT INTO sign SELECT ?, 'copied', '', turn, model, task, measured, 1, wall_s + 1 FROM sign LIMIT 1",
                [(f"a{n}",) for n in range(MOST)],
            ).rowcount
        )
    )
    found = read_signs(journal.store)
    assert len(found) == MOST
    assert {one.kind for one in found} == {"copied"}
