"""`pointsman` on real llama-servers: chats, money and tokens, keys, failures, and the first minute of a new user."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.runtime import Runtime
from app.settings import Paths, read_settings
from app.sources import Wanted
from routing import events as ev
from routing.messages import ask
from tests.app.cli.conftest import ROOT
from tests.fakes import told
from tests.peers.asking import Desk
from tests.peers.fetching import Program
from tests.peers.serving import LlamaServer, running_llama
from tests.peers.tiny_model import SENTENCE

pytestmark = pytest.mark.peers

each_dialect = pytest.mark.parametrize("dialect", LlamaServer.dialects())


def here(server: LlamaServer, dialect: str = "openai", **fields: str) -> dict[str, str]:
    """A provider as config.yaml has it."""
    return {"dialect": dialect, "base_url": server.base_url(dialect), **fields}


@each_dialect
def test_a_chat_of_three_turns_is_counted_as_the_server_counts(desk: Desk, sure: LlamaServer, dialect: str) -> None:
    desk.configure(yard=here(sure, dialect))
    counts, ends = [sure.counted()], []
    for prompt in ("What became of the yard?", "And the tracks?", "When was that?"):
        *_, end = desk.run("ask", "--chat", "c1", "--json", prompt).events
        counts.append(sure.counted())
        ends.append(end)
    assert [end["status"] for end in ends] == ["answered"] * 3
    assert [end["reply"] for end in ends] == [SENTENCE] * 3
    spent = [(after[0] - ago[0], after[2] - ago[2]) for ago, after in pairwise(counts)]
    assert [(read, written) for _, read, written, _, _ in desk.attempts()] == spent
    assert spent[0][0] + len(SENTENCE) < spent[1][0], "the second prompt carries the first turn"
    assert spent[1][0] + len(SENTENCE) < spent[2][0]
    assert {(basis, outcome) for *_, basis, outcome in desk.attempts()} == {("free", "finished")}


def test_the_events_of_a_turn_say_what_the_server_said(desk: Desk, sure: LlamaServer) -> None:
    desk.configure(yard=here(sure))
    events = desk.run("ask", "--json", "What became of the yard?").events
    assert "".join(event["text"] for event in events if event["type"] == "TextDelta") == SENTENCE
    (finished,) = [event for event in events if event["type"] == "AttemptFinished"]
    (settled,) = [event for event in events if event["type"] == "Settled"]
    assert (finished["finish"], finished["usage"]["reported"]) == ("stop", True)
    assert settled["usage"] == finished["usage"]
    assert finished["request_id"]
    assert events[-1]["spend_nusd"] == 0


def test_a_real_models_doubt_is_seen(desk: Desk, sure: LlamaServer, unsure: LlamaServer) -> None:
    desk.configure(certain=here(sure), doubtful=here(unsure))
    measured = {}
    for model in ("tiny-sure", "tiny-unsure"):
        events = desk.run("ask", "--json", "--model", model, "What became of the yard?", code=None).events
        assert events[-1]["reply"] == SENTENCE
        measured[model] = [event for event in events if event["type"] == "ConfidenceMeasured"][-1]
    parts = {model: {part["name"]: part["log_odds"] for part in one["parts"]} for model, one in measured.items()}
    assert parts["tiny-sure"]["mean logprob"] > 0 > parts["tiny-unsure"]["mean logprob"]
    assert measured["tiny-sure"]["score"] > measured["tiny-unsure"]["score"] + 0.2


def test_a_schema_is_met(desk: Desk, sure: LlamaServer) -> None:
    desk.configure(yard=here(sure))
    fields: dict[str, Any] = {"opened": {"type": "boolean"}, "tracks": {"enum": ["none", "two", "four"]}}
    schema = desk.home / "schema.json"
    schema.write_text(
        json.dumps({"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False})
    )
    document = desk.run("ask", "--schema", str(schema), "Fill this in: the yard.").document
    assert document.keys() == fields.keys()
    assert document["tracks"] in fields["tracks"]["enum"]


@each_dialect
def test_too_long_for_the_only_model_is_said_with_both_sizes(desk: Desk, sure: LlamaServer, dialect: str) -> None:
    desk.configure(yard=here(sure, dialect))
    done = desk.run("ask", "--json", "long " * 520, code=1)
    (failed,) = [event for event in done.events if event["type"] == "AttemptFailed"]
    assert failed["kind"] == "context_length"
    assert "it needs 2,6" in failed["sentence"]
    assert "the window is 2,048" in failed["sentence"]


@each_dialect
def test_a_wrong_key_is_named_with_the_place_where_it_was_read(desk: Desk, locked: LlamaServer, dialect: str) -> None:
    desk.configure(yard=here(locked, dialect, key="YARD_KEY"))
    desk.variables["YARD_KEY"] = "open sesam"
    done = desk.run("ask", "Hello?", code=1)
    assert "yard does not accept the key read from YARD_KEY in the environment" in done.err
    assert "open sesam" not in done.err + done.out
    checked = desk.run("check", code=1)
    assert "✗ yard" in checked.out
    assert "does not accept the key read from YARD_KEY" in checked.out
    desk.variables["YARD_KEY"] = locked.key
    assert desk.run("ask", "Hello?").out.startswith("The")


@each_dialect
def test_check_and_models_tell_what_is_there(desk: Desk, sure: LlamaServer, dialect: str) -> None:
    desk.configure(yard=here(sure, dialect))
    assert "✓ yard" in desk.run("check").out
    (model,) = desk.run("models", "--json").document["models"]
    assert (model["id"], model["context_window"], model["local"]) == ("yard/tiny-sure", 2048, True)


def test_models_are_told_as_a_table(desk: Desk, sure: LlamaServer) -> None:
    desk.configure(yard=here(sure))
    (row,) = [line for line in desk.run("models").out.splitlines() if "yard/tiny-sure" in line]
    assert "2,048" in row
    assert "this machine" in row


async def test_a_server_that_dies_in_mid_answer_is_replaced(
    llama_program: Program, sure: LlamaServer, desk: Desk
) -> None:
    with running_llama(llama_program, "endless", desk.home / "log", window=16_384) as dying:
        desk.configure(first=here(dying), second=here(sure))
        (desk.config.parent / "models.yaml").write_text("models: {second/*: {tier: large}}\n")
        paths = Paths(desk.data_dir, desk.config)
        runtime = await Runtime.open(paths, read_settings(paths), program="ask", wanted=Wanted(environ={}))
        events = []
        try:
            async for event in runtime.router.send(ask("What became of the yard?", chat_id="c1")):
                events.append(event)
                if isinstance(event, ev.TextDelta):
                    dying.kill()
        finally:
            await runtime.aclose()
    (failed,) = [event for event in events if isinstance(event, ev.AttemptFailed)]
    assert failed.kind in ("connection", "malformed_stream")
    assert failed.shown
    (moved,) = [event for event in events if isinstance(event, ev.FailedOver)]
    assert (moved.from_model, moved.to_model) == ("first/tiny-endless", "second/tiny-sure")
    end = told(events)
    assert (end.status, end.model, end.reply) == ("answered", "second/tiny-sure", SENTENCE)
    assert [(provider, outcome) for provider, *_, outcome in desk.attempts()] == [
        ("first", failed.kind),
        ("second", "finished"),
    ]


class TestANewUser:
    """Nothing but a key and an address in the environment, and a home that was never used."""

    @pytest.fixture
    def stranger(self, tmp_path: Path, locked: LlamaServer) -> Desk:
        return _Stranger(tmp_path, {"OPENAI_API_KEY": locked.key, "OPENAI_BASE_URL": locked.url + "/v1"})

    def test_asks_and_is_answered(self, stranger: Desk) -> None:
        done = stranger.run("ask", "--model", "openai/*", "What became of the yard?")
        assert done.out.startswith("The")
        assert "simulated" not in done.err
        assert "openai" in stranger.run("check", code=None).out

    def test_with_a_key_that_is_wrong_is_told_so(self, stranger: Desk) -> None:
        stranger.variables["OPENAI_API_KEY"] = "sesam"
        checked = stranger.run("check", code=1)
        assert "openai does not accept the key read from OPENAI_API_KEY in the environment" in checked.out


class _Stranger(Desk):
    @property
    def environ(self) -> dict[str, str]:
        own = ("POINTSMAN_DATA_DIR", "POINTSMAN_CONFIG")
        return {name: value for name, value in super().environ.items() if name not in own} | {"PYTHONPATH": str(ROOT)}
