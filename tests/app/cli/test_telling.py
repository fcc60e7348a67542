"""Commands that look: history, reports, models, check, and the simulator as a server."""

from __future__ import annotations

import csv
import json
import signal
import urllib.request

import pytest

from app.cli.tables import Table, as_markdown, as_text
from tests.app.cli.conftest import Shell


@pytest.fixture
def used(shell: Shell) -> Shell:
    """A ledger with two chats of three turns."""
    shell.run("ask", "Sort these: pear, fig, apple", "--chat", "fruit")
    shell.run("ask", "Now in reverse order", "--chat", "fruit", code=None)
    shell.run("ask", "What is 2+3?", "--chat", "sums")
    return shell


def test_history(used: Shell) -> None:
    listed = used.run("history", "list", "--json").document["chats"]
    assert [(chat["id"], chat["turns"]) for chat in listed] == [("sums", 1), ("fruit", 2)]
    assert "Sort these: pear" in used.run("history", "list").out
    hits = used.run("history", "search", "PEAR", "--json").document["hits"]
    assert {hit["chat"] for hit in hits} == {"fruit"}
    assert used.run("history", "search", "no such words").err == "Nothing was found.\n"
    exported = used.run("history", "export", "fruit").out
    assert exported.startswith("# Sort these: pear, fig, apple\n")
    assert exported.count("## You") == 2
    assert used.run("history", "export", "fru", "--json").document["turns"][0]["attempts"]
    assert "> What is 2+3?" in used.run("history", "show").out
    assert "Deleted “Sort these" in used.run("history", "delete", "fruit").err
    assert [chat["id"] for chat in used.run("history", "list", "--json").document["chats"]] == ["sums"]
    assert used.run("history", "search", "pear", "--json").document["hits"] == []


def test_spend_is_the_sum_of_what_the_turns_told(shell: Shell) -> None:
    ends = [shell.run("ask", f"What is {n}+3?", "--json").events[-1] for n in range(3)]
    report = shell.run("report", "spend", "--since", "7d", "--json").document
    assert report["simulated_total_nusd"] == sum(end["simulated_spend_nusd"] for end in ends)
    assert (report["total_nusd"], report["held_nusd"]) == (0, 0)
    for kind in ("day", "model", "tier", "purpose"):
        assert sum(one["spend_nusd"] for one in report[f"by_{kind}"]) == report["simulated_total_nusd"]
    rows = list(csv.DictReader(shell.run("report", "spend", "--csv").out.splitlines()))
    assert sum(int(row["spend_nusd"]) for row in rows if row["by"] == "model") == report["simulated_total_nusd"]
    assert "## By model" in shell.run("report", "spend", "--md").out


def test_sessions(used: Shell) -> None:
    sessions = used.run("report", "session", "--list", "--json").document["sessions"]
    assert [(one["program"], one["turns"]) for one in sessions] == [("ask", 1)] * 3
    summary = used.run("report", "session", sessions[-1]["id"], "--json").document
    assert (summary["turns"], summary["answered"]) == (1, 1)
    assert summary["simulated"]["baseline_nusd"] >= summary["simulated"]["spend_nusd"] >= 0
    assert used.run("report", "session", "last").out.startswith(f"Session {sessions[0]['id']}")


def test_a_small_test_call_is_told_for_what_it_is(shell: Shell) -> None:
    shell.run("check")
    assert "drill (one small test call of a model)" in shell.run("report", "spend").out
    document = shell.run("report", "spend", "--json").document
    assert [one["name"] for one in document["by_purpose"]] == ["drill"]
    assert {one["name"] for one in document["by_route"] + document["by_task"]} == {"drills and checks"}
    done = shell.run("report", "session", "last")
    assert done.out == ""
    assert done.err.startswith("No prompt was asked, models were only tested")


