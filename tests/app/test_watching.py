"""What is shown while a turn runs: two models at once, an answer that is gone on with, caps that fill."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.controls.base import Launch
from routing.folding import Fold
from tests.app.driving import Driver, driven
from tests.app.traces import LARGE, OTHER, Script, decision, gone_on_script, hedged_script, rung

PROFILE = """\
id: early
title: Tells of caps as soon as anything is taken
default: all
caps: {warn_at: 0.000001, session_usd: 1.00}
routes:
  all: {ladder: [large]}
"""
PROMPT = "Compare breadth-first and depth-first search."


def feed(driver: Driver, script: Script, upto: int | None = None) -> None:
    """Show the script's events as those of a turn that runs."""
    driver.app.conversation.begin("t1", Fold("t1"), "Why does it fail?", 0.0)
    for event in script.events[:upto]:
        driver.app.conversation.apply(event)
    driver.app.show_state()


async def test_two_models_run_at_once_and_the_one_that_was_not_first_leaves_no_message(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        script = hedged_script()
        both = next(at for at, event in enumerate(script.events) if event.type == "HedgeCut")
        feed(driver, script, both)
        await driver.pilot.pause()
        live = driver.panel_text("ladder")
        assert f"1 ▸ {LARGE}" in live
        assert f"h ▸ {OTHER}" in live
        for event in script.events[both:]:
            driver.app.conversation.apply(event)
        driver.app.show_state()
        await driver.settle()
        ended = driver.panel_text("ladder")
        assert f"1 ✂ {LARGE}" in ended
        assert f"h ✓ {OTHER}" in ended
        assert "✂" in driver.panel_text("latency")
        assert LARGE not in driver.rows.partition("Why does it fail?")[2].partition("path")[0]
        assert "path large h sim-south" in driver.rows


async def test_an_answer_that_is_gone_on_with_is_read_as_one(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        feed(driver, gone_on_script())
        await driver.settle()
        assert "Because the rest" in driver.rows
        assert driver.rows.count("the rest") == 1


async def test_no_panel_changes_its_size_while_a_hedged_turn_runs(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        sizes = set()
        script = Script(decision(rung(LARGE, OTHER, threshold=None))).warn().precheck()
        script.start(LARGE, 0.1).hedge(OTHER, 1.9, 1.8).of(1).cut(2.6, 2).of(2).token(2.6)
        feed(driver, script, 0)
        for event in script.events:
            driver.app.conversation.apply(event)
            driver.app.show_state()
            await driver.pilot.pause()
            sizes.add(tuple(driver.panel(name).size for name in ("ladder", "latency", "spend")))
        assert len(sizes) == 1


async def test_a_share_of_a_cap_is_told_once(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "early.yaml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "config.yaml").write_text("profile: early\n", encoding="utf-8")
    async with driven(tmp_path) as driver:
        await driver.ask(PROMPT)
        assert not [toast for toast in driver.toasts if "is used" in toast]
        await driver.ask(PROMPT)
        await driver.ask(PROMPT)
        told = [toast for toast in driver.toasts if "is used" in toast]
        assert sorted(toast.partition(" of ")[2] for toast in told) == [
            "the session's cap is used.",
            "today's simulated cap is used.",
        ]
        assert "session  $0." in driver.panel_text("spend")
        assert "of $1.00 sim" in driver.panel_text("spend")


async def test_the_prompt_that_is_written_stands_against_the_cap(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        assert "next" not in driver.panel_text("spend")
        driver.app.composer.write(PROMPT)
        await driver.until(lambda: "next ≤ $0.0" in driver.panel_text("spend"))
        driver.app.composer.load_text("")
        await driver.until(lambda: "next" not in driver.panel_text("spend"))


async def test_what_another_window_holds_is_told_of_the_day_and_read_again_until_it_is_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controls.money.AGAIN_S", 0.01)
    slow = Launch(speed=1, seed=7, faults=("all:stall",))
    async with driven(tmp_path, slow) as other, driven(tmp_path) as driver:
        await other.send(PROMPT)
        await other.until(lambda: other.app.running is not None and other.app.running.trace.held_nusd)
        await driver.ask("What is 2+3?")
        turn, day = spent(driver)
        assert ("held" in turn, "held" in day) == (False, True)
        await other.press("escape")
        await other.settle()
        await driver.until(lambda: "held" not in "".join(spent(driver)))


def spent(driver: Driver) -> tuple[str, str]:
    """The turn's line and the day's."""
    shown = driver.panel_text("spend").splitlines()
    return next(line for line in shown if line.startswith("turn")), " ".join(shown[-2:])
