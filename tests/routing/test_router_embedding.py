"""What prompts mean, asked of a provider: paid for once, told, and done without where it cannot be had."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.decision.model import Advice
from routing.errors import ErrorKind, ProviderError
from routing.folding import fold
from routing.ledger.chats import search
from routing.ledger.journal import Journal
from routing.ledger.recovery import recover
from routing.ledger.replaying import replay, stored_events
from routing.ledger.retention import erase_chat
from routing.ledger.store import Store
from routing.messages import Usage, ask
from routing.providers.embeddings import Embedded
from routing.registry.model import Model, Price
from routing.strategies.neighbours import memory as module
from routing.strategies.neighbours.meanings import Meanings
from routing.strategies.neighbours.memory import Memory
from routing.strategies.neighbours.strategy import Neighbours
from routing.strategies.neighbours.vectors import FEW
from tests.fakes import SMALL, FakeClock, FakeProvider, Line, a_line, a_model, a_policy, check_settled, days, says, told

EMBEDDER = a_model("north/embed", tier="unranked", price=Price(20_000_000, 0))
PROMPT = "Write a poem about the sea"
SAME = "Dichte vom Meer"
"""It means the same as `PROMPT`."""
TOKENS = 1_000
COST_NUSD = 20_000


class Embeds(FakeProvider):
    """Gives what a script says, the last again when it runs out; `texts` are those that it was asked about."""

    def __init__(self, script: list[object], name: str, clock: FakeClock) -> None:
        super().__init__(name, clock, {"small": [says("Waves.")]})
        self.script = script
        self.texts: list[str] = []
        self.at_embed: Callable[[], None] = lambda: None

    async def embed(self, text: str, model: Model, timeout_s: float) -> Embedded:
        self.texts.append(text)
        self.at_embed()
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, ProviderError):
            raise replace(step)
        if step is None:
            await asyncio.Event().wait()
        rng = random.Random(PROMPT if text == SAME else text)
        vector = tuple(rng.gauss(0, 1) for _ in range(int(str(step))))
        return Embedded(vector, Usage(input_tokens=TOKENS, reported=True))


class Told:
    """A router with an embedder, and all that was told of it."""

    def __init__(self, journal: Journal, *script: object, embedder: Model = EMBEDDER, **fields: object) -> None:
        self.sentences: list[str] = []
        clock = FakeClock()
        self.north = Embeds(list(script) or [64], "north", clock)
        policy = a_policy(strategy="neighbours")
        line = a_line(journal, {SMALL: [says("Waves.")]}, policy, clock=clock)
        self.memory = Memory(Meanings(embedder, journal.store, self.sentences.append))
        self.memory.fill(journal.store, 0.0, lambda: True)
        self.line = Line(line.router, journal, clock, {"north": self.north})
        line.router.configure(
            replace(
                line.router.setup,
                providers={"north": self.north},
                strategies={"neighbours": Neighbours(self.memory)},
                embedder=embedder,
                **fields,
            )
        )

    async def ask(self, text: str = PROMPT, **fields: object) -> str:
        """The turn, remembered once it has ended."""
        turn = told(await self.line.ask(ask(text, **({"chat_id": "c1"} | fields)))).turn
        self.memory.take(self.line.journal.store, (turn,))
        return turn

    def asides(self) -> list[list[ev.Event]]:
        """The events of each turn that asked what a prompt means."""
        query = "SELECT id FROM turn WHERE purpose = 'embedding' ORDER BY n"
        store = self.line.journal.store
        turns = [row[0] for row in store.read(lambda db: db.execute(query).fetchall())]
        return [self.line.journal.events(turn) for turn in turns]


async def test_is_a_turn_of_its_own_that_is_paid_and_told(store: Store, journal: Journal) -> None:
    seen = Told(journal)
    await seen.ask()
    (events,) = seen.asides()
    assert [event.type for event in events] == [
        "TurnStarted",
        "Reserved",
        "AttemptStarted",
        "AttemptFinished",
        "Settled",
        "TurnFinished",
    ]
    check_settled(store, events[0].turn, events)
    assert told(events).spend_nusd == COST_NUSD
    assert told(events).sentence == "north/embed said what the prompt means."
    assert fold(events).attempts[0].purpose == "embedding"
    assert seen.north.texts == [PROMPT]
    ((spent, held),) = days(store).values()
    assert (spent > COST_NUSD, held) == (True, 0)


async def test_the_same_is_never_paid_twice(journal: Journal) -> None:
    seen = Told(journal)
    await seen.ask()
    await seen.ask(chat_id="c2")
    assert seen.north.texts == [PROMPT]
    again = Told(Journal(journal.store, "s2"))
    await again.ask(chat_id="c3")
    assert again.north.texts == []
    assert len(seen.asides()) == 1


async def test_what_means_the_same_is_alike_though_no_word_is(journal: Journal) -> None:
    seen = Told(journal, 512)
    await seen.ask()
    for number in range(FEW):
        await seen.ask(f"question {number * 7919} {number * 104729}")
    advised = _advice(journal, await seen.ask(SAME))
    assert advised.evidence.startswith("1 like it, the nearest 1.00 alike")
    assert (advised.cost_nusd, advised.turn) == (COST_NUSD, seen.asides()[-1][0].turn)
    again = Told(Journal(journal.store, "s2"), 512)
    advised = _advice(journal, await again.ask(SAME, chat_id="c2"))
    assert advised.evidence.startswith("2 like it, the nearest 1.00 alike")
    assert (advised.cost_nusd, advised.turn) == (0, "")


async def test_a_provider_that_is_down_is_told_once_and_asked_ever_more_seldom(journal: Journal) -> None:
    seen = Told(journal, ProviderError(ErrorKind.SERVER_ERROR, "no", status=500))
    for number in range(20):
        await seen.ask(f"{PROMPT} {'again ' * number}")
    assert len(seen.north.texts) == 4  # the 1st, the 4th, the 9th and the 18th
    assert seen.sentences == [
        "What prompts mean could not be asked, so their words alone are compared: north/embed failed (server_error)."
    ]
    last = _advice(journal, await seen.ask(PROMPT))
    assert "alike" in last.evidence
    for events in seen.asides():
        check_settled(journal.store, events[0].turn, events)
        assert told(events).status == "failed"


async def test_other_dimensions_begin_anew_and_are_told(journal: Journal) -> None:
    seen = Told(journal, 64)
    for number in range(FEW):
        await seen.ask(f"question {number * 7919}")
    again = Told(Journal(journal.store, "s2"), 96)
    await again.ask("Dogs bark at night")
    await again.ask("Cats sleep by day")
    (sentence,) = again.sentences
    assert sentence.startswith("north/embed gives 96 numbers for a text now, and gave 64 before: ")
    await again.ask("question 7919", chat_id="c2")
    assert again.north.texts[-1] == "question 7919", "in the new space it is not known yet"


@pytest.mark.parametrize("fields", [{"tags": (("private", "yes"),)}, {"kept": "mask"}])
async def test_what_is_private_is_asked_of_this_machine_alone(journal: Journal, fields: dict[str, object]) -> None:
    seen = Told(journal)
    await seen.ask(**fields)
    await seen.ask("Write to anna.example@example.org that I come", chat_id="c2")
    assert seen.north.texts == []
    here = Told(Journal(journal.store, "s2"), embedder=replace(EMBEDDER, local=True))
    await here.ask(**fields)
    assert here.north.texts == [PROMPT]


async def test_a_cap_forbids_it_like_any_other_call(journal: Journal) -> None:
    seen = Told(journal, caps=Caps(day_nusd=1))
    await seen.ask()
    ((_, reached, finished),) = seen.asides()
    assert isinstance(reached, ev.CapReached)
    assert told([finished]).status == "failed"
    assert seen.north.texts == []
    assert "a cap on spend forbids it" in seen.sentences[0]


async def test_stopping_the_turn_stops_it_and_settles_it(store: Store, journal: Journal) -> None:
    seen = Told(journal, None)
    turn = seen.line.router.start(ask(PROMPT, chat_id="c1"))
    seen.north.at_embed = turn.cancel
    await turn.wait()
    (events,) = seen.asides()
    check_settled(store, events[0].turn, events)
    assert (told(events).status, told(events).spend_nusd > 0) == ("cancelled", True)
    ((_, held),) = days(store).values()
    assert held == 0


async def test_a_fault_of_ours_is_settled_too(store: Store, journal: Journal) -> None:
    seen = Told(journal, "no number")
    turn = seen.line.router.start(ask(PROMPT), "embedding")
    await turn.wait()
    (events,) = seen.asides()
    check_settled(store, events[0].turn, events)
    assert told(events).status == "failed"


async def test_a_provider_without_embeddings_fails_like_one(journal: Journal) -> None:
    seen = Told(journal, embedder=replace(EMBEDDER, provider="south", id="south/embed"))
    await seen.ask()
    assert "south/embed failed (invalid_request)" in seen.sentences[0]


async def test_an_erased_chat_leaves_no_turn_that_asked_about_it(store: Store, journal: Journal) -> None:
    seen = Told(journal, 64, ProviderError(ErrorKind.SERVER_ERROR))
    await seen.ask()
    await seen.ask("Write a quixotry")
    assert len(seen.asides()) == 2
    erase_chat(store, "c1")
    left = " UNION ALL ".join(f"SELECT COUNT(*) FROM {table}" for table in ("turn", "event", "attempt", "embedding"))
    assert store.read(lambda db: [row[0] for row in db.execute(left)]) == [0, 0, 0, 0]
    assert search(store, "quixotry") == []


async def test_is_made_again_from_the_events(store: Store, journal: Journal) -> None:
    await Told(journal).ask()

    def again(db: sqlite3.Connection) -> list[sqlite3.Row]:
        before = db.execute("SELECT * FROM embedding").fetchall()
        turn = before[0]["turn"]
        events = stored_events(db, turn)
        for table, key in (("turn", "id"), ("attempt", "turn"), ("embedding", "turn")):
            db.execute(f"DELETE FROM {table} WHERE {key} = ?", (turn,))
        replay(db, events)
        assert [tuple(row) for row in db.execute("SELECT * FROM embedding")] == [tuple(row) for row in before]
        return before

    assert len(store.write_now(again)) == 1
    assert recover(store, FakeClock()) == 0


async def test_of_many_the_newest_are_compared_by_what_they_mean(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Told(journal, 512)
    await seen.ask()
    for number in range(module.FEW + 70):
        await seen.ask(f"question {number * 7919}")
    monkeypatch.setattr(module, "MOST_MEANT", FEW)
    again = Told(Journal(journal.store, "s2"), 512)
    advised = _advice(journal, await again.ask(SAME, chat_id="c2"))
    assert "nearest 1.00" not in advised.evidence


def _advice(journal: Journal, turn: str) -> Advice:
    return next(one.advice for one in journal.events(turn) if isinstance(one, ev.Advised))
