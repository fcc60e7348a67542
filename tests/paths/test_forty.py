"""Forty rated turns with models whose true skill is known: the confidence moves to the truth, and stays where it was
right. The figures over twenty seeds stand in docs/confidence.md."""

from __future__ import annotations

import json

import pytest

from tests.paths import forty
from tests.paths.voices import OVER_SURE, UNDER_SURE, Voice


@pytest.mark.parametrize("voice", [OVER_SURE, UNDER_SURE], ids=lambda voice: voice.name)
async def test_forty_ratings_take_most_of_what_is_wrong(voice: Voice) -> None:
    told = await forty.walk(voice, seed=0)
    assert told["fresh, before"].distance > 0.25
    assert told["fresh, after"].distance < told["fresh, before"].distance / 2
    assert told["fresh, after"].brier < told["fresh, before"].brier - 0.05
    assert told["turns 31-40"].distance < told["turns 1-10"].distance


async def test_what_is_right_before_any_rating_stays_right() -> None:
    told = await forty.walk(await forty.honest(), seed=0)
    assert told["fresh, before"].distance < 0.02
    assert told["fresh, after"].distance < 0.12
    assert told["fresh, after"].brier < told["fresh, before"].brier + 0.02


def test_the_figures_are_told_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["forty", "--seeds", "1", "--json"])
    assert forty.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"too sure", "too unsure", "as sure as it is right"}
    for parts in told.values():
        assert set(parts["fresh, after"]["brier"]) == {"median", "low", "high"}
