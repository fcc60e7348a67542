"""What `pointsman report` tells of money: every form says the same, and a saving never stands alone."""

from __future__ import annotations

import csv
from dataclasses import replace

from app import accounting
from app.cli.money_tables import group_table, money_tables
from routing.reports.intervals import Mean, proportion
from routing.reports.money import Economy, Estimated, Group, Known, Money, Quality, Success
from routing.reports.parts import PARTS, Part
from tests.app.cli.conftest import Shell

SPENT = Money(
    spend_nusd=300_000,
    held_nusd=0,
    baseline_nusd=1_000_000,
    saved_nusd=700_000,
    known=(Known("estimated", 3, 300_000),),
    estimated=Estimated(2, 60_000, 1, 40_000),
    parts=(Part("answers", 1, 200_000), Part("hedges", 1, 40_000), Part("stopped", 2, 60_000)),
    success=Success(6, 4.5, 66_667),
    escalated=proportion(1, 6),
    reasked=proportion(0, 6),
    quality=Quality(0.8, 0.9, Mean(6, -0.1, -0.15, -0.05)),
    economy=Economy(2, 1_200, 90_000),
)


def test_every_form_tells_the_same_parts(shell: Shell) -> None:
    for n in range(3):
        shell.run("ask", f"What is {n}+3?")
    for command in (("report", "spend"), ("report", "session", "last")):
        money = shell.run(*command, "--json").document["simulated"]
        parts = {part["name"]: part["spend_nusd"] for part in money["parts"]}
        assert sum(parts.values()) == money["spend_nusd"] > 0
        rows = list(csv.DictReader(shell.run(*command, "--csv").out.splitlines()))
        assert {row["name"]: int(row["spend_nusd"]) for row in rows if row["by"] == "part"} == parts
        for kind in ("basis", "route", "task"):
            told = [int(row["spend_nusd"]) for row in rows if row["by"] == kind]
            assert sum(told) == money["spend_nusd"], kind
        for heading in (
            "## What it went for",
            "## How it is known",
            "## What it was worth",
            "## By route",
            "## By task",
        ):
            assert heading in shell.run(*command, "--md").out


def test_every_part_has_words() -> None:
    assert set(accounting.PARTS) == set(PARTS)
    assert len(set(accounting.PARTS.values())) == len(PARTS)


def test_a_saving_has_its_quality_beside_it_and_estimates_say_why() -> None:
    cells = [" ".join(row) for table in money_tables({"real": SPENT}) for row in table.rows]
    told = "\n".join(cells)
    assert "$0.0007 (70%)" in told
    assert "−.10 (−.15 to −.05, n 6)" in told
    assert "estimated, not measured" in told
    assert "not calibrated" in told
    assert "in 1 of 6 turns (17%, likely 4–50%)" in told
    assert "left out 1,200 tokens of old chat in 2 calls" in told
    assert "stopped before its end 2" in told
    assert "cut: another was quicker 1" in told


def test_where_nothing_was_saved_that_is_said() -> None:
    lost = replace(SPENT, saved_nusd=-200_000, baseline_nusd=100_000)
    assert accounting.saving(lost) == "nothing: $0.0002 more (200%)"
    assert accounting.saving(replace(SPENT, baseline_nusd=0)) == "—"


def test_why_no_cost_of_a_success_is_told() -> None:
    known = Success(6, 4.5, 66_667)
    cases = {known: "$0.0001", Success(4, 3.0, None): "< 5 turns", Success(6, 0.0, None): "no success"}
    groups = [Group(f"r{n}", False, 6, 10, 5, 300_000, 0, one.turns, 0, 0, one) for n, one in enumerate(cases)]
    groups.append(Group("drills and checks", False, 2, 10, 5, 7, 0, 0, 0, 0, Success(0, 0.0, None)))
    table = group_table("Route", groups)
    told = [row[table.head.index("per success")] for row in table.rows]
    assert told == [*cases.values(), "—"]


def test_too_few_turns_tell_no_figure() -> None:
    few = replace(
        SPENT,
        success=Success(4, 3.0, None),
        quality=Quality(None, None, Mean(4, None, None, None)),
        escalated=proportion(1, 4),
    )
    told = "\n".join(" ".join(row) for table in money_tables({"real": few}) for row in table.rows)
    assert "— (n 4; told from 5 on)" in told
    assert "cost per success < 5 turns (3.0 expected of 4 turns" in told
    assert "in 1 of 4 turns" in told
    assert "(25%" not in told
