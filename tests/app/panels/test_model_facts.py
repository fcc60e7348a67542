"""Models and providers as lines: they fit any width, whatever their names, and say what is known and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from app.panels import draw
from app.panels.model_facts import details, fields, row, window
from app.prices import price
from app.screens.setup import SetupView, option_rows, tier_rows
from app.setup.calling import Called, cheapest
from app.setup.entries import Entry
from app.sources import Checked
from routing.decision.model import Closed, Health, Left
from routing.providers.contract import ProviderConfig
from routing.registry.ladders import Proposal
from routing.registry.model import FREE, Model, Price, Step

TEXT = st.text(max_size=60) | st.sampled_from(["[/", "[b]", "漢字" * 30, "\x1b[2J", "a\nb", ""])
WIDTHS = st.integers(24, 160)
DEAR = Price(
    2_500_000_000, 10_000_000_000, 250_000_000, "a page", steps=(Step(200_000, 5_000_000_000, 20_000_000_000),)
)
ASSUMED = 60_000_000_000


def a_model(name: str = "m", **changes: object) -> Model:
    return Model(f"p/{name}", "p", name, **{"tier": "small", **changes})


MODELS = st.builds(
    a_model,
    TEXT,
    tier=st.sampled_from(["small", "unranked"]),
    capabilities=st.frozensets(st.sampled_from(["json", "json_schema", "tools", "vision", "logprobs", "reasoning"])),
    price=st.sampled_from([None, FREE, DEAR]),
    local=st.booleans(),
    region=st.none() | TEXT,
    deployment_of=st.none() | TEXT,
)
LIMITED = Health(limits=(Left("p/m", "requests", 0, 41.0), Left("p/m", "tokens", 12_000, 6.0)))
HEALTH = st.sampled_from(
    [Health(), Health((Closed("p", "why", 3.0),)), Health((Closed("p", "why", None),), ("p/m",)), LIMITED]
)


def fits(lines: list[Content], width: int) -> bool:
    return all(line.cell_length <= width and "\x1b" not in line.plain for line in lines)


@given(MODELS, HEALTH, WIDTHS)
def test_a_model_fits_its_row_and_its_details(model: Model, health: Health, width: int) -> None:
    assert fits([row(model, health, ASSUMED, width)], width)
    assert fits(details(model, health, ASSUMED, width), width)


@given(TEXT, TEXT, st.sampled_from(["listed", "waiting", "problem", "answered", "failed", "missing"]), WIDTHS)
def test_a_provider_and_the_tiers_fit_the_setup_screen(name: str, words: str, state: str, width: int) -> None:
    config = ProviderConfig(name, f"http://{words}", key="A_KEY")
    called = Called(
        f"{name}/{words}", words or "x" if state == "failed" else None, 1.0, 5, simulated=True, price_known=False
    )
    checked = Checked(config, words, problem=words if state == "problem" else None, waiting=state == "waiting")
    entry = Entry(config, None if state == "missing" else checked, called if state in ("answered", "failed") else None)
    proposal = Proposal((("small", (name, words)), ("mid", ())), words)
    view = SetupView((entry,), proposal)
    drawn = [line for _, option in option_rows(view, width) for line in option.split("\n")]
    assert fits([line for line in drawn if line.plain.strip()], max(width, 60))
    assert fits(tier_rows(view, width), width)
    assert len(tier_rows(view, width)) == len(proposal.tiers) + 2


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (a_model(), "≤ $60 price unknown"),
        (a_model(price=FREE, local=True), "free (local)"),
        (a_model(price=FREE), "free"),
        (a_model(price=DEAR), "$2.5 / $10"),
        (a_model(price=DEAR, simulated=True), "$2.5 / $10 sim"),
    ],
    ids=["unknown", "local", "free", "known", "simulated"],
)
def test_a_price_is_told_or_bounded(model: Model, told: str) -> None:
    assert price(model, ASSUMED) == told


def test_every_price_of_a_model_is_among_its_fields_with_its_source() -> None:
    found = {name: (value, source) for name, value, source in fields(a_model(price=DEAR), Health(), ASSUMED)}
    assert found["$ per M"] == ("$2.5 / $10", "a page")
    assert found["cached"] == ("$0.25", "a page")
    assert found["over 200k"] == ("$5 / $20", "a page")
    assert found["lifecycle"] == ("managed", "assumed")


def test_what_was_measured_counts_more_than_what_was_stated() -> None:
    model = a_model(first_token_s=9.0, sources=(("first_token_s", "family"),))
    stated = {name: rest for name, *rest in fields(model, Health(), ASSUMED)}
    measured = {name: rest for name, *rest in fields(model, Health(first_token_s=(("p/m", 0.4),)), ASSUMED)}
    assert (stated["1st token"], measured["1st token"]) == (["9.0 s", "family"], ["0.4 s", "measured here"])


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (512, "512"),
        (8192, "8k"),
        (128_000, "128k"),
        (131_072, "128k"),
        (1_000_000, "1M"),
        (1_048_576, "1M"),
        (2_000_000, "2M"),
    ],
)
def test_a_window_is_told_as_people_call_it(tokens: int, told: str) -> None:
    assert window(tokens) == told


def test_the_cheapest_is_called_and_one_without_a_price_only_in_need() -> None:
    free, dear, unknown = a_model("free", price=FREE, tier="large"), a_model("dear", price=DEAR), a_model("unknown")
    assert cheapest([unknown, dear, free]) == free
    assert cheapest([unknown, dear]) == dear
    assert cheapest([unknown]) == unknown
    assert cheapest([a_model("old", price=FREE, lifecycle="deprecated"), unknown]) == unknown
    assert cheapest([]) is None


def test_what_is_left_of_rate_limits_is_shown_and_none_left_is_a_rest() -> None:
    left = [value for name, value, _ in fields(a_model(), LIMITED, ASSUMED) if name == "left"]
    assert left == ["0 requests, full in 41 s", f"{draw.count(12_000)} tokens, full in 6.0 s"]
    assert "rests 41 s" in row(a_model(), LIMITED, ASSUMED, 120).plain
    assert "rests" not in row(a_model("other"), LIMITED, ASSUMED, 120).plain
