"""Models that a ladder names and nobody has: each with its line, and the nearest there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routing.policy.absent import absent_models
from routing.policy.loading import load_policy
from routing.registry.model import Registry
from tests.fakes import a_model

HOSTED = replace(a_model("hub/llama"), id="hub/meta/llama-4", name="meta/llama-4")
KNOWN = Registry((a_model("openai/gpt-5"), a_model("openai/gpt-5-mini"), HOSTED), "")


def told(folder: Path, *ladder: str, rest: str = "", unlisted: tuple[str, ...] = ()) -> list[str]:
    """What is said of a profile whose rungs stand from line 7 on."""
    file = folder / "mine.yaml"
    rungs = "".join(f"      - {rung}\n" for rung in ladder)
    file.write_text(f"id: mine\ntitle: x\ndefault: r\nroutes:\n  r:\n    ladder:\n{rungs}{rest}")
    problems = absent_models(file, load_policy(file), KNOWN, unlisted)
    return [str(problem).removeprefix(f"{file}:") for problem in problems]


def test_a_model_that_its_provider_lacks_is_told_with_the_nearest(tmp_path: Path) -> None:
    (said,) = told(tmp_path, "small", "{model: openai/gpt-6, threshold: 0.5}", "large")
    assert (
        said
        == "8: a ladder names 'openai/gpt-6', but openai has no such model; write 'openai/gpt-5' or 'openai/gpt-5-mini'"
    )


def test_of_a_provider_that_is_not_there_that_is_said(tmp_path: Path) -> None:
    (said,) = told(tmp_path, "mistral/large")
    assert said.startswith("7: a ladder names 'mistral/large', but no model of 'mistral' is known; add that provider")


def test_an_alias_is_told_where_it_is_written_and_each_model_once(tmp_path: Path) -> None:
    rest = "  s: {ladder: [best, small], then: r}\naliases:\n  best: openai/o9\n"
    said = told(tmp_path, "mid", "best", rest=rest)
    assert [line.partition(":")[0] for line in said] == ["11"]


@pytest.mark.parametrize("rung", ["openai/gpt-5", "meta/llama-4", "small", "openai/nosuch-*", "{provider: nosuch}"])
def test_what_is_there_or_names_no_model_is_not_told(tmp_path: Path, rung: str) -> None:
    assert told(tmp_path, rung) == []


def test_of_providers_whose_models_are_not_known_now_nothing_is_said(tmp_path: Path) -> None:
    assert told(tmp_path, "mistral/large", unlisted=("mistral",)) == []


def test_where_the_file_is_gone_the_model_is_told_without_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("id: mine\ntitle: x\ndefault: r\nroutes: {r: {ladder: [openai/o9]}}\n")
    policy = load_policy(file)
    file.unlink()
    (problem,) = absent_models(file, policy, KNOWN)
    assert (problem.line, "'openai/o9'" in problem.what) == (None, True)
