"""Files of profiles that cannot be used, and models that a profile names and nobody has, as commands tell them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.cli.conftest import Shell

PROMPT = "What is 2+3?"
BAD = "id: bad\ntitle: x\n"
NAMED = "id: named\ntitle: x\ndefault: r\nroutes:\n  r: {ladder: [openai/gpt-9, openai/gpt-10]}\n"
CLIMBS = (
    "id: climbs\ntitle: x\ndefault: r\nroutes:\n  r: {ladder: [{tier: small, threshold: 0.66}, sim-north/expres]}\n"
)


def write(shell: Shell, name: str, text: str) -> Path:
    file = shell.config.parent / "profiles" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "words",
    [("ask", "--profile", "economy", PROMPT), ("explain", PROMPT), ("explain", "--all-profiles", PROMPT), ("caps",)],
)
def test_a_file_that_nobody_asks_for_is_left_out_and_told_in_one_line(shell: Shell, words: tuple[str, ...]) -> None:
    file = write(shell, "bad", BAD)
    told = [line for line in shell.run(*words).err.splitlines() if "bad" in line]
    assert len(told) == 1
    assert told[0].startswith(f"The profile 'bad' is left out: {file}:1: the policy has no default; ")
    assert told[0].endswith("(1 more: `pointsman check` tells all).")


def test_check_tells_every_mistake_of_a_file_that_is_left_out(shell: Shell) -> None:
    file = write(shell, "bad", BAD)
    done = shell.run("check", "--json", code=1)
    assert [said for said in done.document["mistakes"] if str(file) in said] == [
        f"{file}:1: the policy has no default; write default: and the route for whatever no rule names",
        f"{file}:1: the policy has no routes; write routes: {{everyday: {{ladder: [small, mid, large]}}}}",
    ]
    assert f"{file}:1: the policy has no routes" in done.err


@pytest.mark.parametrize("name", ["bad", "good"])
@pytest.mark.parametrize("command", [("ask", PROMPT), ("explain", PROMPT), ("caps", "show")])
def test_the_file_that_is_asked_for_by_its_name_or_its_id_must_be_right(
    shell: Shell, name: str, command: tuple[str, ...]
) -> None:
    file = write(shell, "bad", CLIMBS.replace("id: climbs", "id: good"))
    done = shell.run(*command, "--profile", name, code=2)
    assert done.out == ""
    assert done.err == f"{file}:1: the id is 'good', but the file is called 'bad.yaml'; write id: bad\n"


def test_a_broken_file_does_not_make_way_for_the_shipped_one_of_its_name(shell: Shell) -> None:
    file = write(shell, "balanced", BAD)
    assert str(file) in shell.run("ask", PROMPT, code=2).err
    assert shell.run("ask", "--profile", "economy", PROMPT).out == "2+3 = 5\n"


@pytest.mark.parametrize("command", [("ask", PROMPT), ("explain", PROMPT), ("caps", "show")])
def test_a_profile_that_does_not_exist_is_said_to_with_the_file_that_is_left_out(
    shell: Shell, command: tuple[str, ...]
) -> None:
    file = write(shell, "bad", BAD)
    (said,) = shell.run(*command, "--profile", "nosuch", code=2).err.splitlines()
    assert said.startswith("There is no profile 'nosuch': choose one of balanced, ")
    assert said.endswith(f"Left out, as it has mistakes: {file}.")


def test_models_that_are_not_there_are_told_and_so_is_who_stands_in(shell: Shell) -> None:
    file = write(shell, "named", NAMED)
    asked = shell.run("ask", "--profile", "named", PROMPT)
    explained = shell.run("explain", "--profile", "named", PROMPT)
    checked = shell.run("check", code=1)
    for done in (asked, explained, checked):
        for model in ("openai/gpt-9", "openai/gpt-10"):
            assert f"{file}:5: a ladder names '{model}', but no model of 'openai' is known" in done.err
    first = "obody on the route is there: sim-north/express stands in"
    assert f"N{first}" in asked.err
    assert f"N{first}." in explained.out


def test_a_rung_that_is_lost_is_told_with_the_nearest_model(shell: Shell) -> None:
    file = write(shell, "climbs", CLIMBS)
    shell.run("ask", PROMPT)  # so that there is something to explain with
    for command in ("ask", "explain"):
        err = shell.run(command, "--profile", "climbs", PROMPT).err
        assert f"{file}:5: a ladder names 'sim-north/expres', but sim-north has no such model" in err
        assert "write 'sim-north/express'" in err
    assert "expres" not in shell.run("ask", PROMPT).err, "another profile names it"
