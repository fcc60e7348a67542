"""`pointsman check`: each provider is listed and called once; what fails is told in a sentence and by the exit code."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.app.cli.conftest import Shell
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
    assert "OPENAI_API_KEY" in told
    assert str(shell.config.parent / "keys.env") in told


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
    assert done.err.startswith("1 of 1 providers cannot be used: ")


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
