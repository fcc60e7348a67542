"""Prompts of this product's own history: the same from the ledger and from its lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from routing.analysis.tokens import estimate
from routing.evaluation.rows import DataError
from routing.evaluation.traffic.asked import Asked
from routing.evaluation.traffic.importing import read_prompts
from routing.evaluation.traffic.turns import asked_in_ledger
from routing.ledger.chats import attempts_of, delete_chat, turns_of
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.ledger.transfer import export_lines
from routing.messages import ask
from tests.corpora import databases
from tests.fakes import a_line, says


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "ledger.db"
    databases.build(path)
    store = Store(path)
    yield store
    store.close()


def exported(store: Store, folder: Path) -> Path:
    path = folder / "ledger.jsonl"
    path.write_text("".join(f"{line}\n" for line in export_lines(store)), encoding="utf-8")
    return path


def test_every_turn_is_a_prompt_with_its_answer(store: Store) -> None:
    found = asked_in_ledger(store)
    assert len(found) == databases.CHATS * databases.TURNS
    turn = turns_of(store, "chat-3")[0]
    (call,) = attempts_of(store, turn.id)
    asked = next(one for one in found if one.text == turn.prompt)
    assert (asked.at_s, asked.model) == (turn.started_s, turn.model)
    assert (asked.input_tokens, asked.output_tokens) == (call.input_tokens, call.output_tokens)
    assert asked.cost_nusd == call.spend_nusd
    assert asked.counted


def test_its_lines_say_the_same(store: Store, tmp_path: Path) -> None:
    assert sorted(read_prompts(exported(store, tmp_path)), key=repr) == sorted(asked_in_ledger(store), key=repr)


def test_a_deleted_chat_is_left_out(store: Store, tmp_path: Path) -> None:
    delete_chat(store, "chat-3", 1.0)
    found = asked_in_ledger(store)
    assert len(found) == (databases.CHATS - 1) * databases.TURNS
    assert sorted(read_prompts(exported(store, tmp_path)), key=repr) == sorted(found, key=repr)


async def test_a_model_that_was_only_tested_is_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "ledger.db")
    line = a_line(Journal(store, "s1"), {"home/local": [says("ready"), says("Hello.")]})
    await line.router.drill("home/local").wait()
    await line.router.start(ask("Hi", chat_id="chat-1")).wait()
    assert [one.text for one in asked_in_ledger(store)] == ["Hi"]
    assert [one.text for one in read_prompts(exported(store, tmp_path))] == ["Hi"]
    store.close()


def test_money_of_the_other_kind_is_not_what_the_answer_cost(tmp_path: Path) -> None:
    calls = [
        {"model": "sim/a", "simulated": True, "spend_nusd": 1_000, "input_tokens": 1, "output_tokens": 1},
        {"model": "real/b", "simulated": False, "spend_nusd": 20, "input_tokens": 3, "output_tokens": 4},
        {"model": "real/c", "simulated": False, "spend_nusd": 300, "input_tokens": 5, "output_tokens": 6},
    ]
    path = tmp_path / "chat.json"
    turns = [{"prompt": "Hi", "started_s": 7.0, "model": "real/c", "attempts": calls}, {"prompt": "Unanswered"}]
    path.write_text(json.dumps({"id": "1", "turns": turns}, indent=2), encoding="utf-8")
    assert read_prompts(path) == [Asked("Hi", 7.0, 5, 6, "real/c", 320, counted=True), Asked("Unanswered")]


def test_a_page_whose_texts_hold_headings(tmp_path: Path) -> None:
    path = tmp_path / "chat.md"
    prompt, reply = "## Mine\n\nWhat is ## here?", "## north/of\n\n## You\n\n*not* a signature"
    turn = f"## You\n\n{prompt}\n\n▣ a.txt (text, 2 kB)\n\n## north/small\n\n{reply}\n\n*answered · 1.2 s · $0.01*\n\n"
    path.write_text(f"# Chat\n\n{turn}{turn}", encoding="utf-8")
    first, second = read_prompts(path)
    assert first.text == second.text == prompt
    assert first.model == "north/small"
    assert first.output_tokens == second.output_tokens == estimate(reply)


def test_an_event_that_cannot_be_read_is_told_by_its_line(store: Store, tmp_path: Path) -> None:
    path = exported(store, tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if '"type":"TurnStarted"' in line)
    lines[at] = lines[at].replace('\\"wall_s\\"', '\\"hour\\"')
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=rf"ledger.jsonl:{at + 1}: is no event of this version's ledgers; export"):
        read_prompts(path)
