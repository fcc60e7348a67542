"""What the client remembers of requests while it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.remembering import Remembering
from app.runtime import Runtime
from app.settings import Settings, parse_settings
from app.sources import Wanted
from routing.errors import ConfigurationError
from routing.ledger.store import Store
from routing.messages import ask
from routing.policy.folders import profiles
from routing.strategies.neighbours.memory import KEPT, LEFT_BEHIND
from tests.app.driving import Driver, driven, places
from tests.fakes import LARGE, SMALL, a_model

MODELS = (a_model(SMALL), a_model(LARGE))
POEM = "Write a poem about the sea"
EMBEDS = "embeddings: {model: sim-north/anything}\n"


async def opened(home: Path, config: str) -> Runtime:
    (home / "config.yaml").write_text(config, "utf-8")
    settings = parse_settings(config, "config.yaml")
    return await Runtime.open(places(home), settings, program="test", wanted=Wanted(simulate=True))


async def remembered(driver: Driver) -> int:
    await driver.runtime.remembering.settled()
    return len(driver.runtime.memory)


async def test_a_turn_is_remembered_when_it_ends_and_rated_when_it_is(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        turn = await driver.ask(POEM)
        assert await remembered(driver) == 1
        (near,) = driver.runtime.memory.near(POEM)
        assert (near.turn, sorted(near.outcomes.values())[-1]) == (turn, KEPT)
        await driver.press("escape", "g")
        await driver.until(lambda: "✓ good" in driver.rows)
        await driver.runtime.remembering.settled()
        (near,) = driver.runtime.memory.near(POEM)
        assert sorted(near.outcomes.values())[-1] == 1.0
    async with driven(tmp_path) as driver:
        assert await remembered(driver) == 1
        assert driver.runtime.memory.near(POEM) == (near,)


async def test_an_answer_after_which_the_same_is_asked_again_counts_for_less(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(POEM)
        again = await driver.ask(POEM)
        await driver.runtime.remembering.settled()
        kept = {near.turn: max(near.outcomes.values()) for near in driver.runtime.memory.near(POEM)}
        assert len(kept) == 2
        assert kept.pop(again) == KEPT
        assert list(kept.values()) == [LEFT_BEHIND]


async def test_what_is_deleted_is_forgotten_until_it_comes_back(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(POEM)
        await driver.send("/delete")
        await driver.told("Deleted.")
        assert await remembered(driver) == 0
        await driver.send("/undo")
        await driver.until(lambda: driver.app.conversation.turns)
        assert await remembered(driver) == 1


async def test_what_will_be_erased_for_its_age_is_not_remembered(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(POEM)
        driver.runtime.store.write_now(lambda db: db.execute("UPDATE turn SET started_s = started_s - 864000").rowcount)
    store = Store(places(tmp_path).ledger)
    runtime = await Runtime.open(
        places(tmp_path), Settings(keep_days=9), program="test", wanted=Wanted(simulate=True), store=store
    )
    await runtime.remembering.settled()
    assert len(runtime.memory) == 0
    await runtime.aclose()


async def test_examples_of_the_user_speak_of_the_models_that_there_are(tmp_path: Path) -> None:
    library, told = tmp_path / "examples.yaml", list[str]()
    library.write_text(f"- {{text: {POEM}, tier: large}}\n", "utf-8")
    store = Store(tmp_path / "ledger.db")
    remembering = Remembering(store, told.append, since_s=0.0, library=library, models=MODELS[:1])
    await remembering.settled()
    (near,) = remembering.memory.near(POEM)
    assert near.outcomes == {SMALL: 0.0}
    remembering.compare(MODELS)
    remembering.compare(MODELS[1:])
    await remembering.settled()
    (near,) = remembering.memory.near(POEM)
    assert near.outcomes == {LARGE: 1.0}
    assert told == []
    await remembering.stop()
    store.close()


async def test_a_library_that_is_wrong_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("- {text: Write a poem, tier: huge}\n", "utf-8")
    runtime = await opened(tmp_path, "neighbours: {library: mine.yaml}\n")
    await runtime.remembering.settled()
    (told,) = runtime.noticed()
    assert told.startswith(f"{tmp_path / 'mine.yaml'}:1: there is no tier 'huge'; ")
    assert len(runtime.memory) == 0
    await runtime.aclose()


async def test_leaves_at_once_while_it_is_being_filled(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask(POEM)
    store = Store(places(tmp_path).ledger)
    remembering = Remembering(store, print, since_s=0.0, library=None, models=())
    remembering.remember("not there")
    await asyncio.wait_for(remembering.stop(), 60.0)
    store.close()


def test_the_library_is_named_in_the_settings() -> None:
    assert parse_settings("neighbours: {library: ~/mine.jsonl}", "config.yaml").library == "~/mine.jsonl"
    with pytest.raises(ConfigurationError, match=r"config.yaml:1: library must be a word, not 7"):
        parse_settings("neighbours: {library: 7}", "config.yaml")
    with pytest.raises(ConfigurationError, match=r"the key .*libary.* is not known.*library"):
        parse_settings("neighbours: {libary: a.yaml}", "config.yaml")


async def test_prompts_are_compared_by_what_they_mean_where_a_model_is_named(tmp_path: Path) -> None:
    shipped = profiles()["balanced"].read_text("utf-8")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.yaml").write_text(shipped.replace("id: balanced", "id: mine"), "utf-8")
    runtime = await opened(tmp_path, EMBEDS)
    for _ in range(2):
        await runtime.router.start(ask(POEM, profile="mine", chat_id="c1")).wait()
    read = "SELECT space, length(bits) FROM embedding"
    assert runtime.store.read(lambda db: [tuple(row) for row in db.execute(read)]) == [("sim-north/anything:256", 48)]
    query = "SELECT status, reply FROM turn WHERE purpose = 'embedding'"
    (turn,) = runtime.store.read(lambda db: db.execute(query).fetchall())
    assert turn["status"] == "answered"
    assert runtime.noticed() == ()
    await runtime.aclose()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("theme: paper\nembeddings: {model: sim-nroth/x}\n", 'config.yaml:2: there is no provider "sim-nroth"; '),
        ("embeddings: {model: sim-nothing-like/x}\n", 'config.yaml:1: there is no provider "sim-nothing-like"; '),
    ],
)
async def test_a_provider_that_is_not_there_is_told_and_words_do(tmp_path: Path, config: str, sentence: str) -> None:
    runtime = await opened(tmp_path, config)
    (said,) = runtime.noticed()
    assert said.startswith(sentence)
    assert said.endswith("Until then prompts are compared by their words alone.")
    assert runtime.memory.meanings is None
    await runtime.aclose()


def test_the_embedding_model_is_named_in_the_settings() -> None:
    settings = parse_settings("theme: x\nembeddings: {model: openai/text-embedding-3-small}", "config.yaml")
    assert (settings.embedder, settings.embedder_at) == ("openai/text-embedding-3-small", "config.yaml:2")
    for wrong in ("alone", "/x", "x/"):
        with pytest.raises(ConfigurationError, match=r"config.yaml:1: '.*' is not a model; write its provider, / and"):
            parse_settings(f"embeddings: {{model: {wrong}}}", "config.yaml")
    listed = "providers: {mine: {url: 'http://localhost:1234/v1'}}\nembeddings: {model: main/x}"
    with pytest.raises(ConfigurationError, match=r"config.yaml:2: there is no provider 'main'; .*mine"):
        parse_settings(listed, "config.yaml")
