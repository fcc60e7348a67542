"""Failover drills and how providers did, as a shell has them."""

from __future__ import annotations

import csv
import io
import itertools

from tests.app.cli.conftest import Shell, serving


def test_every_model_on_a_tier_is_asked_once_within_what_was_announced(shell: Shell) -> None:
    done = shell.run("check", "--drill", "--json")
    document = done.document
    tiers = shell.run("check", "--json").document["proposal"]["tiers"]
    assert document["ok"]
    asked = sorted(one["model"] for one in document["drills"])
    assert asked == sorted(itertools.chain(*tiers.values()))
    assert all(one["ok"] for one in document["drills"])
    spent = sum(one["spend_nusd"] for one in document["drills"])
    assert 0 < spent <= document["worst_nusd"] + document["simulated_worst_nusd"]
    assert done.err.startswith(f"Asking {len(asked)} models of 2 providers for one word: at most $")


def test_readiness_grows_from_never_with_drills_and_turns(shell: Shell) -> None:
    shell.run("ask", "What is 2 + 2?")
    before = shell.run("report", "providers", "--json").document
    assert before["readiness"] == [], "one provider alone has nobody to stand in for it"
    first = shell.run("check", "--drill", "--json").document["readiness"]
    answering = shell.run("report", "providers", "--json").document["providers"]
    (home,) = [one["name"] for one in answering if one["answers"]]
    of = {one["provider"]: one for one in first}
    assert (of[home]["turns"], of[home]["takes"]) == (1, 1)
    assert 0 < of[home]["value"] < 1
    (other,) = set(of) - {home}
    assert of[other]["value"] is None
    again = {one["provider"]: one for one in shell.run("check", "--drill", "--json").document["readiness"]}
    assert again[home]["value"] > of[home]["value"], "more drills that were answered: surer"


def test_a_provider_that_does_not_answer_is_not_ready(bare: Shell) -> None:
    with serving(bare, "--fault", "sim-south:500") as config:
        bare.write_config(config)
        bare.run("ask", "What is 2 + 2?")
        done = bare.run("check", "--drill", code=1)
        pairs = bare.run("report", "providers", "--json").document["readiness"]
    assert any(line.startswith("✗  sim-south/") for line in done.out.splitlines())
    (value,) = [one["value"] for one in pairs if one["stand_in"] == "sim-south"]
    assert value == 0.0


def test_at_a_cap_nothing_is_asked_that_costs_anything(shell: Shell) -> None:
    shell.write_config(shell.config.read_text() + "caps: {day_usd: 0, simulated_day_usd: 0}\n")
    done = shell.run("check", "--drill", "--json", code=1).document
    assert done["worst_nusd"] == 0
    asked = {one["model"]: one["asked"] for one in done["drills"]}
    assert not asked["sim-north/express"]
    assert {one["spend_nusd"] for one in done["drills"]} == {0}


def test_a_person_reads_a_matrix_and_where_it_comes_from(shell: Shell) -> None:
    shell.run("ask", "What is 2 + 2?")
    lines = shell.run("check", "--drill").out.splitlines()
    start = lines.index("Failover readiness")
    assert lines[start + 1].split() == ["from", "\\", "to", "sim-north", "sim-south"]
    told = shell.run("report", "providers").out
    assert "sim-north → sim-south" in told
    assert "Concentration" in told


def test_providers_can_be_had_as_rows(shell: Shell) -> None:
    shell.run("check")
    rows = list(csv.DictReader(io.StringIO(shell.run("report", "providers", "--csv").out)))
    assert [(row["name"], row["calls"], row["failures"]) for row in rows] == [
        ("sim-north", "1", "0"),
        ("sim-south", "1", "0"),
    ]
    assert shell.run("report", "providers", "--since", "7d", "--md").out.startswith("## Providers since ")


def test_a_drill_that_was_never_made_is_told_so(shell: Shell) -> None:
    for model in ("sim-north/shunter", "sim-south/handcar"):
        shell.run("ask", "--model", model, "hello")
    assert "never" in shell.run("report", "providers").out
