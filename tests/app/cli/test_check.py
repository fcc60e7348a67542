"""`pointsman check`: each provider is listed and called once; what fails is told in a sentence and by the exit code."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.app.cli.conftest import Shell, serving
from tests.app.test_bad_input import Ended, command
from tests.wire.chat import chat_server


def drills(data_dir: Path) -> list[tuple[str, str]]:
    """Model and purpose of every call in the ledger."""
    with sqlite3.connect(data_dir / "ledger.db") as db:
        bodies = [json.loads(row[0]) for row in db.execute("SELECT body FROM event WHERE type = 'AttemptStarted'")]
    db.close()
    return sorted((body["model"], body["purpose"]) for body in bodies)


def provider(done: Ended, name: str) -> dict[str, Any]:
    return next(one for one in json.loads(done.out)["providers"] if one["name"] == name)


def test_each_provider_is_called_once_and_tiers_are_proposed(shell: Shell) -> None:
    document = shell.run("check", "--json").document
    assert document["ok"]
    calls = {one["name"]: one["call"] for one in document["providers"]}
    assert {name: call["ok"] for name, call in calls.items()} == {"sim-north": True, "sim-south": True}
    assert all(call["latency_s"] > 0 for call in calls.values())
    assert calls["sim-north"]["spend_nusd"] > 0
    assert drills(shell.data_dir) == [(calls[name]["model"], "drill") for name in ("sim-north", "sim-south")]
    assert set(document["proposal"]["tiers"]) <= {"small", "mid", "large"}
    assert document["proposal"]["why"].endswith(".")


def test_a_person_reads_what_answered_what_it_cost_and_what_to_do_next(shell: Shell) -> None:
    told = shell.run("check").out
    north = next(line for line in told.splitlines() if line.startswith("✓ sim-north"))
    assert "3 models; shunter answered in" in north
    assert "Proposed tiers: " in told
    assert "OPENAI_API_KEY" not in told


def test_without_anything_the_simulated_ones_are_called_and_no_tiers_proposed(bare: Shell) -> None:
    document = bare.run("check", "--json").document
    assert (document["simulated"], document["ok"], document["proposal"]) == (True, True, None)
    assert all(one["call"]["simulated"] for one in document["providers"])


async def test_a_key_that_is_wrong_says_which_and_costs_no_call(tmp_path: Path) -> None:
    async with chat_server(key="right") as chat:
        (tmp_path / "config.yaml").write_text(chat.config)
        done = await command(tmp_path, "check", "--json")
    assert done.code == 1
    here = provider(done, "here")
    assert (here["ok"], here["call"], here["key_where"]) == (False, None, "TEST_KEY in the environment")
    assert "does not accept the key read from TEST_KEY in the environment" in here["problem"]
    assert here["problem"] in done.err
    assert (here["dialect"], chat.asked) == ("openai", 0)


async def test_a_provider_that_lists_but_does_not_answer_fails(tmp_path: Path) -> None:
    async with chat_server() as chat:
        chat.say(end=True)
        (tmp_path / "config.yaml").write_text(chat.config)
        done = await command(tmp_path, "check", "--json")
    here = provider(done, "here")
    assert (done.code, here["ok"], here["models"], here["call"]["ok"]) == (1, False, 1, False)
    assert here["problem"] == here["call"]["problem"]
    assert done.err.startswith("The only provider cannot be used: ")
    assert here["call"]["asked"]
    assert json.loads(done.out)["proposal"] is None


async def test_where_a_key_goes_is_told_when_one_is_missing(tmp_path: Path) -> None:
    async with chat_server(key="right") as chat:
        (tmp_path / "config.yaml").write_text(chat.config)
        done = await command(tmp_path, "check")
    assert "OPENAI_API_KEY" in done.out
    assert str(tmp_path / "keys.env") in done.out


async def test_tiers_in_force_are_told_and_nothing_is_proposed_in_their_place(tmp_path: Path) -> None:
    async with chat_server() as chat:
        chat.say("ready", end=True)
        (tmp_path / "config.yaml").write_text(f"{chat.config}tiers: {{small: [here/gpt-4o-mini]}}\n")
        done = await command(tmp_path, "check")
    assert done.code == 0
    assert "Tiers in force, from" in done.out
    assert "Proposed" not in done.out


async def test_a_tier_that_names_nothing_is_told_with_its_line(tmp_path: Path) -> None:
    async with chat_server() as chat:
        for _ in range(2):
            chat.say("ready", end=True)
        (tmp_path / "config.yaml").write_text(
            f"{chat.config}tiers:\n  small:\n    - here/gpt-4o-mini\n    - here/nope\n  large: ['else/*', here/*]\n"
        )
        line = (tmp_path / "config.yaml").read_text().splitlines().index("    - here/nope") + 1
        done = await command(tmp_path, "check", "--json")
        models = await command(tmp_path, "models")
    document = json.loads(done.out)
    assert (done.code, document["ok"], len(document["mistakes"])) == (1, False, 2)
    for told in (done.err, models.err):
        assert (
            f"config.yaml:{line}: tier small names 'here/nope', but no model is called so; write one of here/" in told
        )
        assert "tier large names 'else/*'" in told


async def test_of_a_provider_that_does_not_answer_no_name_is_called_wrong(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "providers: {dead: {base_url: 'http://127.0.0.1:9/v1'}}\ntiers: {small: [dead/m, m, '*/m'], mid: [else/m]}\n"
    )
    document = json.loads((await command(tmp_path, "check", "--json")).out)
    assert len(document["mistakes"]) == 1
    assert "else/m" in document["mistakes"][0]


def test_models_tell_of_a_call_that_failed(bare: Shell) -> None:
    with serving(bare, "--fault", "sim-north:500") as config:
        bare.write_config(config)
        failing = bare.run("check", "--json", code=1).document
        (model,) = [one["call"]["model"] for one in failing["providers"] if not one["ok"]]
        rows = bare.run("models").out.splitlines()
        facts = bare.run("models", model).out
    assert [row.split()[0] for row in rows if "last call failed" in row] == [model]
    assert any(line.split()[:1] == ["health"] and line.endswith("its calls") for line in facts.splitlines())
    assert all(not one.startswith("sim-north/") for ids in failing["proposal"]["tiers"].values() for one in ids)


async def test_a_cap_holds_the_call_too(tmp_path: Path) -> None:
    async with chat_server() as chat:
        (tmp_path / "models.yaml").write_text(
            "models:\n  'here/*': {price: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}}\n"
        )
        (tmp_path / "config.yaml").write_text(chat.config + "caps: {day_usd: 0}\n")
        done = await command(tmp_path, "check", "--json")
    here = provider(done, "here")
    assert (done.code, chat.asked, here["call"]["ok"]) == (1, 0, False)
    assert "cap" in here["problem"].lower()