def test_what_was_spent_on_turns_that_are_gone_has_rows_of_its_own(shell: Shell) -> None:
    shell.run("ask", "What is 2+3?")
    before = shell.run("report", "spend", "--json").document
    assert before["gone"] == []
    assert "no longer kept" not in shell.run("report", "spend").out
    shell.run("history", "delete", "last", "--forever")
    after = shell.run("report", "spend", "--json").document
    (gone,) = after["gone"]
    assert gone["spend_nusd"] == after["simulated_total_nusd"] == before["simulated_total_nusd"] > 0
    (row,) = csv.DictReader(shell.run("report", "spend", "--csv").out.splitlines())
    assert (row["by"], row["name"], int(row["spend_nusd"])) == ("gone", gone["day"], gone["spend_nusd"])
    told = shell.run("report", "spend").out.splitlines()
    assert any(line.startswith("  of it turns no longer kept") for line in told)
    assert any(line.startswith(f"{gone['day']}, turns no longer kept") for line in told)


def test_figures_say_what_they_are_of(used: Shell) -> None:
    assert "first text" in used.run("report", "session", "last").out
    providers = used.run("report", "providers").out
    assert "a call's first token p50" in providers
    assert "the squares of the shares, added up (HHI); 1: one provider gives every answer" in providers


def test_what_costs_nothing_is_not_held_against_the_largest(bare: Shell) -> None:
    bare.run("ask", "What is 2+3?", "--fault", "all:refuse", code=1)
    told = bare.run("report", "session", "last").out
    assert "1 (1 degraded)" in told
    assert "Against the largest model" not in told


def test_a_title_that_is_cut_says_so(shell: Shell) -> None:
    shell.run("ask", "What is 2+3? " * 20, code=None)
    (chat,) = shell.run("history", "list", "--json").document["chats"]
    assert chat["title"] == "What is 2+3? What is 2+3? What is 2+3? What is 2+3? What is…"


def test_a_fresh_machine_has_nothing_to_tell(bare: Shell) -> None:
    assert bare.run("report", "session").err.startswith("Nothing was asked yet")
    assert bare.run("history", "list").err == "There is no chat yet.\n"
    assert bare.run("report", "spend", "--json").document["total_nusd"] == 0


def test_models(shell: Shell) -> None:
    document = shell.run("models", "--json").document
    assert {model["tier"] for model in document["models"]} == {"small", "mid", "large"}
    assert all(provider["ok"] for provider in document["providers"])
    assert "sim-south/handcar" in shell.run("models").out


def test_check_says_where_a_key_goes(bare: Shell) -> None:
    done = bare.run("check", "--config", str(bare.config), code=None)
    assert "OPENAI_API_KEY" in done.out
    assert str(bare.config.parent / "keys.env") in done.out


def test_check_fails_when_a_configured_provider_does(bare: Shell) -> None:
    bare.write_config("providers: {nobody: {base_url: 'http://127.0.0.1:9/v1'}}\n")
    done = bare.run("check", "--json", code=1)
    (provider,) = done.document["providers"]
    assert (provider["name"], provider["ok"]) == ("nobody", False)
    assert done.err.startswith("The only provider cannot be used: Cannot reach 127.0.0.1:9")


def test_simulate_serves_until_it_is_stopped(bare: Shell) -> None:
    program = bare.start("simulate", "--speed", "0", "--fault", "sim-north:429:1")
    assert program.stdout is not None
    name, url = program.stdout.readline().split()
    with urllib.request.urlopen(f"{url}/models", timeout=10) as answer:
        assert {model["id"] for model in json.load(answer)["data"]} >= {"shunter"}
    introduction = "".join(iter(program.stdout.readline, "Ctrl-C stops.\n"))
    program.send_signal(signal.SIGINT)
    rest, err = program.communicate(timeout=30)
    assert name == "sim-north"
    assert f"sim-north: {{base_url: {url}}}" in introduction
    assert (program.returncode, rest, err) == (130, "", "")


def test_a_table_keeps_wide_and_marked_up_cells_in_their_columns() -> None:
    table = Table(("title", "turns"), [("漢字", "3"), ("a|b", "12")])
    assert as_text(table).splitlines() == ["title  turns", "漢字       3", "a|b       12"]
    assert as_markdown(table).splitlines()[-1] == "| a\\|b | 12 |"
