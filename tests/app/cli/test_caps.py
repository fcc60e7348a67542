"""`pointsman caps`: every cap in force, and the raise of the day's."""

from __future__ import annotations

import pytest

from app.settings import DEFAULT_CAP_NUSD
from tests.app.cli.conftest import Shell

WHY = "the report is due today"
PROMPT = "What is 2+3?"


def day(shell: Shell, kind: str = "real") -> dict[str, object]:
    rows = shell.run("caps", "--json").document[kind]
    return next(row for row in rows if row["cap"] in ("day", "simulated_day"))


def test_every_cap_is_told_with_what_happens_at_its_limit(bare: Shell) -> None:
    shown = bare.run("caps", "--profile", "economy").out
    assert "today's cap" in shown
    assert "the large tier's share of today" in shown
    assert "nothing paid is asked until midnight" in shown
    for each in ("a message, time", "a message, calls"):
        assert each in shown
    assert bare.run("caps", "show", "--profile", "economy").out == shown


def test_a_profile_that_does_not_exist_is_named_with_those_that_do(bare: Shell) -> None:
    done = bare.run("caps", "--profile", "economi", code=2)
    assert "There is no profile 'economi': choose one of balanced, economy" in done.err


def test_a_raise_is_in_force_and_told_with_its_reason(bare: Shell) -> None:
    assert day(bare)["hard_nusd"] == DEFAULT_CAP_NUSD
    done = bare.run("caps", "raise", "1.50", "--reason", WHY)
    assert done.err == "The cap on today's spend is $1.50 higher until midnight.\n"
    assert (day(bare)["hard_nusd"], day(bare)["raised_nusd"]) == (DEFAULT_CAP_NUSD + 1_500_000_000, 1_500_000_000)
    assert day(bare, "simulated")["hard_nusd"] == DEFAULT_CAP_NUSD
    assert WHY in bare.run("caps").out
    (kept,) = bare.run("caps", "--json").document["raises"]
    assert (kept["reason"], kept["amount_nusd"], kept["simulated"]) == (WHY, 1_500_000_000, False)


@pytest.mark.parametrize(
    ("amount", "reason", "words"),
    [
        ("0", WHY, "more than $0.00"),
        ("0.0000000001", WHY, "more than $0.00"),
        ("-1", WHY, "more than $0.00"),
        ("nan", WHY, "is not an amount"),
        ("inf", WHY, "is not an amount"),
        ("much", WHY, "is not an amount"),
        ("1e9", WHY, "at most 10 times the cap of $2.00"),
        ("20.01", WHY, "at most 10 times the cap of $2.00"),
        ("1", "because", "in at least 10 characters"),
        ("1", " \t  a   \n   b     ", "in at least 10 characters"),
    ],
)
def test_a_raise_that_cannot_be_meant_is_one_sentence(bare: Shell, amount: str, reason: str, words: str) -> None:
    done = bare.run("caps", "raise", amount, "--reason", reason, code=2)
    assert words in done.err
    assert done.err.count("\n") == 1
    assert bare.run("caps", "--json").document["raises"] == []


def test_a_raise_that_is_too_large_names_the_key_of_its_kind_of_money(bare: Shell) -> None:
    large = ("caps", "raise", "1e9", "--reason", WHY)
    assert "set `caps.day_usd` in config.yaml" in bare.run(*large, code=2).err
    assert "set `caps.simulated_day_usd` in config.yaml" in bare.run(*large, "--simulated", code=2).err


def test_a_raise_needs_a_reason(bare: Shell) -> None:
    assert "--reason" in bare.run("caps", "raise", "1", code=2).err


def test_where_there_is_no_cap_nothing_is_raised(bare: Shell) -> None:
    bare.write_config("caps: {day_usd: null}")
    done = bare.run("caps", "raise", "1", "--reason", WHY, "--profile", "private", code=2)
    assert done.err == "There is no cap on the day, so there is nothing to raise.\n"


def test_a_raise_lets_the_next_message_through(shell: Shell) -> None:
    shell.write_config(shell.config.read_text() + "caps: {simulated_day_usd: 0.00001}\n")
    ask = ("ask", "--model", "sim-north/shunter", PROMPT)
    assert shell.run(*ask, code=1).out.startswith("No model could answer this.")
    assert day(shell, "simulated")["hard_nusd"] == 10_000
    for _ in range(10):
        shell.run("caps", "raise", "0.0001", "--reason", WHY, "--simulated")
    assert shell.run(*ask).out == "2+3 = 5\n"
    assert day(shell, "simulated")["hard_nusd"] == 1_010_000


def test_what_was_spent_is_under_its_cap(bare: Shell) -> None:
    bare.run("ask", "--model", "sim-north/shunter", PROMPT)
    spent = bare.run("report", "spend", "--json").document["simulated_total_nusd"]
    shown = day(bare, "simulated")
    assert spent > 0
    assert (shown["spent_nusd"], shown["held_nusd"], shown["left_nusd"]) == (spent, 0, DEFAULT_CAP_NUSD - spent)
    assert day(bare)["spent_nusd"] == 0
