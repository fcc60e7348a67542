"""What is remembered of past requests, and what became of their answers."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from routing.errors import StorageError
from routing.events import AttemptStarted
from routing.ledger.chats import delete_chat, turns_of, undelete_chat
from routing.ledger.journal import Journal
from routing.ledger.retention import prune
from routing.ledger.store import Store
from routing.messages import ImagePart, Request, TextPart, ask
from routing.strategies.neighbours import memory as module
from routing.strategies.neighbours.library import Example
from routing.strategies.neighbours.memory import BAD, FEW, GOOD, KEPT, LEFT_BEHIND, Memory
from tests.fakes import (
    LARGE,
    MID,
    SMALL,
    FakeClock,
    Line,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

WEAK = {
    SMALL: [says("Perhaps.", score=0.3)],
    MID: [says("This it is.", score=0.95)],
    LARGE: [says("Indeed.", score=0.95)],
}

FLOORED = a_route(a_rung("small", 0.8), a_rung("mid", 0.7), a_rung("large"), floor=0.5)


def filled(store: Store, since_s: float = 0.0, go_on: Callable[[], bool] = lambda: True) -> Memory:
    memory = Memory()
    memory.fill(store, since_s, go_on)
    return memory


def best(memory: Memory, text: str) -> tuple[str, dict[str, float]] | None:
    """The turn that is most alike, with its outcomes."""
    near = memory.near(text)
    return (near[0].turn, dict(near[0].outcomes)) if near else None


async def asked(line: Line, text: str, **fields: str) -> str:
    return told(await line.ask(ask(text, **({"chat_id": "c1"} | fields)))).turn


async def test_what_was_kept_left_behind_and_rated_counts_as_stated(store: Store, journal: Journal) -> None:
    line = a_line(journal, WEAK)
    turn = await asked(line, "Why do bees dance?")
    assert best(filled(store), "bees dance") == (turn, {SMALL: LEFT_BEHIND, MID: KEPT})
    await line.router.rate(turn, True)
    assert best(filled(store), "bees dance") == (turn, {SMALL: LEFT_BEHIND, MID: GOOD})
    draft = next(one.attempt for one in journal.events(turn) if isinstance(one, AttemptStarted))
    await line.router.rate(turn, False, draft)
    assert best(filled(store), "bees dance") == (turn, {SMALL: BAD, MID: GOOD})


async def test_of_two_that_were_compared_the_better_one_counts_as_kept(store: Store, journal: Journal) -> None:
    line = a_line(journal, WEAK)
    turn = await asked(line, "Why do bees dance?")
    draft = next(one.attempt for one in journal.events(turn) if isinstance(one, AttemptStarted))
    await line.router.compare(turn, draft, draft)
    assert best(filled(store), "bees dance") == (turn, {SMALL: KEPT, MID: LEFT_BEHIND})


async def test_a_call_that_failed_says_nothing_but_the_request_is_known(store: Store, journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("server_error")]})
    turn = await asked(line, "Why do bees dance?")
    assert best(filled(store), "Why do bees dance?") == (turn, {})


async def test_a_draft_below_the_floor_is_no_answer_even_where_it_is_taken(store: Store, journal: Journal) -> None:
    line = a_line(journal, {model: [says("Perhaps.", score=0.1)] for model in WEAK}, a_policy(FLOORED))
    turn = await asked(line, "Why do bees dance?")
    assert await line.router.take_draft(turn) is not None
    assert best(filled(store), "bees dance") == (turn, dict.fromkeys(WEAK, LEFT_BEHIND))


async def test_is_kept_up_as_if_it_were_filled_anew(store: Store, journal: Journal) -> None:
    line, memory, rng = a_line(journal, WEAK), Memory(), random.Random(5)
    memory.fill(store, 0.0, lambda: True)
    turns = []
    for number in range(12):
        turns.append(
            await asked(line, f"What is the capital of country {'abcdefghijkl'[number]}?", chat_id=f"c{number % 3}")
        )
        memory.take(store, turns[-1:])
        if rng.random() < 0.6:
            await line.router.rate(turn := rng.choice(turns), rng.random() < 0.5)
            memory.take(store, (turn,))
    delete_chat(store, "c1", 1.0)
    memory.take_chat(store, "c1")
    fresh = filled(store)
    assert len(memory) == len(fresh) == 8
    assert memory.near("the capital of country a") == fresh.near("the capital of country a")
    undelete_chat(store, "c1")
    memory.take_chat(store, "c1")
    assert len(memory) == len(turns_of(store, "c0")) * 3
    assert memory.near("country b") == filled(store).near("country b")


async def test_takes_in_nothing_that_is_no_request_of_the_user(store: Store, journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("ready")]})
    await line.router.drill(SMALL).wait()
    await line.ask(Request((ImagePart("image/png", "aGVsbG8="),), chat_id="c1"))
    await line.ask(Request((TextPart(" \n\t"),), chat_id="c1"))
    assert len(filled(store)) == 0
    await asked(line, "Why do bees dance?")
    assert len(filled(store)) == 1


async def test_the_newest_come_first_and_older_ones_stay_out(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    line = a_line(journal, {SMALL: [says("So.")]}, clock=clock)
    words = ("ant", "bee", "cow", "dog", "eel", "fox")
    for word in words:
        await asked(line, f"about {word}")
        clock.pass_s(100.0)
    assert len(filled(store, clock.wall() - 250.0)) == 2
    monkeypatch.setattr(module, "MOST", 3)
    newest = filled(store)
    assert [word for word in words if best(newest, word)] == ["dog", "eel", "fox"]
    monkeypatch.setattr(module, "_STEP", 2)
    steps = iter((True, False))
    newer = filled(store, 0.0, lambda: next(steps))
    assert [word for word in words if best(newer, word)] == ["eel", "fox"]


async def test_what_the_ledger_no_longer_has_goes(store: Store, journal: Journal) -> None:
    clock = FakeClock()
    line = a_line(journal, {SMALL: [says("So.")]}, clock=clock)
    turn = await asked(line, "Why do bees dance?")
    memory = filled(store)
    assert prune(store, clock.wall() + 1.0) == 1
    memory.take(store, (turn, "never-was"))
    assert len(memory) == 0


async def test_calls_nothing_new_before_there_is_something_to_compare_with() -> None:
    memory = Memory()
    examples = [
        Example(f"example:{n}", f"Write poem {chr(97 + n % 26)}{chr(97 + n // 26)}", tier="small") for n in range(FEW)
    ]
    memory.add_examples(examples[:-1], [a_model(SMALL)])
    assert memory.novelty("Write poem") is None
    memory.add_examples(examples, [a_model(SMALL)])
    assert memory.novelty("Write poem aa") == pytest.approx(0.0)
    assert memory.novelty("zymurgy") == 1.0


def test_who_waits_for_it_is_let_go_whatever_happened(tmp_path: object, store: Store) -> None:
    memory = Memory()
    memory.wait(0.0)
    store.read(lambda db: db.close())
    with pytest.raises(StorageError):
        memory.fill(store, 0.0, lambda: True)
    memory.wait(60.0)
