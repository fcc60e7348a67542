"""The decision without the deed: what `explain` says is what `ask` does."""

from __future__ import annotations

from tests.app.cli.conftest import Shell

PROMPT = "Sort these: pear, fig, apple"


def test_on_a_fresh_machine_it_explains_with_the_simulated_models(bare: Shell) -> None:
    done = bare.run("explain", PROMPT, "--json")
    document = done.document
    assert document["discovered_s"] is None
    assert document["profile"] == "balanced"
    ladder = [model for rung in document["ladder"] for model in rung["models"]]
    assert document["chosen"] == ladder[0]
    assert document["runner_up"] in ladder
    assert {candidate["model"] for candidate in document["candidates"]} >= set(ladder)


def test_it_says_what_ask_then_does(shell: Shell) -> None:
    shell.run("check")
    explained = shell.run("explain", PROMPT, "--json").document
    events = shell.run("ask", PROMPT, "--json").events
    decided = next(event["decision"] for event in events if event["type"] == "RouteDecided")
    assert explained["discovered_s"] >= 0
    for part in ("route", "rule", "ladder", "candidates", "runner_up"):
        assert explained[part] == decided[part]


def test_every_excluded_model_has_its_reasons(shell: Shell) -> None:
    document = shell.run("explain", PROMPT, "--profile", "private", "--json").document
    on_ladder = {model for rung in document["ladder"] + document["below"] for model in rung["models"]}
    out = {exclusion["model"]: exclusion["reasons"] for exclusion in document["excluded"]}
    assert on_ladder == {"sim-south/handcar"}
    assert on_ladder | out.keys() == {candidate["model"] for candidate in document["candidates"]}
    assert all("local" in {reason["kind"] for reason in reasons} for reasons in out.values())
    assert all(reason["sentence"].endswith(".") for reasons in out.values() for reason in reasons)


def test_all_profiles_are_one_row_each(shell: Shell) -> None:
    found = shell.run("explain", PROMPT, "--all-profiles", "--json").document["profiles"]
    names = [one["profile"] for one in found]
    assert names == sorted(names)
    assert {"balanced", "economy", "private", "quality"} <= set(names)
    head, *rows = shell.run("explain", PROMPT, "--all-profiles").out.splitlines()
    assert head.startswith("profile")
    assert [row.split()[0] for row in rows] == names


def test_a_person_is_told_the_age_on_stderr(shell: Shell) -> None:
    assert "Nothing was looked for yet" in shell.run("explain", PROMPT).err
    shell.run("models")
    done = shell.run("explain", "-", stdin=PROMPT.encode())
    assert done.err == "Providers were asked what they have just now.\n"
    assert "is asked first." in done.out.splitlines()[0]


def test_it_asks_nobody(bare: Shell) -> None:
    bare.write_config("providers: {nobody: {base_url: 'http://127.0.0.1:9/v1'}}\n")
    assert bare.run("explain", PROMPT, "--json").document["chosen"]


def test_strategies_are_one_row_each(shell: Shell) -> None:
    document = shell.run("explain", PROMPT, "--strategy", "all", "--json").document
    assert list(document["strategies"]) == ["rules", "classifier", "neighbours", "learned"]
    for one in document["strategies"].values():
        (advice,) = one["advice"]
        assert advice["evidence"]
        assert one["chosen"]
    (learned,) = document["strategies"]["learned"]["advice"]
    assert {model for model, _ in learned["quality"]} >= {
        model for rung in document["strategies"]["learned"]["ladder"] for model in rung["models"]
    }
    head, *rows = shell.run("explain", PROMPT, "--strategy", "all").out.splitlines()
    assert head.startswith("strategy")
    assert [row.split()[0] for row in rows[:4]] == ["rules", "classifier", "neighbours", "learned"]


def test_one_strategy_takes_the_place_of_the_profiles(shell: Shell) -> None:
    assert "trained router" in shell.run("explain", PROMPT, "--strategy", "learned").out
    done = shell.run("explain", PROMPT, "--strategy", "all", "--all-profiles", code=2)
    assert "Choose one of" in done.err
